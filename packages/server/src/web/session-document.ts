// What a page knows of who has signed in.
import { adminScopes, type AdminScope, type PortalRole } from '@countersign/admin'
import { toInstant } from '../api/instants.ts'
import { freshUntil, idleEndOf, type FoundAccess, type SessionLimits } from '../sessions/session-standing.ts'
import type { WhoOfSession } from '../sessions/who.ts'

/** The same at both mounts. */
export type SessionFacts = CommonFacts & (ClientFacts | PersonFacts)

interface ClientFacts {
  readonly kind: 'client'
  readonly clientId: string
}

interface PersonFacts {
  readonly kind: 'person'
  readonly person: {
    readonly id: string
    readonly name: string
    readonly address: string | null
    readonly role: PortalRole | null
    readonly signIn: 'passkey' | 'idp'
  }
}

interface CommonFacts {
  readonly realm: string
  readonly organization: { readonly id: string; readonly slug: string; readonly name: string }
  readonly signedInAt: string
  /** When the session ends if nothing is done. */
  readonly idleEndsAt: string
  /** When it ends in any case. */
  readonly endsAt: string
  /** Until when a step is allowed that needs a fresh sign-in. */
  readonly confirmedUntil: string
}

export type SessionDocument = SessionFacts & {
  readonly scopes: readonly AdminScope[]
  /** The realms that it may act in; null for all. */
  readonly realms: readonly string[] | null
  /** Whether it may change operators. */
  readonly owner: boolean
  /** Whether integrators have a portal at this server: without one, no person can be invited. */
  readonly portal: boolean
}

export function sessionDocument(access: FoundAccess, limits: SessionLimits, hasPortal: boolean): SessionDocument {
  const { isOwner: owner, operator, token } = access
  return {
    ...sessionFacts(access, limits),
    scopes: adminScopes.filter((scope) => token.scopes.has(scope)),
    realms: operator.realms ?? null,
    owner,
    portal: hasPortal,
  }
}

export function sessionFacts({ session, operator, entitlement }: FoundAccess, limits: SessionLimits): SessionFacts {
  const { id, slug, name } = entitlement.organization.rights
  return {
    ...describeWho(session.who),
    realm: operator.realm,
    organization: { id, slug, name },
    signedInAt: toInstant(session.signedInAt),
    idleEndsAt: toInstant(Math.min(idleEndOf(session, limits), session.endsAt)),
    endsAt: toInstant(session.endsAt),
    confirmedUntil: toInstant(freshUntil(session, limits)),
  }
}

function describeWho(who: WhoOfSession): ClientFacts | PersonFacts {
  if (who.kind === 'client') return { kind: who.kind, clientId: who.clientId }
  const { kind, person: id, name, address, role, issuer } = who
  return { kind, person: { id, name, address, role, signIn: issuer === null ? 'passkey' : 'idp' } }
}

// What a page knows of who has signed in.
import { adminScopes, type AdminScope } from '@countersign/admin'
import { toInstant } from '../api/instants.ts'
import { freshUntil, idleEndOf, type SessionAccess, type SessionLimits } from '../sessions/session-standing.ts'

/** The same at both mounts. */
export interface SessionFacts {
  readonly kind: 'client'
  readonly clientId: string
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

export interface SessionDocument extends SessionFacts {
  readonly scopes: readonly AdminScope[]
  /** The realms that it may act in; null for all. */
  readonly realms: readonly string[] | null
  /** Whether it may change operators. */
  readonly owner: boolean
}

export function sessionDocument(access: Omit<SessionAccess, 'allowed'>, limits: SessionLimits): SessionDocument {
  const { session, operator, token } = access
  return {
    ...sessionFacts(access, limits),
    scopes: adminScopes.filter((scope) => token.scopes.has(scope)),
    realms: operator.realms ?? null,
    owner: session.isOwner,
  }
}

export function sessionFacts(
  { session, operator, entitlement }: Pick<SessionAccess, 'session' | 'operator' | 'entitlement'>,
  limits: SessionLimits,
): SessionFacts {
  const { id, slug, name } = entitlement.organization.rights
  return {
    kind: 'client',
    clientId: operator.clientId,
    realm: operator.realm,
    organization: { id, slug, name },
    signedInAt: toInstant(session.signedInAt),
    idleEndsAt: toInstant(Math.min(idleEndOf(session, limits), session.endsAt)),
    endsAt: toInstant(session.endsAt),
    confirmedUntil: toInstant(freshUntil(session, limits)),
  }
}

// What the portal knows of who has signed in: one client, or a person, the organization, and where its clients get their tokens.
import type { PortalRole } from '@countersign/admin'
import type { Realm } from '../realms/realm.ts'
import type { FoundAccess, SessionLimits } from '../sessions/session-standing.ts'
import { sessionFacts, type SessionFacts } from '../web/session-document.ts'
import { roleOf } from './own-rules.ts'

export type PortalSession = SessionFacts & PortalFacts & (OfClient | OfPerson)

interface PortalFacts {
  readonly realmName: string
  readonly issuer: string
  readonly tokenUrl: string
  readonly role: PortalRole
}

interface OfClient {
  /** The id of the secret that the session depends on. */
  readonly secretId: string
}

/** All clients of the organization are the person's own. */
interface OfPerson {
  readonly client: null
}

export function describePortalSession(realms: ReadonlyMap<string, Realm>, access: FoundAccess, limits: SessionLimits): PortalSession {
  const { name, issuer, tokenUrl } = realms.get(access.operator.realm)!
  const { who } = access.session
  const facts = { ...sessionFacts(access, limits), realmName: name, issuer, tokenUrl, role: roleOf(access) }
  return who.kind === 'client' ? { ...facts, secretId: who.credential } : { ...facts, client: null }
}

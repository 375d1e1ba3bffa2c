// What the portal knows of who has signed in: one client, its organization, and where it gets its tokens.
import type { PortalRole } from '@countersign/admin'
import type { Realm } from '../realms/realm.ts'
import type { SessionAccess, SessionLimits } from '../sessions/session-standing.ts'
import { sessionFacts, type SessionFacts } from '../web/session-document.ts'
import { roleOfClients } from './own-rules.ts'

export interface PortalSession extends SessionFacts {
  readonly realmName: string
  readonly issuer: string
  readonly tokenUrl: string
  readonly role: PortalRole
  /** The id of the secret that the session depends on. */
  readonly secretId: string
}

export function describePortalSession(
  realms: ReadonlyMap<string, Realm>,
  access: Omit<SessionAccess, 'allowed'>,
  limits: SessionLimits,
): PortalSession {
  const { name, issuer, tokenUrl } = realms.get(access.operator.realm)!
  const secretId = access.session.credential
  return { ...sessionFacts(access, limits), realmName: name, issuer, tokenUrl, role: roleOfClients, secretId }
}

// Whether a session still counts, and what it may do: by what the store has now of who has signed in, and never by what was so at the sign-in.
import type { Cache } from '../cache/cache.ts'
import type { ClientRecord } from '../cache/records.ts'
import { realmsOf, type OperatorAccess } from '../operators/operator-authority.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import type { Realm } from '../realms/realm.ts'
import { issuedAtAfterCut } from '../token/token-cut.ts'
import { tokenOfRights } from '../api/token-of-rights.ts'
import { accessOfPerson, type RightsOfPerson } from './person-standing.ts'
import { maxAheadMs } from './session-bounds.ts'
import type { Session } from './sessions.ts'
import type { ClientOfSession } from './who.ts'

/** Seconds. */
export interface SessionLimits {
  readonly idle: number
  readonly longest: number
  readonly sensitive: number
}

/** In place of a token it has the rights of who has signed in. */
export interface SessionAccess extends OperatorAccess {
  readonly session: Session
  /** Whether it may change operators. */
  readonly isOwner: boolean
}

export type FoundAccess = Omit<SessionAccess, 'allowed'>

export interface StandingContext {
  readonly realms: ReadonlyMap<string, Realm>
  readonly cache: Pick<Cache, 'readClient' | 'findEntitlement' | 'findOrganization'>
  readonly limits: SessionLimits
  /** What a client may do at the mount, as scopes; undefined if it may not use it. */
  readonly scopesOf: (client: ClientRecord) => readonly string[] | undefined
  /** The same of a person. */
  readonly rightsOf: RightsOfPerson
}

/**
 * Undefined if the session has ended, or who has signed in may not use it any more.
 * @throws the error of a store that cannot be queried; DamagedRowError
 */
export async function findAccess(context: StandingContext, session: Session, now: number): Promise<FoundAccess | undefined> {
  const { who } = session
  const realm = context.realms.get(who.realm)
  if (!realm || !isOpen(session, context.limits, now)) return undefined
  if (who.kind === 'client') return accessOfClient(context, session, who, realm, now)
  const access = await accessOfPerson(context, who, realm, session.signedInAt)
  return access && { session, ...access }
}

/** Whether the session has not ended by time. */
export function isOpen(session: Session, limits: SessionLimits, now: number): boolean {
  return now < session.endsAt && now < idleEndOf(session, limits) && !isAhead(session, now)
}

async function accessOfClient(
  { realms, cache, scopesOf }: StandingContext,
  session: Session,
  who: ClientOfSession,
  realm: Realm,
  now: number,
): Promise<FoundAccess | undefined> {
  // Not from the cache: what another node has just changed counts for the next click.
  const { client } = await cache.readClient(who.realm, who.clientId)
  if (!mayGoOn(client, realm, session, now)) return undefined
  const scopes = scopesOf(client)
  if (!scopes) return undefined
  const entitlement = await cache.findEntitlement(who.realm, who.clientId)
  if (!entitlement) return undefined
  const { id, clientId, operatorRights } = client
  // Realms that are not configured any more are left out: nothing of them can be answered.
  const mayActIn = realmsOf(client.realm, operatorRights)?.filter((name) => realms.has(name))
  const operator = { realm: client.realm, id, clientId, realms: mayActIn, scopes: new Set(scopes) }
  return { session, isOwner: who.isOwner, operator, entitlement, token: tokenOfRights(entitlement, new Set(scopes)) }
}

/** Whether the client of a session may still use it, by its row. */
export function mayGoOn(client: ClientRecord | undefined, realm: Realm, { who, signedInAt }: Session, now: number): client is ClientRecord {
  if (!client || who.kind !== 'client' || client.id !== who.client) return false
  return whatEnds(client, realm, { credential: who.credential, signedInAt }, now) === undefined
}

/** By a clock that was wrong: it would last for as long as that was ahead. */
function isAhead({ signedInAt, seenAt, confirmedAt }: Session, now: number): boolean {
  return Math.max(signedInAt, seenAt, confirmedAt) > now + maxAheadMs
}

export function idleEndOf({ seenAt }: Session, { idle }: SessionLimits): number {
  return seenAt + idle * 1000
}

/** Until when a step is allowed that needs a fresh sign-in. */
export function freshUntil({ confirmedAt }: Session, { sensitive }: SessionLimits): number {
  return confirmedAt + sensitive * 1000
}

/** At the console; undefined for a client that is no operator. */
export function consoleScopesOf(client: ClientRecord): readonly string[] | undefined {
  const scopes = adminScopesOf(client)
  return scopes.length === 0 && client.realm !== operatorsRealmName ? undefined : scopes
}

/** The scopes of an operator in its own realm are those of its row; those of the realm `operators` are its scopes. */
function adminScopesOf({ realm, scopes, operatorRights }: ClientRecord): readonly string[] {
  return realm === operatorsRealmName ? scopes : (operatorRights?.scopes ?? [])
}

/** The date of a session that begins now: after a cut that lies in the next second, as with a token. Milliseconds. */
export function signInDate(realm: Realm, client: ClientRecord, now: number): number {
  return Math.max(now, issuedAtAfterCut(now, latestCut(realm, client)) * 1000)
}

type EndedBy = 'client-disabled' | 'service-account-off' | 'organization-suspended' | 'cut' | 'secret-gone'

function whatEnds(
  client: ClientRecord,
  realm: Realm,
  { credential, signedInAt }: Pick<Session, 'signedInAt'> & Pick<ClientOfSession, 'credential'>,
  now: number,
): EndedBy | undefined {
  if (!client.enabled) return 'client-disabled'
  if (!client.serviceAccountEnabled) return 'service-account-off'
  if (client.organization.status !== 'active') return 'organization-suspended'
  if (Math.floor(signedInAt / 1000) < latestCut(realm, client)) return 'cut'
  const secret = client.secrets.find(({ id }) => id === credential)
  return secret && (secret.expiresAt === null || secret.expiresAt > now) ? undefined : 'secret-gone'
}

/** Seconds since the epoch. */
function latestCut(realm: Realm, { tokensNotBefore, organization }: ClientRecord): number {
  return Math.max(realm.tokensNotBefore, tokensNotBefore, organization.tokensNotBefore)
}

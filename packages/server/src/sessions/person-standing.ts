// What a person who has signed in may do now: at the console by the groups that the identity provider told, at the portal by its role. A person
// is no client: in the place of one stands a client that no realm has, with the organization of the person.
import { indexClient, type Entitlement, type IndexedOrganization } from '@countersign/guard'
import { tokenOfRights } from '../api/token-of-rights.ts'
import type { Cache } from '../cache/cache.ts'
import type { Operator, OperatorAccess } from '../operators/operator-authority.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import type { Realm } from '../realms/realm.ts'
import { issuedAtAfterCut } from '../token/token-cut.ts'
import type { PersonOfSession } from './who.ts'

export interface PersonRights {
  readonly scopes: readonly string[]
  /** Undefined for all. */
  readonly realms: readonly string[] | undefined
  /** Whether the person may change operators. */
  readonly owner: boolean
}

/** Undefined for a person who may not use the mount. */
export type RightsOfPerson = (person: PersonOfSession) => PersonRights | undefined

/** By the settings of now; undefined without a role. @param issuer that told the groups */
export type RightsOfGroups = (groups: readonly string[], issuer: string) => PersonRights | undefined

/** Of operators, whose identity provider is in the configuration; without one no person may use the console. */
export function consoleRightsOf(rightsOfGroups: RightsOfGroups | undefined): RightsOfPerson {
  return ({ realm, groups, issuer }) => (realm === operatorsRealmName && issuer !== null ? rightsOfGroups?.(groups, issuer) : undefined)
}

/** No scope: what is at the portal, and for which role, is in the table of operations. */
export const portalRightsOf: RightsOfPerson = ({ realm, role }) =>
  realm === operatorsRealmName || role === null ? undefined : { scopes: [], realms: [realm], owner: false }

/** Whether a person may still use a session that began then. */
export function mayPersonGoOn(person: PersonOfSession, realm: Realm, signedInAt: number): boolean {
  const isCut = Math.floor(signedInAt / 1000) < latestCut(person, realm)
  return person.organization.status === 'active' && signedInAt >= person.notBefore && !isCut
}

/** The date of a session that begins now: after a cut that lies in the next second. Milliseconds. */
export function signInDateOfPerson(person: PersonOfSession, realm: Realm, now: number): number {
  return Math.max(now, person.notBefore, issuedAtAfterCut(now, latestCut(person, realm)) * 1000)
}

interface PersonContext {
  readonly realms: ReadonlyMap<string, Realm>
  readonly cache: Pick<Cache, 'findOrganization'>
  readonly rightsOf: RightsOfPerson
}

type AccessOfPerson = Pick<OperatorAccess, 'operator' | 'entitlement' | 'token'> & { readonly isOwner: boolean }

export async function accessOfPerson(
  { realms, cache, rightsOf }: PersonContext,
  person: PersonOfSession,
  realm: Realm,
  signedInAt: number,
): Promise<AccessOfPerson | undefined> {
  const rights = mayPersonGoOn(person, realm, signedInAt) ? rightsOf(person) : undefined
  if (!rights) return undefined
  const organization = await cache.findOrganization(realm.name, person.organizationId)
  if (!organization) return undefined
  const entitlement = entitlementOf(person, organization, rights.scopes)
  const operator = operatorOf(person, rights, realms)
  return { operator, entitlement, token: tokenOfRights(entitlement, operator.scopes), isOwner: rights.owner }
}

/** @param realms that are configured: nothing of others can be answered */
export function operatorOf(person: PersonOfSession, rights: PersonRights, realms: ReadonlyMap<string, unknown>): Operator {
  const { person: id, name, address, realm, organizationId, issuer, subject } = person
  return {
    realm,
    id,
    clientId: id,
    realms: rights.realms?.filter((one) => realms.has(one)),
    scopes: new Set(rights.scopes),
    person: { id, name, address, organizationId, issuer, subject, isOwner: rights.owner },
  }
}

/** As of a client that was enabled now, without any secret. */
function entitlementOf({ person: id }: PersonOfSession, organization: IndexedOrganization, scopes: readonly string[]): Entitlement {
  const standIn = { clientId: id, subject: id, scopes, enabled: true, tokensNotBefore: 0, revokedTokenIds: [], secret: null }
  return Object.freeze({ organization, client: indexClient(standIn) })
}

/** Seconds since the epoch. */
function latestCut({ organization }: PersonOfSession, realm: Realm): number {
  return Math.max(realm.tokensNotBefore, organization.tokens_not_before)
}

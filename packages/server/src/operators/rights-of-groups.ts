// What a person may do as an operator, by the groups that the identity provider named at the last sign-in and the roles that the
// configuration has for them now.
import { adminScopes, type AdminScope } from '@countersign/admin'
import type { GroupRole, OidcSettings } from '../configuration/sign-in-settings.ts'

export interface GroupRights {
  readonly scopes: readonly AdminScope[]
  /** The realms in which the person has them; undefined for all. */
  readonly realms: readonly string[] | undefined
  /** Whether the person may change operators. */
  readonly owner: boolean
}

/** Undefined for a person who is in no group that has a role, and for groups of another issuer, such as one that was configured before. */
type RightsOfGroups = (groups: readonly string[], issuer: string) => GroupRights | undefined

export function createRightsOfGroups({ issuer: configured, roles }: Pick<OidcSettings, 'issuer' | 'roles'>): RightsOfGroups {
  // In the order of the configuration.
  const rights = Object.entries(roles).map(([group, role]) => [group, toRights(role)] as const)
  return (groups, issuer) => {
    if (issuer !== configured) return undefined
    return combine(rights.filter(([group]) => groups.includes(group)).map(([, given]) => given))
  }
}

function toRights(role: GroupRole): GroupRights {
  if (role === 'owner' || role === 'all') return { scopes: adminScopes, realms: undefined, owner: role === 'owner' }
  if (!('realms' in role)) return { scopes: role, realms: undefined, owner: false }
  return { scopes: role.scopes === 'all' ? adminScopes : role.scopes, realms: role.realms, owner: false }
}

/**
 * An operator has the same scopes in each of its realms, so roles add up only where they are for the same realms: their sum elsewhere would
 * be more than any of them gives. Of roles for different realms the first counts, with what the others give in all of its realms. One that
 * gives every scope everywhere is more than any other, so it counts whatever its place.
 */
function combine(given: readonly GroupRights[]): GroupRights | undefined {
  const first = given.find(({ owner }) => owner) ?? given.find(isEverything) ?? given[0]
  if (!first) return undefined
  const here = given.filter(({ realms }) => isAtLeast(realms, first.realms))
  return { ...first, scopes: adminScopes.filter((scope) => here.some(({ scopes }) => scopes.includes(scope))) }
}

function isEverything({ scopes, realms }: GroupRights): boolean {
  return realms === undefined && scopes.length === adminScopes.length
}

function isAtLeast(realms: readonly string[] | undefined, wanted: readonly string[] | undefined): boolean {
  return realms === undefined || (wanted !== undefined && wanted.every((realm) => realms.includes(realm)))
}

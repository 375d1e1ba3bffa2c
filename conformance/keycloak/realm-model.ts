// An export with its cross references resolved: who is whose account, who is in which group, organization and scope.
import type { Account, ClientScope, Group, Organization, RealmExport } from './realm-export.ts'
import { createRoleBook, type RoleBook } from './roles.ts'

export interface RealmModel {
  readonly realm: RealmExport
  readonly roles: RoleBook
  readonly scopes: ReadonlyMap<string, ClientScope>
  /** By the client id. */
  readonly accounts: ReadonlyMap<string, Account>
  /** A group and those above it, from the inside out. */
  readonly lineage: (path: string) => Group[]
  /** Those that are enabled, none where the realm has organizations switched off. */
  readonly organizationsOf: (account: Account) => Organization[]
}

export function createRealmModel(realm: RealmExport): RealmModel {
  const lineages = new Map<string, Group[]>()
  function add(groups: readonly Group[], above: readonly Group[]): void {
    for (const group of groups) {
      const lineage = [group, ...above]
      lineages.set(group.path, lineage)
      add(group.subGroups ?? [], lineage)
    }
  }
  add(realm.groups ?? [], [])
  const lineage = (path: string) => lineages.get(path) ?? []

  const memberships = new Map<string, Organization[]>()
  for (const organization of realm.organizationsEnabled === true ? (realm.organizations ?? []) : []) {
    if (!organization.enabled) continue
    for (const { username } of organization.members ?? []) {
      memberships.set(username, [...(memberships.get(username) ?? []), organization])
    }
  }

  const accounts = (realm.users ?? []).flatMap((account) =>
    account.serviceAccountClientId === undefined ? [] : [[account.serviceAccountClientId, account] as const],
  )
  return {
    realm,
    roles: createRoleBook(realm, lineage),
    scopes: new Map(realm.clientScopes.filter(({ protocol }) => protocol === 'openid-connect').map((scope) => [scope.name, scope])),
    accounts: new Map(accounts),
    lineage,
    organizationsOf: ({ username }) => memberships.get(username) ?? [],
  }
}

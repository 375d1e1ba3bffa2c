// The roles of an account: given directly or by groups, composite roles expanded, and which of them a client or a scope lets through.
import type { Account, ExportedRole, Group, RealmExport } from './realm-export.ts'

/** Of the realm if `client` is empty. There is one object for each role, so sets of roles compare by identity. */
export interface Role {
  readonly client: string
  readonly name: string
}

export interface RoleBook {
  readonly find: (client: string, name: string) => Role
  readonly expand: (roles: Iterable<Role>) => Set<Role>
  readonly ofAccount: (account: Account) => Set<Role>
  /** The roles that a client defines itself. */
  readonly definedBy: (clientId: string) => Set<Role>
  /** The roles in the scope mappings of a client or of a client scope. */
  readonly mappedTo: (kind: 'client' | 'clientScope', name: string) => Set<Role>
}

export function createRoleBook(realm: RealmExport, lineage: (path: string) => Group[]): RoleBook {
  const known = new Map<string, Role>()
  const composites = new Map<Role, readonly Role[]>()

  function find(client: string, name: string): Role {
    const key = JSON.stringify([client, name])
    const role = known.get(key) ?? { client, name }
    known.set(key, role)
    return role
  }

  function all(realmRoles: readonly string[] = [], clientRoles: Readonly<Record<string, readonly string[]>> = {}): Role[] {
    const ofClients = Object.entries(clientRoles).flatMap(([client, names]) => names.map((name) => find(client, name)))
    return [...realmRoles.map((name) => find('', name)), ...ofClients]
  }

  function define(client: string, { name, composites: parts }: ExportedRole): Role {
    const role = find(client, name)
    if (parts) composites.set(role, all(parts.realm, parts.client))
    return role
  }

  for (const role of realm.roles.realm) define('', role)
  const defined = new Map(
    Object.entries(realm.roles.client ?? {}).map(([client, roles]) => [client, new Set(roles.map((role) => define(client, role)))]),
  )

  function expand(roles: Iterable<Role>): Set<Role> {
    const expanded = new Set(roles)
    // A set iterates over what is added meanwhile, so this also ends where roles contain each other.
    for (const role of expanded) for (const part of composites.get(role) ?? []) expanded.add(part)
    return expanded
  }

  function ofAccount(account: Account): Set<Role> {
    const groups = (account.groups ?? []).flatMap(lineage)
    return expand([account, ...groups].flatMap(({ realmRoles, clientRoles }) => all(realmRoles, clientRoles)))
  }

  const mappings = new Map<string, Set<Role>>()
  const everyMapping = [['', realm.scopeMappings ?? []] as const, ...Object.entries(realm.clientScopeMappings ?? {})]
  for (const [client, list] of everyMapping) {
    for (const mapping of list) {
      const key = JSON.stringify(mapping.client === undefined ? ['clientScope', mapping.clientScope] : ['client', mapping.client])
      const roles = mappings.get(key) ?? new Set()
      mappings.set(key, roles)
      for (const name of mapping.roles) roles.add(find(client, name))
    }
  }

  return {
    find,
    expand,
    ofAccount,
    definedBy: (clientId) => defined.get(clientId) ?? new Set(),
    mappedTo: (kind, name) => mappings.get(JSON.stringify([kind, name])) ?? new Set(),
  }
}

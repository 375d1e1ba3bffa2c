// A realm as `kc.sh export` writes it: the parts that decide what a token of a service account says. Reads a file; knows no rule.
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

/** Name, value; Keycloak writes numbers and truth values as texts here. */
export type Settings = Readonly<Record<string, string | undefined>>

export interface ProtocolMapper {
  readonly id: string
  readonly name: string
  readonly protocolMapper: string
  readonly config: Settings
}

export interface ExportedClient {
  readonly id: string
  readonly clientId: string
  readonly enabled: boolean
  readonly protocol?: string
  readonly secret?: string
  readonly clientAuthenticatorType?: string
  /** Seconds since the epoch. */
  readonly notBefore?: number
  readonly publicClient?: boolean
  readonly bearerOnly?: boolean
  readonly serviceAccountsEnabled?: boolean
  readonly fullScopeAllowed?: boolean
  readonly rootUrl?: string
  readonly redirectUris?: readonly string[]
  readonly webOrigins?: readonly string[]
  readonly attributes?: Settings
  readonly protocolMappers?: readonly ProtocolMapper[]
  readonly defaultClientScopes?: readonly string[]
  readonly optionalClientScopes?: readonly string[]
}

export interface ClientScope {
  readonly name: string
  readonly protocol: string
  readonly attributes?: Settings
  readonly protocolMappers?: readonly ProtocolMapper[]
}

interface RoleBearer {
  readonly realmRoles?: readonly string[]
  readonly clientRoles?: Readonly<Record<string, readonly string[]>>
  readonly attributes?: Readonly<Record<string, readonly string[]>>
}

/** A user of the realm; the account of a client if `serviceAccountClientId` names one. */
export interface Account extends RoleBearer {
  readonly id: string
  readonly username: string
  readonly enabled: boolean
  readonly emailVerified?: boolean
  readonly email?: string
  readonly firstName?: string
  readonly lastName?: string
  readonly createdTimestamp?: number
  readonly notBefore?: number
  readonly serviceAccountClientId?: string
  /** Paths. */
  readonly groups?: readonly string[]
}

export interface Group extends RoleBearer {
  readonly name: string
  readonly path: string
  readonly subGroups?: readonly Group[]
}

export interface ExportedRole {
  readonly name: string
  readonly composites?: { readonly realm?: readonly string[]; readonly client?: Readonly<Record<string, readonly string[]>> }
}

export interface Organization {
  readonly id: string
  readonly alias: string
  readonly enabled: boolean
  readonly attributes?: Readonly<Record<string, readonly string[]>>
  readonly members?: readonly { readonly username: string }[]
}

export interface ScopeMapping {
  readonly client?: string
  readonly clientScope?: string
  readonly roles: readonly string[]
}

export interface RealmExport {
  readonly realm: string
  readonly notBefore?: number
  readonly defaultSignatureAlgorithm?: string
  readonly accessTokenLifespan: number
  readonly ssoSessionMaxLifespan: number
  readonly clientSessionMaxLifespan?: number
  readonly attributes?: Settings
  readonly organizationsEnabled?: boolean
  readonly organizations?: readonly Organization[]
  readonly clients: readonly ExportedClient[]
  readonly clientScopes: readonly ClientScope[]
  readonly users?: readonly Account[]
  readonly groups?: readonly Group[]
  readonly roles: { readonly realm: readonly ExportedRole[]; readonly client?: Readonly<Record<string, readonly ExportedRole[]>> }
  readonly scopeMappings?: readonly ScopeMapping[]
  readonly clientScopeMappings?: Readonly<Record<string, readonly ScopeMapping[]>>
}

/** Reads an export, which may be compressed. */
export function readRealmExport(file: string): RealmExport {
  const bytes = readFileSync(file)
  return JSON.parse((file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')) as RealmExport
}

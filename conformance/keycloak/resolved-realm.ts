// What an export comes to here: settings of the realm, claim sets and clients as the configuration file and the admin API take them, and
// what stays behind, each with its reason.
import type { Grant, SigningAlgorithmName } from '@countersign/protocol'

export interface ResolvedScopeGrant {
  readonly grant?: Grant
  /** False for a scope that is accepted from this client, but not named in its tokens. */
  readonly shown?: false
}

export interface ResolvedClient {
  readonly clientId: string
  readonly enabled: boolean
  /** `undefined` without an account; the client is disabled then. */
  readonly subject: string | undefined
  /** Whether it proves itself by a key of its own, which must be registered. */
  readonly provesByKey: boolean
  readonly scopes: readonly string[]
  readonly defaultScopes: readonly string[]
  readonly claimSet: string | null
  readonly grant: Grant | null
  readonly scopeGrants: Readonly<Record<string, ResolvedScopeGrant>>
  /** Seconds; null for the lifetime of the realm. */
  readonly accessTokenLifetime: number | null
  /** Null for that of the realm. */
  readonly signingAlgorithm: SigningAlgorithmName | null
  readonly headerType: 'at+jwt' | null
  /** Seconds since the epoch; 0 without a cut of its own. Tokens that Keycloak issued before are refused. */
  readonly notBefore: number
}

export interface ClaimSet {
  readonly name: string
  readonly grant: Grant
}

export interface RealmSettings {
  /** A URL. */
  readonly issuer: string
  readonly tokenEndpoint: string
  readonly aliases: readonly string[]
  readonly tokenProfile: 'keycloak'
  readonly compatibility: 'keycloak'
  readonly signingAlgorithm: string
  readonly signingAlgorithms: readonly string[]
  /** Seconds. */
  readonly accessTokenLifetime: number
  readonly tokensNotBefore: string | undefined
  readonly scopes: readonly (string | { readonly name: string; readonly shown: false })[]
  readonly omitClaims: readonly ('client_id' | 'organization_id')[]
}

export type LeftBehindKind = 'no-machine-client' | 'method' | 'lightweight' | 'refresh-token' | 'bound-token' | 'not-reproducible'

/** A client, or one scope of a client, that cannot be answered as Keycloak does. */
export interface LeftBehind {
  readonly clientId: string
  readonly scope?: string
  readonly kind: LeftBehindKind
  readonly reason: string
}

export interface ResolvedRealm {
  readonly name: string
  readonly settings: RealmSettings
  readonly claimSets: readonly ClaimSet[]
  readonly clients: readonly ResolvedClient[]
  readonly leftBehind: readonly LeftBehind[]
}

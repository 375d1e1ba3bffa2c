// The one table of token profiles: the layout of the same facts in a token and in a token response. Does not sign or verify.
import type { Grant, JsonRecord } from './grant.ts'
import type { SigningAlgorithmName } from './signing-algorithms.ts'

/** The facts in a token of any profile. Instants are seconds since the epoch (NumericDate, RFC 7519 §2). */
export interface TokenFacts {
  readonly issuer: string
  /** `undefined` in a profile without audiences, and in a token for no API. */
  readonly audience: string | readonly string[] | undefined
  readonly clientId: string
  readonly subject: string
  /** Not part of every profile: guards find the organization by the client. */
  readonly organizationId: string | undefined
  readonly scope: string
  readonly tokenId: string
  readonly issuedAt: number
  readonly expiresAt: number
}

export interface TokenResponseFacts {
  readonly accessToken: string
  readonly lifetimeSeconds: number
  readonly scope: string
  /** Seconds since the epoch; 0 if tokens were never revoked by time. */
  readonly notBefore: number
}

export type OmittableClaim = 'client_id' | 'organization_id'

export interface TokenProfile {
  /** The `typ` header (RFC 7515 §4.1.9); `undefined` omits it. */
  readonly headerType: string | undefined
  /** The `typ` values that a verifier accepts, in lower case; `undefined` accepts a header without `typ`. */
  readonly acceptedTypes: readonly (string | undefined)[]
  /** That of a new realm whose configuration names none: what verifiers of such tokens know. */
  readonly defaultSigningAlgorithm: SigningAlgorithmName
  /** Whether `aud` must contain the verifier's audience. */
  readonly hasAudience: boolean
  /** Whether a token without `aud` is in the format; no API accepts one, but verifiers that do not check it may. */
  readonly mayLackAudience: boolean
  /** A claim with a fixed value that distinguishes access tokens from other tokens of the same issuer. */
  readonly mark: { readonly claim: string; readonly value: string } | undefined
  /** The subject of a token: the id of its client, or an id that only the server knows and never reuses. */
  readonly subject: 'client-id' | 'internal-id'
  /** The claim that names the client; `undefined` if there is none. Not checked otherwise. */
  readonly clientId: (claims: Readonly<Record<string, unknown>>) => unknown
  readonly claims: (facts: TokenFacts) => Record<string, unknown>
  /** Those claims that a realm may leave out. */
  readonly omittable: readonly OmittableClaim[]
  /** Where the roles of a grant are in a token; `undefined` if the format has no place for those of APIs. */
  readonly roles: (roles: Grant['roles']) => JsonRecord | undefined
  readonly response: (facts: TokenResponseFacts) => Record<string, unknown>
}

export const tokenProfiles = {
  /** RFC 9068. */
  rfc9068: {
    headerType: 'at+jwt',
    acceptedTypes: ['at+jwt', 'application/at+jwt'],
    defaultSigningAlgorithm: 'ES256',
    hasAudience: true,
    mayLackAudience: false, // RFC 9068 §2.2.
    mark: undefined,
    subject: 'internal-id',
    clientId: (claims) => claims['client_id'],
    claims: (facts) => ({
      iss: facts.issuer,
      sub: facts.subject,
      aud: facts.audience,
      exp: facts.expiresAt,
      iat: facts.issuedAt,
      jti: facts.tokenId,
      client_id: facts.clientId,
      scope: facts.scope || undefined, // RFC 6749 §3.3 has no empty scope.
      organization_id: facts.organizationId,
    }),
    omittable: ['organization_id'],
    // RFC 9068 §2.2.3.1 has "roles", which belong to no API; those of an API are where libraries look for them since Keycloak.
    roles: ({ realm, clients }) => ({ ...(realm.length > 0 && { roles: realm }), ...resourceAccess(clients) }),
    response: ({ accessToken, lifetimeSeconds, scope }) => ({
      access_token: accessToken,
      expires_in: lifetimeSeconds,
      token_type: 'Bearer',
      scope: scope || undefined,
    }),
  },
  /** The service-account tokens of Keycloak, as in seeds 000 and 003. */
  keycloak: {
    headerType: 'JWT',
    // Keycloak writes "at+jwt" for clients that are set to it (access.token.header.type.rfc9068); the mark is in those tokens as well.
    acceptedTypes: ['jwt', 'at+jwt', 'application/at+jwt'],
    defaultSigningAlgorithm: 'RS256',
    hasAudience: true,
    mayLackAudience: true,
    mark: { claim: 'typ', value: 'Bearer' },
    subject: 'internal-id',
    // "client_id" is added by a mapper and is not in every token of Keycloak. Where it is, it counts: "azp" may be hard-coded.
    clientId: ({ azp, client_id: clientId = azp }) => clientId,
    claims: (facts) => ({
      exp: facts.expiresAt,
      iat: facts.issuedAt,
      jti: facts.tokenId,
      iss: facts.issuer,
      aud: facts.audience,
      sub: facts.subject,
      typ: 'Bearer',
      azp: facts.clientId,
      scope: facts.scope,
      client_id: facts.clientId,
      organization_id: facts.organizationId,
    }),
    omittable: ['organization_id', 'client_id'],
    roles: ({ realm, clients }) => ({ ...(realm.length > 0 && { realm_access: { roles: realm } }), ...resourceAccess(clients) }),
    response: ({ accessToken, lifetimeSeconds, scope, notBefore }) => ({
      access_token: accessToken,
      expires_in: lifetimeSeconds,
      refresh_expires_in: 0,
      token_type: 'Bearer',
      'not-before-policy': notBefore,
      scope,
    }),
  },
  /** The access tokens of Cognito, as in seed 004: no audience, no organization, the subject is the client. */
  cognito: {
    headerType: undefined,
    acceptedTypes: [undefined],
    defaultSigningAlgorithm: 'RS256',
    hasAudience: false,
    mayLackAudience: true,
    mark: { claim: 'token_use', value: 'access' },
    subject: 'client-id',
    clientId: (claims) => claims['client_id'],
    claims: (facts) => ({
      sub: facts.clientId,
      token_use: 'access',
      scope: facts.scope,
      auth_time: facts.issuedAt,
      iss: facts.issuer,
      exp: facts.expiresAt,
      iat: facts.issuedAt,
      version: 2,
      jti: facts.tokenId,
      client_id: facts.clientId,
    }),
    omittable: [],
    roles({ realm, clients }): JsonRecord | undefined {
      if (Object.keys(clients).length > 0) return undefined
      return realm.length > 0 ? { 'cognito:groups': realm } : {}
    },
    response: ({ accessToken, lifetimeSeconds }) => ({
      access_token: accessToken,
      expires_in: lifetimeSeconds,
      token_type: 'Bearer',
    }),
  },
} as const satisfies Record<string, TokenProfile>

export type TokenProfileName = keyof typeof tokenProfiles

function resourceAccess(clients: Grant['roles']['clients']): JsonRecord {
  const named = Object.entries(clients).filter(([, roles]) => roles.length > 0)
  return named.length > 0 ? { resource_access: Object.fromEntries(named.map(([api, roles]) => [api, { roles }])) } : {}
}

/** Claims that no grant can set, in whatever profile: what verifiers check, and what they would take for a proof. */
const reservedEverywhere = ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'typ', 'scope', 'cnf', 'azp', 'client_id', 'organization_id']

/** The claims that a grant cannot set in tokens of a profile. */
export function reservedClaims(profile: TokenProfile): ReadonlySet<string> {
  const none = {
    issuer: '',
    audience: '',
    clientId: '',
    subject: '',
    organizationId: '',
    scope: '',
    tokenId: '',
    issuedAt: 0,
    expiresAt: 0,
  }
  return new Set([...reservedEverywhere, ...Object.keys(profile.claims(none))])
}

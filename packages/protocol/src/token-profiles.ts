// The one table of token profiles: how the same facts are laid out in a token and in a token response, and read back.
// Signing and verifying are elsewhere; here is only the layout.

/** What a token says, whatever its profile. Instants are seconds since the epoch (NumericDate, RFC 7519 §2). */
export interface TokenFacts {
  readonly issuer: string
  /** The audience of the realm; `undefined` in a profile without one. */
  readonly audience: string | undefined
  readonly clientId: string
  readonly subject: string
  /** `undefined` in a profile without a place for it: the organization is then found by the client. */
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
  /** Seconds since the epoch; 0 where no token was ever cut. */
  readonly notBefore: number
}

export interface TokenProfile {
  /** The `typ` of the header; `undefined` leaves it out. */
  readonly headerType: string | undefined
  /** The `typ` values that a verifier accepts, in lower case; `undefined` is a header without one. */
  readonly acceptedTypes: readonly (string | undefined)[]
  /** Whether the token must name the audience that the verifier is. */
  readonly hasAudience: boolean
  /** A claim with a fixed value by which this kind of token is told from others of the same issuer. */
  readonly mark: { readonly claim: string; readonly value: string } | undefined
  /** What the subject of a token is: the id of its client, or one that only the server knows and never gives again. */
  readonly subject: 'client-id' | 'internal-id'
  readonly claims: (facts: TokenFacts) => Record<string, unknown>
  readonly response: (facts: TokenResponseFacts) => Record<string, unknown>
}

export const tokenProfiles = {
  /** RFC 9068. */
  rfc9068: {
    headerType: 'at+jwt',
    acceptedTypes: ['at+jwt', 'application/at+jwt'],
    hasAudience: true,
    mark: undefined,
    subject: 'internal-id',
    claims: (facts) => ({
      iss: facts.issuer,
      sub: facts.subject,
      aud: facts.audience,
      exp: facts.expiresAt,
      iat: facts.issuedAt,
      jti: facts.tokenId,
      client_id: facts.clientId,
      scope: facts.scope || undefined, // RFC 6749 §3.3 has no word for an empty scope.
      organization_id: facts.organizationId,
    }),
    response: ({ accessToken, lifetimeSeconds, scope }) => ({
      access_token: accessToken,
      expires_in: lifetimeSeconds,
      token_type: 'Bearer',
      scope: scope || undefined,
    }),
  },
  /** The service-account tokens of Keycloak, as seeds 000 and 003 show them. */
  keycloak: {
    headerType: 'JWT',
    acceptedTypes: ['jwt'],
    hasAudience: true,
    mark: { claim: 'typ', value: 'Bearer' },
    subject: 'internal-id',
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
    response: ({ accessToken, lifetimeSeconds, scope, notBefore }) => ({
      access_token: accessToken,
      expires_in: lifetimeSeconds,
      refresh_expires_in: 0,
      token_type: 'Bearer',
      'not-before-policy': notBefore,
      scope,
    }),
  },
  /** The access tokens of Cognito, as seed 004 shows them: no audience, no organization, the subject is the client. */
  cognito: {
    headerType: undefined,
    acceptedTypes: [undefined],
    hasAudience: false,
    mark: { claim: 'token_use', value: 'access' },
    subject: 'client-id',
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
    response: ({ accessToken, lifetimeSeconds }) => ({
      access_token: accessToken,
      expires_in: lifetimeSeconds,
      token_type: 'Bearer',
    }),
  },
} as const satisfies Record<string, TokenProfile>

export type TokenProfileName = keyof typeof tokenProfiles

// A guard of two servers that are alike in everything but their keys: the same ids of keys, clients, organizations and tokens.
import { parseBearerChallenge } from '@countersign/protocol'
import { denialResponse } from './denial-response.ts'
import { indexEntitlement } from './entitlement-index.ts'
import {
  aClock,
  anEntitlementDocument,
  aSigningKey,
  audience,
  issuer,
  keycloakClaims,
  signToken,
  type RightsChanges,
  type SigningKey,
} from './guard.fixture.ts'
import { createGuard } from './guard.ts'
import type { GuardSettings, IssuerOptions } from './guard-options.ts'
import type { Requirement } from './requirement.ts'

export const otherIssuer = 'https://id.example.org/realms/nt24-idp'

export interface TestIssuer {
  readonly issuer: string
  readonly key: SigningKey
  readonly options: IssuerOptions
  token(claims?: Readonly<Record<string, unknown>>, key?: SigningKey): string
  setEntitlement(changes: RightsChanges | undefined): void
  /** The requests for a key, by its id. */
  readonly lookups: string[]
}

export function anIssuer(name: string, realm: string, options: Partial<IssuerOptions> = {}): TestIssuer {
  const key = aSigningKey('ES256', 'key-1')
  const lookups: string[] = []
  let entitlement: ReturnType<typeof indexEntitlement> | undefined = indexEntitlement(anEntitlementDocument())
  const find = (kid: string) => {
    lookups.push(kid)
    return kid === key.kid ? key.verificationKey : undefined
  }
  return {
    issuer: name,
    key,
    lookups,
    options: {
      issuer: name,
      realm,
      publicUrl: new URL(name).origin,
      tokenProfile: 'keycloak',
      audience,
      keys: { find },
      entitlements: { find: () => entitlement },
      ...options,
    },
    token: (claims = {}, signingKey = key) =>
      signToken(signingKey, { alg: 'ES256', typ: 'JWT', kid: signingKey.kid }, keycloakClaims({ iss: name, ...claims })),
    setEntitlement: (changes) => {
      entitlement = changes && indexEntitlement(anEntitlementDocument(changes))
    },
  }
}

/** Ours is the first of the two. */
export function aGuardOfTwo({ ours = {}, theirs = {}, ...settings }: OfTwo = {}) {
  const clock = aClock()
  const [one, other] = [anIssuer(issuer, 'ours', ours), anIssuer(otherIssuer, 'theirs', theirs)]
  const guard = createGuard({ issuers: [one.options, other.options], clock: clock.now, ...settings })
  const authorize = (token: string, requirement: Requirement = {}) =>
    guard.authorize({ rawHeaders: ['Authorization', `Bearer ${token}`], params: {} }, requirement)
  return {
    guard,
    clock,
    ours: one,
    theirs: other,
    authorize,
    codeOf: async (token: string) => {
      const verdict = await authorize(token)
      return verdict.allowed ? undefined : verdict.code
    },
    /** The host of the problem page, and the realm of the challenge, that a denied request is answered with. */
    namesOf: async (token: string, requirement?: Requirement) => {
      const verdict = await authorize(token, requirement)
      if (verdict.allowed) return 'allowed'
      const { headers, body } = denialResponse(guard, verdict)
      const { type } = JSON.parse(body) as { type: string }
      return `${new URL(type).host} ${parseBearerChallenge(headers['www-authenticate'])?.realm ?? '-'}`
    },
  }
}

interface OfTwo extends GuardSettings {
  readonly ours?: Partial<IssuerOptions>
  readonly theirs?: Partial<IssuerOptions>
}

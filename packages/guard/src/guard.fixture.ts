// A realm in memory: its keys, its clock, one organization, and valid or manipulated tokens.
import { constants, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import {
  signingAlgorithms,
  type ClientRights,
  type EntitlementDocument,
  type ListOrTotal,
  type OrganizationRights,
  type SigningAlgorithm,
  type SigningAlgorithmName,
} from '@countersign/protocol'
import type { Access, Denial } from './access.ts'
import { indexEntitlement } from './entitlement-index.ts'
import { createGuard, type Guard } from './guard.ts'
import type { GuardOptions } from './guard-options.ts'
import type { Requirement } from './requirement.ts'
import { createSteadyClock } from './steady-clock.ts'
import { importVerificationKey, type VerificationKey } from './verification-key.ts'

export const issuer = 'https://auth.example.com/realms/nt24-idp'
export const audience = 'nt24-integration-api'
export const organizationId = '0b7c1f7e-54a2-4a53-9b8e-0d3c6f1a2b01'
export const clientId = 'api-client-acme'
export const partnerId = '5f0d2c4e-8a61-4c37-b7d9-1e2f3a4b5c02'
export const foreignPartnerId = '5f0d2c4e-8a61-4c37-b7d9-1e2f3a4b5c99'
export const requestorId = '9a8b7c6d-5e4f-4a3b-8c2d-1f0e9d8c7b03'
/** Seconds since the epoch at the start of every test. */
export const startSeconds = 1_800_000_000

export interface HandClock {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Milliseconds; stands still while the machine is suspended. */
  readonly monotonic: () => number
  /** The clock for ages. */
  readonly steady: () => number
  advance(seconds: number): void
  /** Sets the time of day, back for negative seconds. */
  setBy(seconds: number): void
  suspend(seconds: number): void
}

export function aClock(): HandClock {
  let now = startSeconds * 1000
  let run = 0
  const setBy = (seconds: number) => {
    now += seconds * 1000
  }
  const clocks = { now: () => now, monotonic: () => run }
  return {
    ...clocks,
    steady: createSteadyClock(clocks.now, clocks.monotonic),
    advance: (seconds) => {
      setBy(seconds)
      run += seconds * 1000
    },
    setBy,
    suspend: setBy,
  }
}

export interface SigningKey {
  readonly kid: string
  readonly algorithm: SigningAlgorithmName
  readonly privateKey: KeyObject
  /** As the issuer publishes it. */
  readonly jwk: Readonly<Record<string, unknown>>
  readonly verificationKey: VerificationKey
}

export function aSigningKey(algorithm: SigningAlgorithmName = 'ES256', kid = `${algorithm}-1`): SigningKey {
  const { publicKey, privateKey } = generateKeys(algorithm)
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid, alg: algorithm, use: 'sig' }
  const verificationKey = importVerificationKey(jwk)
  if (!verificationKey) throw new Error(`The fixture cannot import its own ${algorithm} key`)
  return { kid, algorithm, privateKey, jwk, verificationKey }
}

function generateKeys(algorithm: SigningAlgorithmName): { publicKey: KeyObject; privateKey: KeyObject } {
  const { keyType, curve }: SigningAlgorithm = signingAlgorithms[algorithm]
  if (keyType === 'EC') return generateKeyPairSync('ec', { namedCurve: curve! })
  if (keyType === 'OKP') return generateKeyPairSync('ed25519')
  return generateKeyPairSync('rsa', { modulusLength: 2048 })
}

export function signBytes({ algorithm, privateKey }: SigningKey, bytes: string): Buffer {
  const { digest, saltBytes }: SigningAlgorithm = signingAlgorithms[algorithm]
  const pss = saltBytes !== undefined && { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: saltBytes }
  return sign(digest, Buffer.from(bytes), { key: privateKey, dsaEncoding: 'ieee-p1363', ...pss })
}

export function encodeSegment(content: string | object): string {
  return Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)).toString('base64url')
}

/** Signs any input; strings stand for the text of a segment, objects for their JSON. */
export function signToken(key: SigningKey, header: string | object, payload: string | object): string {
  const signed = `${encodeSegment(header)}.${encodeSegment(payload)}`
  return `${signed}.${signBytes(key, signed).toString('base64url')}`
}

export function keycloakClaims(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    exp: startSeconds + 300,
    iat: startSeconds,
    jti: 'token-1',
    iss: issuer,
    aud: audience,
    sub: 'subject-1',
    typ: 'Bearer',
    azp: clientId,
    scope: 'orders:read orders:write',
    client_id: clientId,
    organization_id: organizationId,
    ...changes,
  }
}

/** What a test changes in the rights of the organization and of the client. */
export interface RightsChanges {
  readonly organization?: Partial<OrganizationRights>
  readonly client?: Partial<ClientRights>
}

export function anEntitlementDocument({ organization, client, ...more }: RightsChanges & Partial<Answered> = {}): EntitlementDocument {
  return {
    organization: {
      id: organizationId,
      slug: 'acme',
      name: 'Acme',
      status: 'active',
      capabilities: { allowMarketplaceLedKyc: true, rateLimitTier: 'standard' },
      dpa: { status: 'accepted', requiredVersion: '2026-01', acceptedVersion: '2026-01', acceptedAt: '2026-01-02T03:04:05Z' },
      rateLimit: null,
      tokensNotBefore: 0,
      partners: listOf({ id: partnerId, name: 'Partner' }),
      requestors: listOf({ id: requestorId, permissions: ['payments:create'] }),
      ...organization,
    },
    client: {
      clientId,
      subject: 'subject-1',
      scopes: ['orders:read', 'orders:write'],
      enabled: true,
      tokensNotBefore: 0,
      revokedTokenIds: [],
      secret: null,
      ...client,
    },
    asOf: { revision: 1, state: 'state-1', ageSeconds: 0 },
    ...more,
  }
}

type Answered = Pick<EntitlementDocument, 'partner' | 'requestor' | 'asOf'>

/** A list that is in the document. */
export function listOf<Item>(...list: readonly Item[]): ListOrTotal<Item> {
  return { total: list.length, list }
}

export interface TestRealm {
  readonly guard: Guard
  readonly clock: HandClock
  readonly key: SigningKey
  /** The keys that the guard trusts now. */
  readonly trustedKeys: Map<string, VerificationKey>
  /** Sets what the realm knows of the client and its organization; `undefined` for an unknown client. */
  setEntitlement(changes: RightsChanges | undefined): void
  /** A token of the realm with some claims or headers changed. */
  token(claims?: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): string
  authorize(token: string, requirement?: Requirement, params?: Readonly<Record<string, string>>): Promise<Access | Denial>
  /** The code of the denial, `undefined` if the token was accepted. */
  denialOf(token: string): Promise<string | undefined>
}

const defaultKey = aSigningKey()

/** A guard in front of a realm of the Keycloak profile; `options` replace those of the guard, `key` that of the realm. */
export function aRealm({ key = defaultKey, ...options }: Partial<GuardOptions> & { key?: SigningKey } = {}): TestRealm {
  const clock = aClock()
  const trustedKeys = new Map([[key.kid, key.verificationKey]])
  let entitlement: ReturnType<typeof indexEntitlement> | undefined = indexEntitlement(anEntitlementDocument())
  const guard = createGuard({
    issuer,
    realm: 'nt24-idp',
    publicUrl: 'https://auth.example.com',
    tokenProfile: 'keycloak',
    ...(options.tokenProfile === 'cognito' ? {} : { audience }),
    keys: { find: (kid) => trustedKeys.get(kid) },
    entitlements: { find: () => entitlement },
    clock: clock.now,
    ...options,
  })
  const authorize: TestRealm['authorize'] = (token, requirement = {}, params = {}) =>
    guard.authorize({ rawHeaders: ['Host', 'api.example.com', 'Authorization', `Bearer ${token}`], params }, requirement)
  return {
    guard,
    clock,
    key,
    trustedKeys,
    setEntitlement: (changes) => {
      entitlement = changes && indexEntitlement(anEntitlementDocument(changes))
    },
    token: (claims = {}, header = {}) =>
      signToken(key, { alg: key.algorithm, typ: 'JWT', kid: key.kid, ...header }, keycloakClaims(claims)),
    authorize,
    denialOf: async (token) => {
      const verdict = await authorize(token)
      return verdict.allowed ? undefined : verdict.code
    },
  }
}

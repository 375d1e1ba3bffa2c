// A token endpoint in memory that takes assertions only and checks everything in them with node:crypto, as RFC 7523 §3 asks; its clock is
// that of the test plus an offset.
import assert from 'node:assert/strict'
import { constants, createPublicKey, verify, type KeyObject } from 'node:crypto'
import { signingAlgorithms, type SigningAlgorithm, type SigningAlgorithmName } from '@countersign/protocol'
import type { HandClock } from './clock.fixture.ts'
import { privateKeyJwt, type PrivateKeyJwtOptions } from './private-key-jwt.ts'
import { createTestClient, oauthError, type ReceivedRequest, type TestClient } from './token-endpoint.fixture.ts'

export const issuer = 'https://auth.example.com/realms/nt24-idp'

export interface ReadAssertion {
  readonly header: Record<string, unknown>
  readonly claims: Record<string, unknown> & { readonly iat: number; readonly exp: number; readonly jti: string }
}

export interface KeyedClient extends TestClient {
  /** The public keys that are registered, by key id; '' for assertions without one. */
  readonly keys: Map<string, KeyObject>
  readonly assertions: ReadAssertion[]
  /** Why the last assertion was refused. */
  readonly refused: () => string | undefined
  /** Seconds by which the clock of the server is ahead. */
  serverAhead: number
}

/** A provider for a client with a key, in front of a server that knows it under '' and `kid`. */
export function createKeyedClient(privateKey: KeyObject, options: Partial<PrivateKeyJwtOptions> = {}, kid = ''): KeyedClient {
  const known = { privateKey, audience: issuer, ...options } as PrivateKeyJwtOptions
  if (options.sign !== undefined) delete (known as { privateKey?: unknown }).privateKey
  const client = createTestClient({ clientAuth: privateKeyJwt(known) })
  const used = new Set<string>()
  let reason: string | undefined
  const keyed: KeyedClient = {
    ...client,
    keys: new Map([[kid, createPublicKey(privateKey)]]),
    assertions: [],
    refused: () => reason,
    serverAhead: 0,
  }
  client.endpoint.answer = (request) => {
    const now = client.clock.wallNow() / 1000 + keyed.serverAhead
    const date = new Date(Math.floor(now) * 1000).toUTCString()
    const read = readAssertion(request, keyed.keys)
    keyed.assertions.push(read)
    reason = faultOf(read, now) ?? (used.has(read.claims.jti) ? 'replayed' : undefined)
    used.add(read.claims.jti)
    if (reason !== undefined) return oauthError(401, 'invalid_client', { date })
    const response = client.endpoint.issue()
    response.headers.set('date', date)
    return response
  }
  return keyed
}

/** With the signature verified. */
function readAssertion({ form }: ReceivedRequest, keys: ReadonlyMap<string, KeyObject>): ReadAssertion {
  assert.equal(form.get('client_assertion_type'), 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
  assert.equal(form.get('client_secret'), null)
  const assertion = form.get('client_assertion') ?? ''
  assert.match(assertion, /^[\w-]+\.[\w-]+\.[\w-]+$/)
  const [header, claims] = assertion.split('.', 2).map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()))
  const key = keys.get(header.kid ?? '')
  return { header, claims: key !== undefined && isSignedBy(key, header.alg, assertion) ? claims : { ...claims, forged: true } }
}

export function isSignedBy(publicKey: KeyObject, algorithm: SigningAlgorithmName, assertion: string): boolean {
  const { keyType, curve, digest, padding, saltBytes }: SigningAlgorithm = signingAlgorithms[algorithm]
  const split = assertion.lastIndexOf('.')
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: saltBytes }
  const nodeCurves: Record<string, string> = { 'P-256': 'prime256v1', 'P-384': 'secp384r1', 'P-521': 'secp521r1' }
  if (curve !== undefined && keyType === 'EC') assert.equal(publicKey.asymmetricKeyDetails?.namedCurve, nodeCurves[curve])
  const key = { key: publicKey, ...(keyType === 'EC' && { dsaEncoding: 'ieee-p1363' as const }), ...(padding === 'pss' && pss) }
  return verify(digest, Buffer.from(assertion.slice(0, split)), key, Buffer.from(assertion.slice(split + 1), 'base64url'))
}

function faultOf({ header, claims }: ReadAssertion, now: number): string | undefined {
  if ('forged' in claims) return 'signature'
  if (header['typ'] !== 'client-authentication+jwt') return 'typ'
  if (claims['iss'] !== 'api-client-acme' || claims['sub'] !== 'api-client-acme') return 'client'
  if (claims['aud'] !== issuer) return 'audience'
  if (claims.exp - claims.iat > 60 || claims.exp <= now) return 'expired'
  return claims.iat > now + 10 ? 'not yet valid' : undefined
}

/** Moves a clock until the provider may ask again after a refusal. */
export async function passGate({ clock }: { readonly clock: HandClock }): Promise<void> {
  await clock.advance(600)
}

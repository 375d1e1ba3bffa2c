// The keys of the signed header: in a file with one private key (PEM or a JWK) or several (a JWK Set), or a folder of such files. The first one
// signs, and all are published, so that a key is known to the API before it is used and until its last header has expired.
import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { importVerificationKey } from '@countersign/guard'
import { isSigningAlgorithm, signingAlgorithms, type SigningAlgorithm, type SigningAlgorithmName } from '@countersign/protocol'
import { readPrivateFile } from '@countersign/guard/private-file'

export interface GatewayKey {
  readonly keyId: string
  readonly algorithm: SigningAlgorithmName
  readonly privateKey: KeyObject
  /** As it is published. */
  readonly jwk: Readonly<Record<string, unknown>>
  /** The protected header of the JWS, which is the same for all. */
  readonly encodedHeader: string
}

/** Completes a sentence about the file; never repeats any part of a key. */
export class GatewayKeyError extends Error {
  override name = 'GatewayKeyError'
}

/** @param path a file, or a folder whose files are read in the order of their names @throws GatewayKeyError, OpenFileError, a system error */
export function readGatewayKeys(path: string): readonly GatewayKey[] {
  const files = statSync(path).isDirectory() ? filesIn(path) : [path]
  const keys = files.flatMap((file) => parseKeys(readPrivateFile(file), file))
  if (keys.length === 0) throw new GatewayKeyError(`"${path}" has no key`)
  const twice = keys.find(({ keyId }, at) => keys.findIndex((other) => other.keyId === keyId) !== at)
  if (twice) throw new GatewayKeyError(`"${path}" has two keys of the same id`)
  return keys
}

/** Without hidden ones, such as the links that Kubernetes keeps in a volume. */
function filesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => !name.startsWith('.') && statSync(join(folder, name)).isFile())
    .toSorted()
    .map((name) => join(folder, name))
}

function parseKeys(text: string, file: string): GatewayKey[] {
  try {
    if (!text.trimStart().startsWith('{')) return [toGatewayKey(createPrivateKey(text), {})]
    const parsed = JSON.parse(text) as { keys?: unknown }
    const jwks = Array.isArray(parsed.keys) ? (parsed.keys as Record<string, unknown>[]) : [parsed as Record<string, unknown>]
    return jwks.map((jwk) => toGatewayKey(createPrivateKey({ key: jwk, format: 'jwk' }), jwk))
  } catch (error) {
    if (error instanceof GatewayKeyError) throw new GatewayKeyError(`"${file}" ${error.message}`)
    // Messages of the parsers may quote the key.
    throw new GatewayKeyError(`"${file}" is neither a private key in PEM, the JWK of one nor a JWK Set of them`)
  }
}

function toGatewayKey(privateKey: KeyObject, { kid, alg }: Readonly<Record<string, unknown>>): GatewayKey {
  const publicJwk = createPublicKey(privateKey).export({ format: 'jwk' }) as Record<string, unknown>
  const algorithm = chooseAlgorithm(publicJwk, alg)
  const keyId = typeof kid === 'string' && kid !== '' ? kid : thumbprint(publicJwk)
  const jwk = Object.freeze({ ...publicJwk, kid: keyId, alg: algorithm, use: 'sig' })
  const refuse = (expected: string) => {
    throw new GatewayKeyError(`has a key that verifiers refuse: they expect ${expected}`)
  }
  importVerificationKey(jwk, refuse)
  const encodedHeader = Buffer.from(JSON.stringify({ alg: algorithm, typ: 'gateway+jwt', kid: keyId })).toString('base64url')
  return { keyId, algorithm, privateKey, jwk, encodedHeader }
}

function chooseAlgorithm({ kty, crv }: Readonly<Record<string, unknown>>, wanted: unknown): SigningAlgorithmName {
  const fitting = Object.keys(signingAlgorithms).filter(isSigningAlgorithm).filter((name) => {
    const { keyType, curve }: SigningAlgorithm = signingAlgorithms[name]
    return keyType === kty && curve === crv
  }) // prettier-ignore
  const chosen = wanted === undefined ? fitting[0] : fitting.find((name) => name === wanted)
  if (chosen) return chosen
  if (fitting.length > 0) throw new GatewayKeyError(`has a key whose "alg" does not fit it; it could be ${fitting.join(', ')}`)
  throw new GatewayKeyError('has a key of another kind than RSA, P-256, P-384, P-521 and Ed25519')
}

/** RFC 7638 §3. */
function thumbprint({ kty, crv, x, y, n, e }: Readonly<Record<string, unknown>>): string {
  const members = kty === 'RSA' ? { e, kty, n } : kty === 'EC' ? { crv, kty, x, y } : { crv, kty, x }
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url')
}

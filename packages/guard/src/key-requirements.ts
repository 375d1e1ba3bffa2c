// The table of what a public JWK must be before it may verify tokens. It holds for the keys of every issuer, and for the server's own.
import { isSigningAlgorithm, signingAlgorithms, type SigningAlgorithm } from '@countersign/protocol'
import { findEd25519Fault, findPointFault } from './curve-point.ts'
import { findRsaFault } from './rsa-key.ts'

export type Jwk = Readonly<Record<string, unknown>>

export const maxKeyIdLength = 256
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']
const algorithmNames = Object.keys(signingAlgorithms).join(', ')

const requirements: readonly (readonly [expected: string, isMet: (jwk: Jwk) => boolean])[] = [
  [`a "kid" of 1 to ${maxKeyIdLength} characters`, ({ kid }) => typeof kid === 'string' && kid !== '' && kid.length <= maxKeyIdLength],
  ['no private members', (jwk) => !privateMembers.some((member) => Object.hasOwn(jwk, member))],
  ['"use" with the value "sig", or none', ({ use }) => use === undefined || use === 'sig'],
  [
    '"key_ops" with "verify", each operation once and none but "sign" besides, or none (RFC 7517 §4.3)',
    ({ key_ops }) => isForVerifying(key_ops),
  ],
  [`an "alg" of ${algorithmNames}`, ({ alg }) => isSigningAlgorithm(alg)],
  ['the key type and the curve of its "alg"', isOfItsAlgorithm],
]

/** The numbers of a key, by its type. */
const findNumberFault = { RSA: findRsaFault, EC: findPointFault, OKP: findEd25519Fault } satisfies Record<
  SigningAlgorithm['keyType'],
  (jwk: Jwk) => string | undefined
>

/** Returns what the key would have to have, undefined if it meets all requirements. Contains nothing of the key. */
export function findKeyFault(jwk: Jwk): string | undefined {
  const unmet = requirements.find(([, isMet]) => !isMet(jwk))
  return unmet ? unmet[0] : findNumberFault[jwk['kty'] as SigningAlgorithm['keyType']](jwk)
}

function isForVerifying(operations: unknown): boolean {
  if (operations === undefined) return true
  if (!Array.isArray(operations) || new Set(operations).size !== operations.length) return false
  return operations.includes('verify') && operations.every((operation) => operation === 'verify' || operation === 'sign')
}

function isOfItsAlgorithm({ alg, kty, crv }: Jwk): boolean {
  if (!isSigningAlgorithm(alg)) return false
  const { keyType, curve }: SigningAlgorithm = signingAlgorithms[alg]
  return kty === keyType && (curve === undefined || crv === curve)
}

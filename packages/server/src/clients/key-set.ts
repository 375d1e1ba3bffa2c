// A set of keys that a client publishes (RFC 7517 §5), as far as its assertions can be signed with them. A key is imported when an assertion
// names it: the client chooses how many there are.
import { importVerificationKey, type VerificationKey } from '@countersign/guard'
import { isSigningAlgorithm } from '@countersign/protocol'
import { usualName } from '../keys/algorithm-names.ts'
import { hasPrivateMember, usualAlgorithm } from '../keys/read-public-key.ts'
import type { KeyCandidate } from './find-signer.ts'

const maxSetSize = 20

export type SetKey = Omit<KeyCandidate<unknown>, 'owner'>

/**
 * Keys that are not for signatures or that are private count as absent, and so do two with the same id and algorithm.
 * @param algorithm of RSA keys that name none
 * @returns undefined if it is no set, or one of too many keys
 */
export function readKeySet(document: unknown, algorithm: string | undefined): readonly SetKey[] | undefined {
  const members = typeof document === 'object' && document !== null ? (document as Record<string, unknown>)['keys'] : undefined
  if (!Array.isArray(members) || members.length > maxSetSize) return undefined
  const keys = members.flatMap((member) => readMember(member, algorithm))
  const names = keys.map(({ keyId, algorithm: name }) => JSON.stringify([keyId, name]))
  return keys.filter((_, index) => keys[index]!.keyId === undefined || names.indexOf(names[index]!) === names.lastIndexOf(names[index]!))
}

function readMember(member: unknown, algorithm: string | undefined): SetKey[] {
  if (typeof member !== 'object' || member === null) return []
  const jwk = member as Readonly<Record<string, unknown>>
  const { kid, kty, use } = jwk
  const alg = usualName(jwk['alg']) ?? (kty === 'RSA' ? algorithm : undefined) ?? usualAlgorithm(jwk)
  const isUsable = isSigningAlgorithm(alg) && (use === undefined || use === 'sig') && !hasPrivateMember(jwk)
  if (!isUsable || (kid !== undefined && typeof kid !== 'string')) return []
  let imported: VerificationKey | null | undefined
  return [
    {
      keyId: kid,
      algorithm: alg,
      load() {
        if (imported === undefined) imported = importVerificationKey({ ...jwk, alg, kid: kid ?? 'none' }) ?? null
        return imported ?? undefined
      },
    },
  ]
}

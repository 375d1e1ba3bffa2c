// Whether a key of a client may be removed: by the same evidence as the old secret of a rotation is ended (rotation-rules.ts).
import { ProblemError } from '../errors.ts'
import type { KeyRecord } from '../clients/client-keys.ts'
import { quietFrom, type RotationSettings } from './rotation-rules.ts'

interface Evidence {
  readonly id: string
  readonly firstUsedAt: number | null
  readonly expiresAt: number | null
}

/**
 * A key that was never used can be removed; another one when a different credential of the client has been used, and this one is out of
 * use for the quiet period and all tokens that it requested have expired.
 * @param others the other keys and the secrets of the client
 * @throws ProblemError `other-key-unproven`, `key-in-use`
 */
export function decideRemoval(key: KeyRecord, others: readonly Evidence[], settings: RotationSettings, now: number): void {
  if (key.lastUsedAt === null || (key.expiresAt !== null && key.expiresAt <= now)) return
  if (!others.some(({ firstUsedAt, expiresAt }) => firstUsedAt !== null && (expiresAt === null || expiresAt > now)))
    throw new ProblemError('other-key-unproven', {
      detail: 'No other key or secret of this client was used so far, so nothing shows that it could authenticate without this one.',
    })
  const removableAt = quietFrom(key, settings)
  if (removableAt <= now) return
  throw new ProblemError('key-in-use', {
    detail: `The key was used at ${toText(key.lastUsedAt)}; if it is not used again, it can be removed from ${toText(removableAt)} on.`,
  })
}

function toText(at: number): string {
  return new Date(at).toISOString()
}

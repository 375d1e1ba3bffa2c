// Describes the rotation of a client for operators and for the client itself.
import type { OperationOutput } from '@countersign/admin'
import { describeSecrets } from '../clients/describe-client.ts'
import { toInstant, toInstantOrNull } from '../api/instants.ts'
import type { SecretRecord } from '../cache/records.ts'
import { dueOf, dueOfWindow } from './due-secrets.ts'
import { latestEnd, quietFrom, readStanding, type RotationSettings } from './rotation-rules.ts'

export type RotationStatus = OperationOutput<'rotation.confirm'>

/** @param secrets newest first */
export function describeRotation(
  clientId: string,
  secrets: readonly SecretRecord[],
  settings: RotationSettings,
  now: number,
): RotationStatus {
  const standing = readStanding(secrets, now)
  const { state, current } = standing
  const remindAt = standing.state === 'issued' ? dueOfWindow(standing).remindAt : current ? dueOf(current, settings).remindAt : now // without a secret it is due now
  const due = { remindAt: toInstant(remindAt), isDue: remindAt <= now }
  if (standing.state === 'stable')
    return {
      client: clientId,
      state,
      secrets: describeSecrets(current ? [current] : []),
      startedAt: null,
      startedBy: null,
      windowEndsAt: null,
      maxWindowEndsAt: null,
      oldSecretLastUsedAt: null,
      confirmableAt: null,
      due,
    }
  const { old } = standing
  return {
    client: clientId,
    state,
    secrets: describeSecrets([standing.current, old]),
    startedAt: toInstant(standing.current.createdAt),
    startedBy: standing.current.startedBy,
    windowEndsAt: toInstantOrNull(old.expiresAt),
    maxWindowEndsAt: toInstant(latestEnd(standing, settings)),
    oldSecretLastUsedAt: toInstantOrNull(old.lastUsedAt),
    // Unknown before the first use of the new secret.
    confirmableAt: state === 'issued' ? null : toInstant(Math.max(standing.current.firstUsedAt ?? 0, quietFrom(old, settings))),
    due,
  }
}

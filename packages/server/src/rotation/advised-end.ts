// When it is advised to end the old secret of a rotation: later than it is allowed, where the secret was used less often than the quiet period
// is long. Only advice: what refuses a confirmation is in rotation-rules.ts.
import type { Kysely } from 'kysely'
import type { OperationOutput } from '@countersign/admin'
import { toInstantOrNull } from '../api/instants.ts'
import type { Realm } from '../realms/realm.ts'
import type { Schema } from '../store/schema.ts'
import { readUsualUses, type UsualUse } from '../usage/usual-use.ts'
import type { RotationStatus } from './describe-rotation.ts'
import { readRotation, type RotationContext } from './rotation-steps.ts'

type AdvisedRotation = OperationOutput<'rotation.get'>
type Advice = Pick<AdvisedRotation, 'oldSecretUsualGapSeconds' | 'endAdvisedAt'>

/** An instance that missed so many of its usual uses is not waited for. */
const gapsToWait = 3

/**
 * Milliseconds since the epoch.
 * @param confirmableFrom undefined where it cannot be confirmed
 */
export function advisedFrom(
  confirmableFrom: number | undefined,
  lastUsedAt: number | null,
  usual: UsualUse | undefined,
): number | undefined {
  if (confirmableFrom === undefined || lastUsedAt === null || !usual) return confirmableFrom
  return Math.max(confirmableFrom, lastUsedAt + Math.round(Math.max(gapsToWait * usual.gap, usual.longestPause)))
}

export function adviseOn(
  { confirmableAt, oldSecretLastUsedAt }: Pick<RotationStatus, 'confirmableAt' | 'oldSecretLastUsedAt'>,
  usual: UsualUse | undefined,
): Advice {
  const toMs = (at: string | null) => (at === null ? undefined : Date.parse(at))
  return {
    oldSecretUsualGapSeconds: usual ? Math.round(usual.gap / 1000) : null,
    endAdvisedAt: toInstantOrNull(advisedFrom(toMs(confirmableAt), toMs(oldSecretLastUsedAt) ?? null, usual) ?? null),
  }
}

/** @throws ProblemError `not-found` */
export async function readAdvisedRotation(
  db: Kysely<Schema>,
  context: RotationContext,
  realm: Realm,
  clientId: string,
  now: number,
): Promise<AdvisedRotation> {
  const status = await readRotation(db, context, realm, clientId, now)
  const [, old] = status.secrets
  const usual = old && (await readUsualUses(db, realm.name, [{ clientId, secretId: old.id }], now)).get(old.id)
  return { ...status, ...adviseOn(status, usual) }
}

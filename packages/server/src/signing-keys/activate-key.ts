// Makes a staged signing key the one that signs; the one before becomes retiring, in the same transaction.
import { toError } from '../errors.ts'
import type { Change } from '../change/apply-change.ts'
import { findActive, type KeyRow } from '../keys/key-rows.ts'
import { maySignFrom, retainedUntil, rulesOf } from '../keys/key-states.ts'
import { checkKey } from '../keys/signing-keys.ts'
import type { Realm } from '../realms/realm.ts'
import { formatDuration } from '../units.ts'
import { findKey, formatInstant, readRows, recordActivation, refuseStep, type SigningKeyContext } from './find-key.ts'

export interface ActivateOptions {
  /** Does not wait until verifiers have read the key, only until every node publishes it. */
  readonly emergency?: boolean
  readonly reason?: string | undefined
}

/**
 * Returns the id of the key that signed before; null if there was none.
 * @throws ProblemError `not-found`; `conflict` if the key is not staged, or may not sign yet
 */
export async function activateKey(
  change: Change,
  context: SigningKeyContext,
  realm: Realm,
  kid: string,
  { emergency = false, reason }: ActivateOptions = {},
): Promise<string | null> {
  const key = await findKey(change, realm, kid)
  if (key.state === 'active') refuseStep(`The signing key "${kid}" is active already.`, 'There is nothing to do: it signs.')
  if (key.state !== 'staged')
    refuseStep(
      `The signing key "${kid}" is ${key.state}; only a staged key can become active.`,
      'Activate the key in reserve, or stage one.',
    )
  refuseTooEarly(key, context, realm, change.now, emergency)
  const fault = findFault(context, key)
  if (fault !== undefined) refuseStep(`${fault} It cannot sign.`, 'Mark it as compromised; another one is staged then.')
  const active = findActive((await readRows(change, realm)).live, key.algorithm)
  if (active) await startRetiring(change, context, active)
  await startSigning(change, key)
  recordActivation(change, realm, key, active?.kid ?? null, emergency, reason)
  return active?.kid ?? null
}

function refuseTooEarly(key: KeyRow, { leaseMs }: SigningKeyContext, realm: Realm, now: number, emergency: boolean): void {
  const rules = rulesOf(realm, leaseMs)
  const allowedAt = maySignFrom(key, rules, emergency)
  if (now >= allowedAt) return
  const emergencyAt = maySignFrom(key, rules, true)
  const isForNodes = allowedAt === emergencyAt
  const why = isForNodes
    ? 'until then a server that has not read it yet may be serving, and would refuse its tokens'
    : `verifiers have until then to read it ("publishBefore" of the realm is ${formatDuration(realm.signingKeys.publishBefore)})`
  const sooner = emergencyAt <= now ? 'now' : `from ${formatInstant(emergencyAt)} on`
  refuseStep(
    `The signing key "${key.kid}" may sign from ${formatInstant(allowedAt)} on: ${why}.`,
    isForNodes
      ? 'Wait until then; an emergency does not change it.'
      : `In an emergency it may sign ${sooner}; verifiers that have not read it refuse its tokens until they do.`,
  )
}

/** Why a key must not be used: with a damaged one a realm would have no tokens. */
export function findFault({ ring }: SigningKeyContext, key: KeyRow): string | undefined {
  try {
    checkKey(key, ring)
    return undefined
  } catch (error) {
    return toError(error).message
  }
}

export async function startSigning({ db, now }: Change, { kid }: KeyRow): Promise<void> {
  await db
    .updateTable('signing_keys')
    .set({ state: 'active', activated_at: now, state_at: now })
    .where('kid', '=', kid)
    .executeTakeFirstOrThrow()
}

/** The key signs nothing from now on, and is published until the last of its tokens has ended. Returns that instant. */
export async function startRetiring({ db, now }: Change, { leaseMs }: SigningKeyContext, key: KeyRow): Promise<number> {
  const retainUntil = retainedUntil(key, leaseMs, now)
  await db
    .updateTable('signing_keys')
    .set({ state: 'retiring', retain_until: retainUntil, state_at: now })
    .where('kid', '=', key.kid)
    .executeTakeFirstOrThrow()
  return retainUntil
}

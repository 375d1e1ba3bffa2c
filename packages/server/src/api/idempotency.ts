// A write that is repeated with the same Idempotency-Key happens once: its answer is kept beside the change it tells of, in
// the same transaction, without any secret, and given again. Keys belong to the operator who sent them.
import { hash } from 'node:crypto'
import type { Kysely } from 'kysely'
import { ProblemError } from '../errors.ts'
import type { Change } from '../change/apply-change.ts'
import type { Schema } from '../store/schema.ts'

export interface IdempotencyKey {
  readonly actor: string
  readonly key: string
  readonly requestDigest: string
}

/** Thrown inside the transaction when another one with the same key was faster. */
class KeyTakenError extends Error {
  override name = 'KeyTakenError'
}

/** How long an answer is kept. Milliseconds. */
export const answersKeptMs = 24 * 3_600_000

/** @throws ProblemError `invalid-request` */
export function parseIdempotencyKey(header: string | string[] | undefined, actor: string, request: unknown): IdempotencyKey | undefined {
  if (header === undefined) return undefined
  if (typeof header !== 'string' || !/^[\x21-\x7e]{1,128}$/.test(header))
    throw new ProblemError('invalid-request', {
      detail: 'The header Idempotency-Key is not 1 to 128 visible ASCII characters.',
      remedy: 'Send a fresh UUID for each thing that is to be done once.',
    })
  return { actor, key: header, requestDigest: hash('sha256', JSON.stringify(request), 'base64url') }
}

/** @throws ProblemError `idempotency-key-reused` */
async function findAnswer(db: Kysely<Schema>, { actor, key, requestDigest }: IdempotencyKey): Promise<unknown> {
  const row = await db
    .selectFrom('idempotency_keys')
    .select(['request_digest', 'answer'])
    .where('actor', '=', actor)
    .where('key', '=', key)
    .executeTakeFirst()
  if (!row) return undefined
  if (row.request_digest !== requestDigest) throw new ProblemError('idempotency-key-reused')
  return JSON.parse(row.answer)
}

/**
 * Makes a change, or answers as it was answered before where the key is known.
 * @param apply runs what it is given inside the transaction of the change
 * @param work the change itself
 * @param withoutSecret what of the answer is kept
 */
export async function answerOnce<Answer extends Readonly<Record<string, unknown>>>(
  db: Kysely<Schema>,
  key: IdempotencyKey | undefined,
  apply: (work: (change: Change) => Promise<Answer>) => Promise<Answer>,
  work: (change: Change) => Promise<Answer>,
  withoutSecret: (answer: Answer) => Readonly<Record<string, unknown>>,
): Promise<Answer> {
  if (!key) return apply(work)
  const known = await findAnswer(db, key)
  if (known) return known as Answer
  try {
    return await apply(async (change) => {
      // Changes are made one after the other: one with the same key may have been made while this one waited.
      if (await findAnswer(change.db, key)) throw new KeyTakenError()
      const answer = await work(change)
      await keepAnswer(change, key, withoutSecret(answer))
      return answer
    })
  } catch (error) {
    if (error instanceof KeyTakenError) return (await findAnswer(db, key)) as Answer
    throw error
  }
}

/** @throws KeyTakenError */
async function keepAnswer(
  { db, now }: Change,
  { actor, key, requestDigest }: IdempotencyKey,
  answer: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('idempotency_keys')
    .values({ actor, key, request_digest: requestDigest, answer: JSON.stringify(answer), created_at: now })
    .onConflict((conflict) => conflict.columns(['actor', 'key']).doNothing())
    .executeTakeFirstOrThrow()
  if (numInsertedOrUpdatedRows === 0n) throw new KeyTakenError()
}

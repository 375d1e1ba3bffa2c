// Makes writes idempotent by Idempotency-Key: the response is stored without any secret in the transaction of the change, and
// returned for every retry. Keys are scoped to the operator or client that sent them.
import { hash } from 'node:crypto'
import type { Kysely } from 'kysely'
import { ProblemError } from '../errors.ts'
import { AbandonedChange, unlessAbandoned } from '../change/abandon-change.ts'
import type { Change } from '../change/apply-change.ts'
import type { Schema } from '../store/schema.ts'

export interface IdempotencyKey {
  readonly actor: string
  readonly key: string
  readonly requestDigest: string
}

/** How long a response is kept. Milliseconds. */
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
 * Applies a change, or returns the stored response if the key is known.
 * @param apply runs its argument inside the transaction of the change
 * @param work the change itself
 * @param withoutSecret returns the part of the response that is stored
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
  const attempt = apply(async (change) => {
    // Changes are serialized: one with the same key may have been committed while this one waited.
    if (await findAnswer(change.db, key)) throw new AbandonedChange()
    const answer = await work(change)
    await keepAnswer(change, key, withoutSecret(answer))
    return answer
  })
  return unlessAbandoned(attempt, async () => (await findAnswer(db, key)) as Answer)
}

/** @throws AbandonedChange if the key was used in the meantime */
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
  if (numInsertedOrUpdatedRows === 0n) throw new AbandonedChange()
}

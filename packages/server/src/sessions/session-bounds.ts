// How many sessions there are at once, and how far ahead their dates may be. What is beyond ends with the next sign-in.
import type { Kysely } from 'kysely'
import { oneOf } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'

/** Of one person, or of one secret of a client, at one mount. */
const maxSessions = 20
/** A client has two secrets while one replaces the other. */
export const maxListed = 2 * maxSessions
/** Clocks of nodes differ by less: what is dated further ahead was dated by a wrong clock, and counts for nothing. Milliseconds. */
export const maxAheadMs = 300_000

/** Whose session it is. */
export type SessionOwner =
  | { readonly column: 'client'; readonly id: string; readonly credential: string }
  | { readonly column: 'person'; readonly id: string }

export interface BegunSession {
  readonly owner: SessionOwner
  readonly id: string
  readonly signedInAt: number
}

/**
 * Ends those that a wrong clock has dated far ahead, those of a secret that is gone, and the oldest if there are too many. Never the new one,
 * whatever the dates of the others; and by one secret of a client none of the other, so that a thief of the old one, who signs in again and again,
 * does not keep those out who have the new one.
 */
export async function endOthers(
  db: Kysely<Schema>,
  mount: Schema['sessions']['mount'],
  { owner, id, signedInAt }: BegunSession,
): Promise<void> {
  await db
    .deleteFrom('sessions')
    .where(owner.column, '=', owner.id)
    .where('mount', '=', mount)
    .where('signed_in_at', '>', signedInAt + maxAheadMs)
    .execute()
  let others = db.selectFrom('sessions').select('id').where(owner.column, '=', owner.id).where('mount', '=', mount).where('id', '!=', id)
  if (owner.column === 'client') {
    await endOfGoneSecrets(db, owner.id)
    others = others.where('credential', '=', owner.credential)
  }
  const surplus = await others
    .orderBy('signed_in_at', 'desc')
    .orderBy('id')
    .offset(maxSessions - 1)
    .limit(1000)
    .execute()
  if (surplus.length === 0) return
  const ids = surplus.map((one) => one.id)
  await db.deleteFrom('sessions').where('id', 'in', oneOf(db, ids)).execute()
}

/** They count for nothing. */
async function endOfGoneSecrets(db: Kysely<Schema>, client: string): Promise<void> {
  await db
    .deleteFrom('sessions')
    .where('client', '=', client)
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('credentials').select('credentials.id').whereRef('credentials.id', '=', 'sessions.credential'))),
    )
    .execute()
}

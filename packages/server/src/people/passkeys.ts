// The passkeys of people, as rows: public keys, with the counters that authenticators have told.
import type { Kysely } from 'kysely'
import type { Change } from '../change/apply-change.ts'
import { ProblemError } from '../errors.ts'
import { parseTexts } from '../store/damage.ts'
import type { Schema } from '../store/schema.ts'
import type { NewPasskey } from './relying-party.ts'

export interface Passkey extends NewPasskey {
  readonly name: string
  readonly createdAt: number
  readonly lastUsedAt: number | null
}

const maxPasskeys = 10

/** @throws ProblemError `conflict` if the person has too many, or the passkey is registered already */
export async function addPasskey(
  { db, now }: Pick<Change, 'db' | 'now'>,
  person: string,
  { id, publicKey, counter, transports }: NewPasskey,
  name: string,
): Promise<void> {
  const present = await db.selectFrom('passkeys').select(['id', 'person']).where('person', '=', person).execute()
  if (present.length >= maxPasskeys)
    throw new ProblemError('conflict', {
      detail: `There are ${maxPasskeys} passkeys already, which is as many as a person can have.`,
      remedy: 'Remove one that is not used any more.',
    })
  const known = await db.selectFrom('passkeys').select('id').where('id', '=', id).executeTakeFirst()
  if (known) throw new ProblemError('conflict', { detail: 'This passkey is registered already.', remedy: 'Make another one.' })
  const key = Buffer.from(publicKey)
  await db
    .insertInto('passkeys')
    .values({ id, person, name, public_key: key, counter, transports: JSON.stringify(transports), created_at: now })
    .execute()
}

/** Oldest first. */
export async function listPasskeys(db: Kysely<Schema>, person: string): Promise<Passkey[]> {
  const rows = await db.selectFrom('passkeys').selectAll().where('person', '=', person).orderBy('created_at').orderBy('id').execute()
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    publicKey: row.public_key,
    counter: row.counter,
    transports: parseTexts(row.transports) ?? [],
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
  }))
}

/** @throws ProblemError `not-found`, or `conflict` for the only one */
export async function removePasskey({ db }: Pick<Change, 'db'>, person: string, id: string): Promise<void> {
  const present = await db.selectFrom('passkeys').select('id').where('person', '=', person).execute()
  if (!present.some((one) => one.id === id))
    throw new ProblemError('not-found', { detail: 'There is no such passkey of yours.', remedy: 'List your passkeys to see their ids.' })
  if (present.length === 1)
    throw new ProblemError('conflict', {
      detail: 'This is your only passkey; without one you could not sign in any more.',
      remedy: 'Add another one first.',
    })
  await db.deleteFrom('passkeys').where('id', '=', id).execute()
}

/**
 * A counter that is not higher than before is that of a copy of the authenticator; those without a counter always tell 0 (WebAuthn §6.1.1).
 * @returns false if it went back, or the passkey was removed meanwhile
 */
export async function usePasskey({ db, now }: Pick<Change, 'db' | 'now'>, id: string, counter: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('passkeys')
    .set({ counter, last_used_at: now })
    .where('id', '=', id)
    .where((where) => where.or([where('counter', '<', counter), where.and([where('counter', '=', 0), where.val(counter === 0)])]))
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

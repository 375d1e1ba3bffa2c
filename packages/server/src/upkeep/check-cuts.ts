// The check of all cuts at the start of a server: those that lie in the future were made by a clock that was ahead. What it and tokens
// found is checked again by maintenance, because a cut may be lowered, or its client deleted, without another token.
import type { Kysely } from 'kysely'
import type { Clock } from '../clock.ts'
import type { Schema } from '../store/schema.ts'
import type { Cut, FutureCutAlarm } from '../token/future-cuts.ts'

/** More of one kind are not logged one by one; each is at its next token. */
const maxReported = 20

/** @throws any error of the store */
export async function checkCuts(db: Kysely<Schema>, alarm: FutureCutAlarm, clock: Clock): Promise<void> {
  const now = Math.floor(clock() / 1000)
  const organizations = await db
    .selectFrom('organizations')
    .select(['realm', 'slug', 'tokens_not_before'])
    .where('tokens_not_before', '>', now)
    .limit(maxReported)
    .execute()
  const clients = await db
    .selectFrom('clients')
    .select(['realm', 'client_id', 'tokens_not_before'])
    .where('tokens_not_before', '>', now)
    .limit(maxReported)
    .execute()
  for (const { realm, slug, tokens_not_before: tokensNotBefore } of organizations)
    alarm.check({ of: 'organization', realm, name: slug, tokensNotBefore })
  for (const { realm, client_id, tokens_not_before: tokensNotBefore } of clients)
    alarm.check({ of: 'client', realm, name: client_id, tokensNotBefore })
}

/** @throws any error of the store */
export async function checkKnownCuts(db: Kysely<Schema>, alarm: FutureCutAlarm): Promise<void> {
  for (const cut of alarm.stored()) alarm.check({ ...cut, tokensNotBefore: (await readCut(db, cut)) ?? 0 })
}

async function readCut(db: Kysely<Schema>, { of, realm, name }: Cut): Promise<number | undefined> {
  const query =
    of === 'client'
      ? db.selectFrom('clients').select('tokens_not_before').where('client_id', '=', name).where('realm', '=', realm)
      : db.selectFrom('organizations').select('tokens_not_before').where('slug', '=', name).where('realm', '=', realm)
  return (await query.executeTakeFirst())?.tokens_not_before
}

// The check of all cuts at the start of a server: those that lie in the future were made by a clock that was ahead.
import type { Kysely } from 'kysely'
import type { Clock } from '../clock.ts'
import type { Schema } from '../store/schema.ts'
import type { FutureCutAlarm } from '../token/future-cuts.ts'

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

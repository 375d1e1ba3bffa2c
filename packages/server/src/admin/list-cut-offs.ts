// What will cut off clients and organizations, soonest first: credentials that end without another one that was used and outlives them, old
// secrets in use whose window ends, and versions of the Data Processing Agreement that become required and are not accepted. Clients that
// are disabled or have no service account, and organizations that are suspended, are cut off already.
import { setImmediate as otherRequests } from 'node:timers/promises'
import { sql, type Kysely } from 'kysely'
import { shellWord, type OperationOutput } from '@countersign/admin'
import { publicKeyKind } from '@countersign/protocol'
import { toInstant } from '../api/instants.ts'
import { readCursor, writeCursor, type PageRequest } from '../api/page.ts'
import { quietMarginSeconds } from '../realms/realm-settings.ts'
import type { Realm } from '../realms/realm.ts'
import { isPostgres } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'
import { readUsedFrom } from '../usage/list-credential-uses.ts'
import { listUnaccepted } from './list-unaccepted.ts'

export type CutOff = OperationOutput<'organizations.due'>['items'][number]

/** A cut-off at its place in the list. */
export interface PlacedCutOff {
  readonly at: number
  readonly id: string
  readonly cutOff: CutOff
}

const order = { by: 'at', holds: 'number' } as const
const shownPairs = 5

export async function listCutOffs(
  db: Kysely<Schema>,
  realm: Realm,
  now: number,
  { limit, after }: PageRequest,
): Promise<OperationOutput<'organizations.due'>> {
  const place = after === undefined ? { at: now, id: '' } : readPlace(after)
  const both = await Promise.all([listEnding(db, realm, now, place, limit + 1), listUnaccepted(db, realm, now, place, limit + 1)])
  const found = both.flat().toSorted((one, other) => one.at - other.at || (one.id < other.id ? -1 : 1))
  const last = found[limit - 1]
  return {
    items: found.slice(0, limit).map(({ cutOff }) => cutOff),
    next: found.length > limit && last ? writeCursor(order, last.at, last.id) : null,
  }
}

function readPlace(after: string) {
  const { value, id } = readCursor(after, order)
  return { at: value as number, id }
}

type Place = Pick<PlacedCutOff, 'at' | 'id'>

/** Credentials with an expiry whose client gets no tokens afterwards, as far as is known. */
export async function listEnding(db: Kysely<Schema>, realm: Realm, now: number, place: Place, limit: number): Promise<PlacedCutOff[]> {
  const rows: EndingRow[] = []
  for (let start = place; ;) {
    const end = isPostgres(db) ? undefined : await findEnd(db, start)
    rows.push(
      ...(await selectEnding(db, realm, now, { start, end })
        .limit(limit - rows.length)
        .execute()),
    )
    if (!end || rows.length === limit) break
    start = end
    await otherRequests()
  }
  return Promise.all(
    rows.map(async (row) => {
      const at = row.expires_at ?? now
      return {
        at,
        id: row.id,
        cutOff: { ...describeEnding(realm, row), at: toInstant(at), usedFrom: await readUsedFrom(db, row.id, shownPairs) },
      }
    }),
  )
}

/** Credentials that SQLite looks at without answering other requests: most of them may have another one that takes their place. */
const rowsPerPart = 2000

/** The last credential of a part; undefined if all the rest is one. */
async function findEnd(db: Kysely<Schema>, start: Place): Promise<Place | undefined> {
  const row = await db
    .selectFrom('credentials')
    .select(['expires_at', 'id'])
    .where('expires_at', '>=', start.at) // For the index, which has no credentials without an expiry.
    .where(sql<boolean>`(expires_at, id) > (${start.at}, ${start.id})`)
    .orderBy('expires_at')
    .orderBy('id')
    .offset(rowsPerPart - 1)
    .limit(1)
    .executeTakeFirst()
  return row && { at: Number(row.expires_at), id: row.id }
}

type EndingRow = Awaited<ReturnType<ReturnType<typeof selectEnding>['execute']>>[number]

function selectEnding(
  db: Kysely<Schema>,
  realm: Realm,
  now: number,
  { start, end }: { readonly start: Place; readonly end: Place | undefined },
) {
  const { secretRotation, accessTokenLifetime } = realm
  const lifetime = sql`coalesce(clients.access_token_lifetime, ${sql.lit(accessTokenLifetime)}) + ${sql.lit(quietMarginSeconds)}`
  const quiet = sql`(case when ${lifetime} > ${sql.lit(secretRotation.quietPeriod)} then ${lifetime} else ${sql.lit(secretRotation.quietPeriod)} end)`
  const isInUse = sql<number>`case when ending.last_used_at + 1000 * ${quiet} > ${now} or ending.tokens_end_at + ${sql.lit(quietMarginSeconds * 1000)} > ${now} then 1 else 0 end`
  const outliving = (db: Pick<Kysely<Schema>, 'selectFrom'>) =>
    db
      .selectFrom('credentials as other')
      .select('other.id')
      .whereRef('other.client', '=', 'ending.client' as 'other.client')
      .whereRef('other.id', '<>', 'ending.id' as 'other.id')
      .where(sql<boolean>`(other.expires_at is null or other.expires_at > ending.expires_at)`)
  const isReplaced = sql<number>`case when exists ${outliving(db).where(sql<boolean>`other.kind = ending.kind and other.created_at > ending.created_at`)} then 1 else 0 end`
  const ending = db
    .selectFrom('credentials as ending')
    .innerJoin('clients', 'clients.id', 'ending.client')
    .innerJoin('organizations', 'organizations.id', 'clients.organization_id')
    .select(['ending.id', 'ending.kind', 'ending.last_four', 'ending.expires_at', 'ending.created_at', 'ending.last_used_at'])
    .select(['clients.client_id', 'organizations.slug', isInUse.as('is_in_use'), isReplaced.as('is_replaced')])
    // `|| ''` keeps SQLite from starting with all clients of the realm.
    .where(sql<string>`clients.realm || ''`, '=', realm.name)
    .where('clients.enabled', '=', 1)
    .where('clients.service_account_enabled', '=', 1)
    .where('organizations.status', '=', 'active')
    .where('ending.expires_at', '>=', Math.max(now + 1, start.at))
    .where(sql<boolean>`(ending.expires_at, ending.id) > (${start.at}, ${start.id})`)
    .where(
      sql<boolean>`(not exists ${outliving(db).where('other.first_used_at', 'is not', null)} or (ending.kind = 'client_secret' and ${isReplaced} = 1 and ${isInUse} = 1))`,
    )
    .orderBy('ending.expires_at')
    .orderBy('ending.id')
  return end ? ending.where(sql<boolean>`(ending.expires_at, ending.id) <= (${end.at}, ${end.id})`) : ending
}

interface Ending {
  readonly kind: string
  readonly last_four: string
  readonly last_used_at: number | null
  readonly client_id: string
  readonly slug: string
  readonly is_in_use: number
  readonly is_replaced: number
}

function describeEnding(realm: Realm, row: Ending): Omit<CutOff, 'at' | 'usedFrom'> {
  const { client_id: client, slug: organization, last_four: lastFour, last_used_at: lastUsedAt } = row
  const used = lastUsedAt === null ? 'it was never used' : `its last use was at ${toInstant(lastUsedAt)}`
  const which = `${shellWord(client)} --realm ${realm.name}`
  if (row.kind === publicKeyKind)
    return {
      reason: 'key-expires',
      organization,
      client,
      evidence: `The public key expires, no other credential of the client that outlives it was used; ${used}.`,
      command: `countersign client key list ${which}`,
    }
  if (row.is_replaced === 0)
    return {
      reason: 'secret-expires',
      organization,
      client,
      evidence: `The secret …${lastFour} expires, no other credential of the client that outlives it was used; ${used}.`,
      command: `countersign secret rotate ${which}`,
    }
  return {
    reason: 'window-ends',
    organization,
    client,
    evidence:
      row.is_in_use === 1
        ? `The window of the rotation ends while the old secret …${lastFour} is in use; ${used}.`
        : `The window of the rotation ends, and the new secret was never used; of the old one, …${lastFour}, ${used}.`,
    command: `countersign secret extend ${which} --window 7d`,
  }
}

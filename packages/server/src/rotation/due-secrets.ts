// Finds the secrets that need attention: those that are old by the settings of their realm, those that expire soon, and old ones whose
// window ends soon while the new one is unused, because that client would get no tokens afterwards. Otherwise only the newest secret of a
// client counts; the old one of a rotation ends anyway. The list for operators has every rotation that ends within the notice of an expiry.
import { sql, type Expression, type Kysely } from 'kysely'
import type { OperationOutput } from '@countersign/admin'
import { describeSecrets } from '../clients/describe-client.ts'
import { toInstant } from '../api/instants.ts'
import { readPage, type PageRequest } from '../api/page.ts'
import type { Realm } from '../realms/realm.ts'
import { toSecret } from '../cache/read-secrets.ts'
import type { SecretRecord } from '../cache/records.ts'
import { namedNumbers } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'
import { countUsedFrom, readUsedFrom } from '../usage/list-credential-uses.ts'
import { quietFrom, settingsFor, type RotationSettings, type Standing } from './rotation-rules.ts'

/** A secret with an expiry is due this long before it. Milliseconds. */
const expiryNoticeMs = 14 * 86_400_000

/** An unproven rotation is due this long before its window ends: a day, or a fifth of a short window. Milliseconds. */
const windowNoticeMs = 86_400_000
const partOfWindow = 5

/** Addresses and programs in the list for operators, of each secret. */
const shownPairs = 5

export interface Due {
  readonly reason: 'age' | 'expires' | 'window'
  readonly remindAt: number
  /** When the secret becomes old or expires. */
  readonly dueAt: number
}

/** The earlier of the two. */
export function dueOf({ createdAt, expiresAt }: SecretRecord, { remindAfter }: RotationSettings): Due {
  const oldAt = createdAt + remindAfter * 1000
  const endsSoonAt = Math.max(createdAt, (expiresAt ?? Infinity) - expiryNoticeMs)
  if (expiresAt === null || oldAt < endsSoonAt) return { reason: 'age', remindAt: oldAt, dueAt: oldAt }
  return { reason: 'expires', remindAt: endsSoonAt, dueAt: expiresAt }
}

/** For a rotation whose new secret is unused: when its window ends, and when to warn of that. */
export function dueOfWindow({ current, old }: Exclude<Standing, { state: 'stable' }>): Due {
  const dueAt = old.expiresAt ?? Infinity
  const before = Math.min(windowNoticeMs, Math.floor((dueAt - current.createdAt) / partOfWindow))
  return { reason: 'window', remindAt: dueAt - before, dueAt }
}

/** The old secrets of rotations whose window ends until then, with their clients, which may be of any realm. */
function selectWindows(db: Kysely<Schema>, now: number, until: number) {
  return db
    .selectFrom('credentials as old')
    .innerJoin('credentials as newer', 'newer.client', 'old.client')
    .innerJoin('clients', 'clients.id', 'old.client')
    .selectAll('old')
    .select(['clients.client_id', 'clients.organization_id', 'clients.realm'])
    .where('old.kind', '=', 'client_secret')
    .whereRef('newer.kind', '=', 'old.kind')
    .where('old.expires_at', '>', now)
    .where('old.expires_at', '<=', until)
    .whereRef('newer.created_at', '>', 'old.created_at')
}

/** The old secrets of rotations that are due by {@link dueOfWindow}, with their clients, which may be of any realm. */
export function selectDueWindows(db: Kysely<Schema>, now: number) {
  const part = sql<number>`(old.expires_at - newer.created_at) / ${sql.lit(partOfWindow)}`
  const remindAt = sql<number>`(old.expires_at - case when ${part} < ${sql.lit(windowNoticeMs)} then ${part} else ${sql.lit(windowNoticeMs)} end)`
  const query = selectWindows(db, now, now + windowNoticeMs)
    .where('newer.first_used_at', 'is', null)
    .where(remindAt, '<=', now)
  return {
    query,
    /** Secrets without a reminder since they became due; the end of an extended window gets a new reminder. */
    unreminded: query.where((where) => where.or([where('old.reminded_at', 'is', null), where('old.reminded_at', '<', remindAt)])),
  }
}

/**
 * The secrets that are due and have not expired, with their clients, which may be of any realm.
 * @param oldBefore secrets from before this instant are old by the settings of their realm
 */
function selectDueSecrets(db: Pick<Kysely<Schema>, 'selectFrom'>, oldBefore: number | Expression<number>, now: number) {
  return (
    db
      .selectFrom('credentials')
      .innerJoin('clients', 'clients.id', 'credentials.client')
      .selectAll('credentials')
      .select(['clients.client_id', 'clients.organization_id'])
      .where('credentials.kind', '=', 'client_secret')
      .where((where) =>
        where.or([where('credentials.created_at', '<=', oldBefore), where('credentials.expires_at', '<=', now + expiryNoticeMs)]),
      )
      .where((where) => where.or([where('credentials.expires_at', 'is', null), where('credentials.expires_at', '>', now)]))
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('credentials as newer')
              .select('newer.id')
              .whereRef('newer.client', '=', 'credentials.client')
              .whereRef('newer.kind', '=', 'credentials.kind')
              .whereRef('newer.created_at', '>', 'credentials.created_at'),
          ),
        ),
      )
      // While the new secret is unused, the old one counts.
      .where(({ or, not, exists, selectFrom }) =>
        or([
          sql<boolean>`credentials.first_used_at is not null`,
          not(
            exists(
              selectFrom('credentials as older')
                .select('older.id')
                .whereRef('older.client', '=', 'credentials.client')
                .whereRef('older.kind', '=', 'credentials.kind')
                .whereRef('older.created_at', '<', 'credentials.created_at')
                .where('older.expires_at', '>', now),
            ),
          ),
        ]),
      )
  )
}

/** The due secrets of all these realms that have no reminder yet, in one statement: each by the settings of its realm. */
export function selectUnreminded(db: Kysely<Schema>, realms: readonly Realm[], now: number) {
  const settings = Object.fromEntries(realms.map((realm) => [realm.name, now - realm.secretRotation.remindAfter * 1000]))
  const latest = Object.values(settings).reduce((one, other) => Math.max(one, other), 0)
  return (
    selectDueSecrets(
      // Materialized: it is looked up by an index of its own, and not read for each secret.
      db.with(
        (cte) => cte('realm_settings').materialized(),
        () => namedNumbers(db, settings),
      ),
      sql.ref('of_realm.value'),
      now,
    )
      // `|| ''` keeps SQLite from starting with all clients of a realm, of which possibly none is due.
      .innerJoin(sql<{ name: string }>`realm_settings`.as('of_realm'), (join) =>
        join.on('of_realm.name', '=', sql<string>`clients.realm || ''`),
      )
      .select('clients.realm')
      .where('credentials.id', 'in', selectCandidates(db, latest, now))
  )
}

/** The ids of secrets that can be due and have no reminder yet; found by two indices, independent of the number of other rows. */
function selectCandidates(db: Kysely<Schema>, oldBefore: number, now: number) {
  const unreminded = db.selectFrom('credentials').select('id').where('kind', '=', 'client_secret').where('reminded_at', 'is', null)
  return unreminded.where('created_at', '<=', oldBefore).unionAll(unreminded.where('expires_at', '<=', now + expiryNoticeMs))
}

/** The soonest first. A client appears at most once. */
const dueOrder = { by: 'dueAt', column: 'due_at', holds: 'number', id: 'client_id' } as const

/** As {@link dueOf}, for the database. */
function dueAtOf({ secretRotation: { remindAfter } }: Realm) {
  const oldAt = sql`(due.created_at + ${sql.lit(remindAfter * 1000)})`
  const noticeAt = sql`(due.expires_at - ${sql.lit(expiryNoticeMs)})`
  const isAge = sql`due.expires_at is null or (due.is_old = 0 and ${oldAt} < ${noticeAt})`
  return sql<number>`case when ${isAge} then ${oldAt} else due.expires_at end`
}

/** One page of due secrets, the soonest first. */
export async function listDueSecrets(
  db: Kysely<Schema>,
  realm: Realm,
  now: number,
  page: PageRequest,
): Promise<OperationOutput<'secrets.due'>> {
  const secrets = selectDueSecrets(db, now - realm.secretRotation.remindAfter * 1000, now)
    .select(['clients.realm', sql<number>`0`.as('is_old'), sql<number>`0`.as('is_proven')])
    .where('clients.realm', '=', realm.name)
  const windows = selectWindows(db, now, now + expiryNoticeMs)
    .select([sql<number>`1`.as('is_old'), sql<number>`case when newer.first_used_at is null then 0 else 1 end`.as('is_proven')])
    // Otherwise the new secret is in the list.
    .where(({ or, and, eb }) =>
      or([
        eb('newer.first_used_at', 'is', null),
        and([
          eb('newer.created_at', '>', now - realm.secretRotation.remindAfter * 1000),
          or([eb('newer.expires_at', 'is', null), eb('newer.expires_at', '>', now + expiryNoticeMs)]),
        ]),
      ]),
    )
    .where('clients.realm', '=', realm.name)
  const both = db
    .selectFrom(secrets.as('secrets'))
    .selectAll()
    .unionAll(db.selectFrom(windows.as('windows')).selectAll())
  const due = db
    .selectFrom(both.as('due'))
    .innerJoin('organizations', 'organizations.id', 'due.organization_id')
    .selectAll('due')
    .select(['organizations.slug', dueAtOf(realm).as('due_at')])
  const { rows, next } = await readPage(db.selectFrom(due.as('placed')).selectAll(), dueOrder, page)
  const settings = settingsFor(realm, null)
  const describe = async (row: (typeof rows)[number]) => {
    const secret = toSecret(row)
    const isOld = row.is_old === 1
    const { reason, dueAt } = isOld
      ? { reason: row.is_proven === 1 ? ('rotation' as const) : ('window' as const), dueAt: row.expires_at ?? now }
      : dueOf(secret, realm.secretRotation)
    const described = { ...describeSecrets([secret])[0]!, ...(isOld && { state: 'old' as const }) }
    const inUse = quietFrom(secret, settings) > now
    const usedFrom = await readUsedFrom(db, secret.id, shownPairs)
    const usedFromTotal = usedFrom.length < shownPairs ? usedFrom.length : await countUsedFrom(db, secret.id)
    const { client_id: client, slug: organization } = row
    return { client, organization, secret: described, reason, dueAt: toInstant(dueAt), inUse, usedFrom, usedFromTotal }
  }
  return { items: await Promise.all(rows.map(describe)), next }
}

// What the suspension of an organization would stop: who used what of late, from where, and what is still valid. Reads only.
import { sql, type Kysely } from 'kysely'
import type { OperationOutput } from '@countersign/admin'
import { maxListed } from '@countersign/protocol'
import { toInstant, toInstantOrNull } from '../api/instants.ts'
import { countRows } from '../cache/read-organization.ts'
import { readPartnersPage } from '../organizations/partners.ts'
import type { Realm } from '../realms/realm.ts'
import { readKeptUses } from '../standing/client-standing.ts'
import type { Schema } from '../store/schema.ts'
import { describeFrom } from '../usage/list-credential-uses.ts'
import { sumOfCounts, usageParts } from '../usage/sum-usage.ts'
import { dayMs, hourMs, startOf } from '../usage/usage-steps.ts'
import { readDependentGuards } from './dependent-guards.ts'

type Impact = OperationOutput<'organizations.impact'>
type Recent = Impact['tokens']

const shownRoutes = 20
const shownPairs = 20
const none: Recent = { lastHour: 0, lastDay: 0 }

/** @param id of an organization that exists */
export async function describeImpact(db: Kysely<Schema>, realm: Realm, id: string, now: number): Promise<Impact> {
  const organization = await db
    .selectFrom('organizations')
    .select(['id', 'slug', 'name', 'status'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  const since = { lastHour: startOf('hour', now) - hourMs, lastDay: startOf('hour', now) - dayMs }
  const count = (column: 'what' | 'subject' | 'client_id') => countRecent(db, realm.name, id, since, column)
  const [totals, routes, byClient] = [await count('what'), await count('subject'), await count('client_id')]
  const last = await db
    .selectFrom('credentials')
    .innerJoin('clients', 'clients.id', 'credentials.client')
    .select(({ fn }) => [fn.max('credentials.last_used_at').as('used_at'), fn.max('credentials.tokens_end_at').as('tokens_end_at')])
    .where('clients.organization_id', '=', id)
    .executeTakeFirstOrThrow()
  const clients = await readClients(db, id)
  const usedAt = (client: (typeof clients)[number]) => Math.max(client.used_at ?? 0, client.kept_at ?? 0) || null
  const lastUsedAt = Math.max(last.used_at ?? 0, ...clients.map((client) => usedAt(client) ?? 0)) || null
  return {
    realm: realm.name,
    organization,
    since: { lastHour: toInstant(since.lastHour), lastDay: toInstant(since.lastDay) },
    tokens: totals.get('token token') ?? none,
    calls: totals.get('call call') ?? none,
    routes: [...routes]
      .flatMap(([key, recent]) => (key.startsWith('call ') ? [{ route: key.slice(5) || 'others', ...recent }] : []))
      .toSorted((one, other) => other.lastDay - one.lastDay)
      .slice(0, shownRoutes),
    lastUsedAt: toInstantOrNull(lastUsedAt),
    tokensEndAt: toInstantOrNull(last.tokens_end_at !== null && last.tokens_end_at > now ? last.tokens_end_at : null),
    guards: await readDependentGuards(db, realm.name, id),
    clients: clients.map((row) => ({
      client: row.client_id,
      enabled: row.enabled === 1 && row.service_account_enabled === 1,
      tokens: byClient.get(`token ${row.client_id}`) ?? none,
      calls: byClient.get(`call ${row.client_id}`) ?? none,
      lastUsedAt: toInstantOrNull(usedAt(row)),
    })),
    clientsTotal: await countRows(db, 'clients', id),
    usedFrom: await readUsedFrom(db, realm.name, id, now - dayMs),
    partners: {
      total: await countRows(db, 'partner_authorizations', id),
      list: (await readPartnersPage(db, id, { limit: maxListed })).items,
    },
  }
}

/** What was issued and allowed, by `what` and the column. */
async function countRecent(
  db: Kysely<Schema>,
  realm: string,
  id: string,
  since: { readonly lastHour: number; readonly lastDay: number },
  column: 'what' | 'subject' | 'client_id',
): Promise<Map<string, Recent>> {
  const recent = new Map<string, Recent>()
  const range = { step: 'hour', from: since.lastDay, to: since.lastHour + 2 * hourMs } as const
  for await (const { rows } of usageParts(db, { realm, organizationId: id }, range)) {
    const sums = rows
      .select(['what', column])
      .select([
        sql<number>`sum(case when start >= ${since.lastHour} then cast(count as double precision) else 0 end)`.as('last_hour'),
        sumOfCounts.as('last_day'),
      ])
      .where('outcome', 'in', ['issued', 'allowed'])
      .groupBy(column === 'what' ? ['what'] : ['what', column])
    for (const row of await sums.execute()) {
      const key = `${row.what} ${row[column]}`
      const { lastHour, lastDay } = recent.get(key) ?? none
      recent.set(key, { lastHour: atMost(lastHour + Number(row.last_hour)), lastDay: atMost(lastDay + Number(row.last_day)) })
    }
  }
  return recent
}

/** A guard may report any number of calls; responses have safe integers. */
function atMost(count: number): number {
  return Math.min(count, Number.MAX_SAFE_INTEGER)
}

/** The last used first, by the credentials that they have; with the last use of any. */
async function readClients(db: Kysely<Schema>, id: string) {
  const rows = await db
    .selectFrom('clients')
    .leftJoin('credentials', 'credentials.client', 'clients.id')
    .select(['clients.id', 'clients.client_id', 'clients.enabled', 'clients.service_account_enabled'])
    .select(({ fn }) => fn.max('credentials.last_used_at').as('used_at'))
    .where('clients.organization_id', '=', id)
    .groupBy(['clients.id', 'clients.client_id', 'clients.enabled', 'clients.service_account_enabled'])
    .orderBy(sql`coalesce(max(credentials.last_used_at), 0)`, 'desc')
    .orderBy('clients.client_id')
    .limit(maxListed)
    .execute()
  const kept = await readKeptUses(
    db,
    rows.map((row) => row.id),
  )
  return rows.map((row) => Object.assign(row, { kept_at: kept.get(row.id) ?? null }))
}

async function readUsedFrom(db: Kysely<Schema>, realm: string, id: string, since: number): Promise<Impact['usedFrom']> {
  const rows = await db
    .selectFrom('credential_uses')
    .select(['address', 'user_agent'])
    .select(({ fn }) => [fn.max('last_at').as('last_at'), fn.sum<number>('count').as('count')])
    .where('realm', '=', realm)
    .where('client_id', 'in', db.selectFrom('clients').select('client_id').where('organization_id', '=', id))
    .where('organization_id', '=', id)
    .where('last_at', '>=', since)
    .groupBy(['address', 'user_agent'])
    .orderBy('last_at', 'desc')
    .limit(shownPairs)
    .execute()
  return rows.map(describeFrom)
}

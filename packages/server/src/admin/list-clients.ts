// The list of clients. Conditions on how a client stands are rules of rotations, so they are checked here and not by the database.
import { sql, type Kysely, type SelectQueryBuilder } from 'kysely'
import type { CheckedInput, OperationOutput } from '@countersign/admin'
import { keepPage, readPage, type Order, type PageRequest } from '../api/page.ts'
import { contains, searchList } from '../api/search-page.ts'
import { toClient } from '../cache/read-clients.ts'
import { readSecrets } from '../cache/read-secrets.ts'
import { describeClient } from '../clients/describe-client.ts'
import type { Realm } from '../realms/realm.ts'
import { confirmableFrom, describeClientStanding, readCredentialFacts, standsSo, type StandingClient } from '../standing/client-standing.ts'
import { readStanding } from '../rotation/rotation-rules.ts'
import { readRefusedCounts } from '../standing/refused-counts.ts'
import { oneOf } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'
import { readUsualUses } from '../usage/usual-use.ts'

type Query = Omit<CheckedInput<'clients.list'>['query'], 'organization'> & {
  readonly organizationId: string | undefined
  readonly clientId?: string
}
type Page = OperationOutput<'clients.list'>

const orders: Record<string, Pick<Order, 'column' | 'holds' | 'isUnique'>> = {
  clientId: { column: 'client_id', holds: 'string', isUnique: true },
  createdAt: { column: 'clients.created_at', holds: 'number' },
}

export async function listClients(db: Kysely<Schema>, realm: Realm, query: Query, now: number): Promise<Page> {
  const { rows, next } = await readRows(db, realm, query, now)
  const ids = rows.map(({ id }) => id)
  const secrets = await readSecrets(db, ids)
  const standingOf = query.with === 'standing' ? await readStandings(db, realm, rows, now) : undefined
  const items = rows.map((row): Page['items'][number] => {
    const { organization_id: id, slug, organization_name: name, status, organization_tokens_not_before: tokensNotBefore } = row
    const client = toClient(row, { id, slug, name, status, tokensNotBefore }, { secrets: secrets.get(row.id) ?? [] })
    const described = describeClient(realm, client)
    return standingOf ? Object.assign(described, { standing: standingOf(row) }) : described
  })
  return { items, next }
}

type Row = Awaited<ReturnType<ReturnType<typeof selectClients>['execute']>>[number]

function selectClients(db: Kysely<Schema>, realm: Realm) {
  return db
    .selectFrom('clients')
    .innerJoin('organizations', 'organizations.id', 'clients.organization_id')
    .selectAll('clients')
    .select(['organizations.slug', 'organizations.name as organization_name', 'organizations.status'])
    .select('organizations.tokens_not_before as organization_tokens_not_before')
    .where(sql<string>`clients.realm || ''`, '=', realm.name) // By the id, not by all clients of the realm.
}

async function readRows(
  db: Kysely<Schema>,
  realm: Realm,
  { sort, limit, after, organizationId, clientId, enabled, signingAlgorithm, claimSet, search, rotation, due, unusedFor }: Query,
  now: number,
): Promise<{ readonly rows: readonly Row[]; readonly next: string | null }> {
  // By the clients of the organization if there is one, and not by those of the realm.
  const inRealm = organizationId === undefined ? sql<string>`clients.realm` : sql<string>`clients.realm || ''`
  let all = db.selectFrom('clients').where(inRealm, '=', realm.name)
  if (organizationId !== undefined) all = all.where('organization_id', '=', organizationId)
  if (clientId !== undefined) all = all.where('client_id', '=', clientId)
  let query = all
  if (enabled !== undefined) query = query.where('enabled', '=', Number(enabled))
  if (signingAlgorithm !== undefined) query = query.where('signing_algorithm', '=', signingAlgorithm)
  if (search !== undefined) query = query.where(contains(db, ['client_id', 'clients.name'], search))
  if (claimSet !== undefined) query = query.where('claim_set', '=', claimSet)
  const order = { by: sort, ...orders[sort.replace('-', '')]!, id: 'clients.id' }
  const isSearch = enabled !== undefined || claimSet !== undefined || signingAlgorithm !== undefined || search !== undefined
  const read = <Found>(ids: SelectQueryBuilder<Schema, 'clients', Found>, page: PageRequest) =>
    isSearch ? searchList(db, ids, all, order, page) : readPage(ids, order, page)
  // What the indexes have; the whole rows of a page only: a filter may look at all clients.
  const found = query.select('clients.id')
  const isFiltered = rotation !== undefined || due !== undefined || unusedFor !== undefined
  const { rows, next } = isFiltered
    ? await keepPage(
        (page) => read(found.select(['clients.created_at', 'access_token_lifetime']), page),
        order,
        { limit, after },
        async (some: readonly StandingClient[]) => {
          const ids = some.map(({ id }) => id)
          const factsOf = await readCredentialFacts(db, ids, { withEnded: unusedFor !== undefined })
          return some.filter((client) => standsSo(realm, { rotation, due, unusedFor }, client, factsOf(client.id), now))
        },
      )
    : await read(found, { limit, after })
  return { rows: await readWholeRows(db, realm, rows), next }
}

/** In the same order; without those that were deleted meanwhile. */
async function readWholeRows(db: Kysely<Schema>, realm: Realm, found: readonly { readonly id: string }[]): Promise<Row[]> {
  const ids = found.map(({ id }) => id)
  const rows = await selectClients(db, realm).where('clients.id', 'in', oneOf(db, ids)).execute()
  const byId = new Map(rows.map((row) => [row.id, row]))
  return ids.flatMap((id) => byId.get(id) ?? [])
}

async function readStandings(db: Kysely<Schema>, realm: Realm, rows: readonly Row[], now: number) {
  const ids = rows.map(({ id }) => id)
  const factsOf = await readCredentialFacts(db, ids, { withEnded: true })
  const clientIds = rows.map((row) => row.client_id)
  const ending = rows.flatMap((row) => {
    const standing = readStanding(factsOf(row.id).secrets, now)
    if ((confirmableFrom(standing, realm, row.access_token_lifetime) ?? Infinity) > now || standing.state === 'stable') return []
    return [{ clientId: row.client_id, secretId: standing.old.id }]
  })
  const usual = await readUsualUses(db, realm.name, ending, now)
  const refusedOf = await readRefusedCounts(db, realm.name, 'client_id', clientIds, now)
  return (row: Row) => describeClientStanding(realm, row, factsOf(row.id), refusedOf(row.client_id), usual, now)
}

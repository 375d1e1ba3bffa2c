// The list of clients. Conditions on how a client stands are rules of rotations, so they are checked here and not by the database.
import type { Kysely } from 'kysely'
import type { CheckedInput, OperationOutput } from '@countersign/admin'
import { contains, keepPage, readPage, searchPage, type Order, type PageRequest } from '../api/page.ts'
import { toClient } from '../cache/read-clients.ts'
import { readSecrets } from '../cache/read-secrets.ts'
import { describeClient } from '../clients/describe-client.ts'
import type { Realm } from '../realms/realm.ts'
import { describeClientStanding, readCredentialFacts, standsSo } from '../standing/client-standing.ts'
import { readRefusedCounts } from '../standing/refused-counts.ts'
import type { Schema } from '../store/schema.ts'

type Query = Omit<CheckedInput<'clients.list'>['query'], 'organization'> & { readonly organizationId: string | undefined }
type Page = OperationOutput<'clients.list'>

const orders: Record<string, Pick<Order, 'column' | 'holds'>> = {
  clientId: { column: 'client_id', holds: 'string' },
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
    .where('clients.realm', '=', realm.name)
}

function readRows(
  db: Kysely<Schema>,
  realm: Realm,
  { sort, limit, after, organizationId, enabled, signingAlgorithm, claimSet, search, rotation, due, unusedFor }: Query,
  now: number,
) {
  let query = selectClients(db, realm)
  let all = db.selectFrom('clients').where('clients.realm', '=', realm.name)
  if (organizationId !== undefined) {
    query = query.where('organization_id', '=', organizationId)
    all = all.where('organization_id', '=', organizationId)
  }
  if (enabled !== undefined) query = query.where('enabled', '=', Number(enabled))
  if (signingAlgorithm !== undefined) query = query.where('signing_algorithm', '=', signingAlgorithm)
  if (search !== undefined) query = query.where(contains(['client_id', 'clients.name'], search))
  if (claimSet !== undefined) query = query.where('claim_set', '=', claimSet)
  const order = { by: sort, ...orders[sort.replace('-', '')]!, id: 'clients.id' }
  const isSearch = enabled !== undefined || claimSet !== undefined || signingAlgorithm !== undefined || search !== undefined
  const read = (page: PageRequest) => (isSearch ? searchPage(db, query, all, order, page) : readPage(query, order, page))
  if (rotation === undefined && due === undefined && unusedFor === undefined) return read({ limit, after })
  return keepPage(read, order, { limit, after }, async (rows: readonly Row[]) => {
    const factsOf = await readCredentialFacts(
      db,
      rows.map(({ id }) => id),
    )
    return rows.filter((row) => standsSo(realm, { rotation, due, unusedFor }, row, factsOf(row.id), now))
  })
}

async function readStandings(db: Kysely<Schema>, realm: Realm, rows: readonly Row[], now: number) {
  const factsOf = await readCredentialFacts(
    db,
    rows.map(({ id }) => id),
  )
  const clientIds = rows.map((row) => row.client_id)
  const refusedOf = await readRefusedCounts(db, realm.name, 'client_id', clientIds, now)
  return (row: Row) => describeClientStanding(realm, row, factsOf(row.id), refusedOf(row.client_id), now)
}

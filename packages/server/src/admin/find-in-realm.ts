// Finds organizations, clients and partners of a realm by what a person types: ids and beginnings of ids by an index, then parts of ids and
// names, for which all rows are read, some at a time.
import { sql, type Kysely, type SelectQueryBuilder } from 'kysely'
import type { OperationOutput } from '@countersign/admin'
import type { Order } from '../api/page.ts'
import { contains, searchList } from '../api/search-page.ts'
import type { Realm } from '../realms/realm.ts'
import { oneOf } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'

type Found = OperationOutput<'find'>['items'][number]

const most = 20
/** Below that, most names have the text in them. */
const shortestText = 2
/** Ids are random: fewer digits would be the beginning of those of many other realms. */
const shortestUuid = 4
const highest = '\u{10ffff}'

/** @param kinds what the operator may see */
export async function findInRealm(
  db: Kysely<Schema>,
  realm: Realm,
  text: string,
  kinds: ReadonlySet<Found['kind']>,
): Promise<OperationOutput<'find'>> {
  const tables = [ofOrganizations(db, realm), ofClients(db, realm), ofPartners(db, realm)].filter(({ kind }) => kinds.has(kind))
  const found = new Map<string, Found>()
  const add = (ofTables: readonly (readonly Unmatched[])[], match: Found['match']) => {
    for (const item of inTurn(ofTables)) {
      const key = `${item.kind} ${item.id}`
      if (!found.has(key)) found.set(key, { ...item, match })
    }
  }
  add(await Promise.all(tables.map((table) => table.beginning(text))), 'id')
  if (text.length >= shortestText && found.size <= most) add(await Promise.all(tables.map((table) => table.containing(text))), 'text')
  return { items: [...found.values()].slice(0, most), more: found.size > most }
}

type Unmatched = Omit<Found, 'match'>

/** The first of each, then the second of each: many organizations must not hide a client. */
function inTurn<Item>(lists: readonly (readonly Item[])[]): Item[] {
  const longest = Math.max(0, ...lists.map(({ length }) => length))
  return Array.from({ length: longest }, (_, index) => lists.flatMap((list) => list.slice(index, index + 1))).flat()
}

interface Table {
  readonly kind: Found['kind']
  /** Those with such an id. */
  readonly beginning: (text: string) => Promise<readonly Unmatched[]>
  readonly containing: (text: string) => Promise<readonly Unmatched[]>
}

/** By the index of the unique slug, and by the primary key. */
function ofOrganizations(db: Kysely<Schema>, realm: Realm): Table {
  const all = db.selectFrom('organizations').where('realm', '=', realm.name)
  const query = all.select(['id', 'slug', 'name'])
  const byId = db.selectFrom('organizations').select(['id', 'slug', 'name']).where(inAnyOrder('realm'), '=', realm.name)
  const describe = (rows: readonly { id: string; slug: string; name: string }[]) =>
    rows.map(({ id, slug, name }) => ({ kind: 'organization' as const, id: slug, name, where: id }))
  const order = { by: 'slug', column: 'slug', holds: 'string', id: 'id', isUnique: true } as const
  return {
    kind: 'organization',
    beginning: async (text) => [
      ...describe(await between(query, 'slug', lower(text)).execute()),
      ...(isUuidLike(text) ? describe(await between(byId, 'id', lower(text)).execute()) : []),
    ],
    containing: async (text) => {
      const found = all.select('id').where(contains(db, ['slug', 'name'], text)) // An index has all of that.
      const ids = (await search(db, found, all, order)).map(({ id }) => id)
      return describe(await byId.where('id', 'in', oneOf(db, ids)).orderBy('slug').execute())
    },
  }
}

/** By the index of the unique client id, and by the primary key, which is the subject of most tokens. */
function ofClients(db: Kysely<Schema>, realm: Realm): Table {
  const all = db.selectFrom('clients').where('clients.realm', '=', realm.name)
  const joined = db
    .selectFrom('clients')
    .innerJoin('organizations', 'organizations.id', 'clients.organization_id')
    .select(['client_id', 'clients.name', 'organizations.slug'])
  const query = joined.where('clients.realm', '=', realm.name)
  const byId = joined.where(inAnyOrder('clients.realm'), '=', realm.name)
  const describe = (rows: readonly { client_id: string; name: string; slug: string }[]) =>
    rows.map(({ client_id: id, name, slug }) => ({ kind: 'client' as const, id, name, where: slug }))
  const order = { by: 'clientId', column: 'client_id', holds: 'string', id: 'clients.id', isUnique: true } as const
  return {
    kind: 'client',
    beginning: async (text) => [
      ...describe(await between(query, 'client_id', text).execute()),
      ...(isUuidLike(text) ? describe(await between(byId, 'clients.id', lower(text)).execute()) : []),
    ],
    containing: async (text) => {
      const found = all.select('clients.id').where(contains(db, ['client_id', 'clients.name'], text)) // An index has all of that.
      const ids = (await search(db, found, all, order)).map(({ id }) => id)
      return describe(await byId.where('clients.id', 'in', oneOf(db, ids)).orderBy('client_id').execute())
    },
  }
}

/** By the primary key. */
function ofPartners(db: Kysely<Schema>, realm: Realm): Table {
  const all = db.selectFrom('partners').where('realm', '=', realm.name)
  const query = all.select(['id', 'name'])
  const describe = (rows: readonly { id: string; name: string }[]) =>
    rows.map(({ id, name }) => ({ kind: 'partner' as const, id, name, where: realm.name }))
  const order = { by: 'id', column: 'id', holds: 'string', id: 'id', isUnique: true } as const
  return {
    kind: 'partner',
    beginning: async (text) => (isUuidLike(text) ? describe(await between(query, 'id', lower(text)).execute()) : []),
    containing: async (text) => describe(await search(db, query.where(contains(db, ['name'], text)), all, order)),
  }
}

/** Not by an index of the realm. */
function inAnyOrder(column: string) {
  return sql<string>`${sql.ref(column)} || ''`
}

/** Rows whose column begins with the text, in its order. */
function between<DB, TB extends keyof DB, Row>(query: SelectQueryBuilder<DB, TB, Row>, column: string, text: string) {
  const value = sql.ref(column)
  return query
    .where(sql<boolean>`${value} >= ${text}`)
    .where(sql<boolean>`${value} < ${text + highest}`)
    .orderBy(value)
    .limit(most + 1)
}

async function search<DB, TB extends keyof DB, Row, AllDB, AllTB extends keyof AllDB, AllRow>(
  db: Kysely<Schema>,
  query: SelectQueryBuilder<DB, TB, Row>,
  all: SelectQueryBuilder<AllDB, AllTB, AllRow>,
  order: Order,
): Promise<readonly Row[]> {
  return (await searchList(db, query, all, order, { limit: most + 1 })).rows
}

function isUuidLike(text: string): boolean {
  return text.length >= shortestUuid && /^[0-9a-f-]{1,36}$/i.test(text)
}

function lower(text: string): string {
  return text.toLowerCase()
}

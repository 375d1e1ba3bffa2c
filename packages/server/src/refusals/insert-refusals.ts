// Refusals as rows. Statements are text that is not compiled: the query builder takes longer for thousands of parameters than the store.
import { CompiledQuery, type Kysely } from 'kysely'
import { isPostgres } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'
import type { Refusal } from './refusal.ts'

export type RefusalRow = Schema['refusals']

export function toRow(refusal: Refusal, sample: boolean): RefusalRow {
  return {
    request_id: refusal.requestId,
    reporter: refusal.reporter ?? '',
    realm: refusal.realm,
    at: refusal.at,
    source: refusal.source,
    guard: refusal.guard ?? null,
    api: refusal.api ?? null,
    method: refusal.method ?? null,
    route: refusal.route ?? null,
    code: refusal.code,
    reason: refusal.reason ?? null,
    organization_id: refusal.organizationId ?? null,
    client_id: refusal.clientId ?? null,
    address: refusal.address ?? null,
    caller_request_id: refusal.callerRequestId ?? null,
    api_request_id: refusal.apiRequestId ?? null,
    detail: JSON.stringify(refusal.detail),
    sample: sample ? 1 : 0,
  }
}

/** A statement of SQLite holds up other requests of this process. */
export function rowsPerStatement(db: Pick<Kysely<Schema>, 'getExecutor'>): number {
  return isPostgres(db) ? 500 : 64
}

/**
 * Inserts up to {@link rowsPerStatement} rows. Rows that are there already are left as they are: neither a guard that repeats an id nor one
 * that makes up the id of another changes what is kept. Resolves with the number of rows that are new.
 */
export async function insertRefusals(db: Kysely<Schema>, rows: readonly RefusalRow[]): Promise<number> {
  if (rows.length === 0) return 0
  // The same order on every node, so that two of them that insert the same rows cannot wait for each other.
  const sorted = rows.toSorted(
    (a, b) => compare(a.request_id, b.request_id) || compare(a.reporter, b.reporter) || compare(a.realm, b.realm),
  )
  const { numAffectedRows = 0n } = await db.executeQuery(isPostgres(db) ? asJson(sorted) : asParameters(sorted))
  return Number(numAffectedRows)
}

function asJson(rows: readonly RefusalRow[]): CompiledQuery {
  return CompiledQuery.raw(insertJson, [JSON.stringify(rows)])
}

/** Half the time of reading JSON. There are as many statements as sizes, and they are prepared once. */
function asParameters(rows: readonly RefusalRow[]): CompiledQuery {
  const values = rows.map(() => oneRow).join(', ')
  return CompiledQuery.raw(
    `insert into refusals (${names.join(', ')}) values ${values} on conflict do nothing`,
    rows.flatMap((row) => names.map((name) => row[name])),
  )
}

/** The only names that get into the text of a statement. */
const names = [
  'request_id',
  'reporter',
  'realm',
  'at',
  'source',
  'guard',
  'api',
  'method',
  'route',
  'code',
  'reason',
  'organization_id',
  'client_id',
  'address',
  'caller_request_id',
  'api_request_id',
  'detail',
  'sample',
] as const satisfies readonly (keyof RefusalRow)[]

const oneRow = `(${names.map(() => '?').join(', ')})`

const insertJson = `insert into refusals (${names.join(', ')})
  select ${names.join(', ')} from json_to_recordset($1::json) as refused (${names.map((name) => `${name} ${typeOf(name)}`).join(', ')})
  on conflict do nothing`

function typeOf(name: (typeof names)[number]): string {
  if (name === 'at') return 'bigint'
  return name === 'sample' ? 'integer' : 'text'
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

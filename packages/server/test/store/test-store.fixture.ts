// The store of a test server, and a separate connection with which tests inspect it and break it. COUNTERSIGN_TEST_STORE selects
// it: "sqlite" (the default), "postgres", or "postgres-two-nodes" for two servers on one PostgreSQL.
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { aPostgresDatabase, skipWithoutPostgres } from './postgres.fixture.ts'
import { createPool } from '../../src/store/postgres.ts'
import { openStore } from '../../src/store/store.ts'

const kinds = ['sqlite', 'postgres', 'postgres-two-nodes']
const kind = process.env['COUNTERSIGN_TEST_STORE'] ?? 'sqlite'
if (!kinds.includes(kind)) throw new Error(`COUNTERSIGN_TEST_STORE is "${kind}", expected one of ${kinds.join(', ')}`)

export const nodes = kind === 'postgres-two-nodes' ? 2 : 1

export interface TestStore {
  /** Location in the form of the configuration. */
  readonly location: string
  /** Runs one statement, with "?" for each value, and returns its rows. Numbers are numbers, whatever their size. */
  query<Row = Record<string, unknown>>(statement: string, ...values: (string | number | null)[]): Promise<Row[]>
  /** The names of all tables. */
  tables(): Promise<string[]>
  close(): Promise<void>
}

/** @param file its path, if it is a file */
export async function aTestStore(file: string): Promise<TestStore> {
  return kind === 'sqlite' ? inSqlite(file) : inPostgres()
}

/** An empty store with every migration, made once in a process: a copy of it costs less than running them. */
let migrated: Promise<string> | undefined

async function migrateOnce(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-migrated-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'store.db')
  await (await openStore(`sqlite:${file}`)).close()
  return file
}

async function inSqlite(file: string): Promise<TestStore> {
  copyFileSync(await (migrated ??= migrateOnce()), file)
  let opened: DatabaseSync | undefined
  const query = async <Row>(statement: string, ...values: (string | number | null)[]) => {
    opened ??= new DatabaseSync(file)
    return opened.prepare(statement).all(...values) as Row[]
  }
  return {
    location: `sqlite:${file}`,
    query,
    tables: async () => namesOf(await query(`select name from sqlite_schema where type = 'table'`)),
    close: async () => opened?.close(),
  }
}

async function inPostgres(): Promise<TestStore> {
  const missing = skipWithoutPostgres()
  if (missing !== false) throw new Error(missing)
  // Dropped when no server uses it any more: after the hooks that are registered later.
  const drops: (() => Promise<void>)[] = []
  const url = await aPostgresDatabase({ after: (drop) => void drops.push(drop) }, { isMigrated: true })
  const pool = createPool(url, { poolSize: 1 })
  const query = async <Row>(statement: string, ...values: (string | number | null)[]) => {
    let place = 0
    return (
      await pool.query(
        statement.replaceAll('?', () => `$${++place}`),
        values,
      )
    ).rows as Row[]
  }
  return {
    location: url,
    query,
    tables: async () => namesOf(await query('select tablename as name from pg_tables where schemaname = current_schema()')),
    async close() {
      await pool.end()
      for (const drop of drops) await drop()
    },
  }
}

function namesOf(rows: readonly { name: string }[]): string[] {
  return rows.map(({ name }) => name)
}

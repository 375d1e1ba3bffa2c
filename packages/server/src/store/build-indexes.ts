// Builds indexes of a large PostgreSQL table while servers write to it: a migration would lock the table for that time. One node builds,
// beside its requests; an interrupted build is done again at the next start.
import { Kysely, sql, type RawBuilder } from 'kysely'
import type { Login } from './login.ts'
import { auditIndexes } from './migration-021.ts'
import { postgresDialect } from './postgres.ts'

export interface IndexBuild {
  /** Ends the build, if it is not done. */
  stop(): Promise<void>
  /** Resolves when this node builds no more. */
  readonly done: Promise<void>
}

/** "csgi": the advisory lock of the node that builds. */
const lockId = 0x63736769

interface BuildOptions {
  readonly login: Login
  /** For the statement that cancels another. */
  readonly db: Pick<Kysely<unknown>, 'getExecutor'>
  readonly say: (message: string) => void
}

export function buildIndexes({ login, db, say }: BuildOptions): IndexBuild {
  let pid: number | undefined
  let isStopped = false
  const done = build().catch(
    (error: Error) =>
      void (
        isStopped || say(`Indexes of the audit log could not be built: ${error.message}. Searches are slow; the next start tries again.`)
      ),
  )
  return {
    done,
    async stop() {
      isStopped = true
      if (pid !== undefined) await sql`select pg_cancel_backend(${pid})`.execute(db).catch(() => {})
      await done
    },
  }

  async function build(): Promise<void> {
    if ((await findMissing(db)).length === 0) return
    const own = new Kysely<unknown>({
      dialect: postgresDialect(login, { poolSize: 1, connectMilliseconds: 5000, answerMilliseconds: 0, lockMilliseconds: 0 }),
    })
    try {
      await own.connection().execute(async (connection) => {
        const { rows } = await sql<{ held: boolean; pid: number }>`
          select pg_try_advisory_lock(${sql.lit(lockId)}) as held, pg_backend_pid() as pid`.execute(connection)
        if (!rows[0]?.held) return
        pid = rows[0].pid
        for (const [name, what] of await findMissing(connection)) {
          if (isStopped) return
          await buildOne(connection, name, what)
        }
      })
    } finally {
      pid = undefined
      await own.destroy()
    }
  }

  /** Concurrently: writes go on meanwhile. */
  async function buildOne(connection: Kysely<unknown>, name: string, what: RawBuilder<unknown>): Promise<void> {
    const begunAt = performance.now()
    say(`Building the index ${name} of the audit log; the server serves meanwhile.`)
    await sql`drop index concurrently if exists ${sql.ref(name)}`.execute(connection)
    await sql`create index concurrently ${sql.ref(name)} on audit_events ${what}`.execute(connection)
    say(`Built the index ${name} of the audit log in ${Math.ceil((performance.now() - begunAt) / 1000)} s.`)
  }
}

/** Indexes that do not exist, or whose build was interrupted; none in a store without the table, which an other history made. */
async function findMissing(db: Pick<Kysely<unknown>, 'getExecutor'>): Promise<[name: string, what: RawBuilder<unknown>][]> {
  const { rows } = await sql<{ name: string }>`
    select relname as name from pg_index join pg_class on pg_class.oid = indexrelid
    where indrelid = to_regclass('audit_events') and indisvalid`.execute(db)
  const { rows: tables } = await sql<{ found: boolean }>`select to_regclass('audit_arrivals') is not null as found`.execute(db)
  if (!tables[0]?.found) return []
  const valid = new Set(rows.map(({ name }) => name))
  return Object.entries(auditIndexes).filter(([name]) => !valid.has(name))
}

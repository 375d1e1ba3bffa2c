// The login that deletes audit events, and the lock that lets one node do so at a time. Neither makes a deletion right: each step checks for
// itself that it is due.
import { Kysely, sql } from 'kysely'
import { isPostgres } from '../../store/dialects.ts'
import { forgetLocation } from '../../store/location.ts'
import { createLogin } from '../../store/login.ts'
import type { Schema } from '../../store/schema.ts'
import type { Store } from '../../store/store.ts'
import { StoreError } from '../../store/store-errors.ts'

export interface RetentionStore {
  readonly db: Kysely<Schema>
  /** Runs the work unless another node runs its own. @returns whether it did */
  whileAlone(work: () => Promise<void>): Promise<boolean>
  /** @throws StoreError if the login may not delete */
  refuseWithoutRight(): Promise<void>
  close(): Promise<void>
}

/** "csgr": the advisory lock of the node that removes. It belongs to the session, so it is released when the process dies. */
const lockId = 0x63736772

/** Opens no connection. @throws StoreError if the location is of no use */
export async function createRetentionStore(store: Store, location: string | undefined): Promise<RetentionStore> {
  if (location !== undefined && !store.isShared)
    throw new StoreError('"audit.retentionStore" is a login for PostgreSQL, but "store" is a SQLite file. Remove the setting.')
  const own = location === undefined ? undefined : await createDb(location)
  const db = own ?? store.db
  return {
    db,
    whileAlone: (work) => (store.isShared ? withLock(db, work) : work().then(() => true)),
    refuseWithoutRight: () => refuseWithoutRight(db, own !== undefined),
    close: async () => own?.destroy(),
  }
}

async function createDb(location: string): Promise<Kysely<Schema>> {
  const { postgresDialect } = await import('../../store/postgres.ts') // Its driver is loaded only when it is needed.
  const login = createLogin({ location })
  forgetLocation(location)
  return new Kysely<Schema>({ dialect: postgresDialect(login, { poolSize: 2 }) })
}

async function withLock(db: Kysely<Schema>, work: () => Promise<void>): Promise<boolean> {
  return db.connection().execute(async (session) => {
    const { rows } = await sql<{ held: boolean }>`select pg_try_advisory_lock(${sql.lit(lockId)}) as held`.execute(session)
    if (rows[0]?.held !== true) return false
    try {
      await work()
      return true
    } finally {
      // A session that is lost has lost the lock, too.
      await sql`select pg_advisory_unlock(${sql.lit(lockId)})`.execute(session).catch(() => {})
    }
  })
}

async function refuseWithoutRight(db: Kysely<Schema>, isOwn: boolean): Promise<void> {
  if (!isPostgres(db)) return
  const { rows } = await sql<{ name: string; may: boolean }>`
    select current_user as name, has_table_privilege('audit_events', 'SELECT') and has_table_privilege('audit_events', 'DELETE') as may`.execute(
    db,
  )
  const [found] = rows
  if (!found || found.may) return
  const otherwise = isOwn ? '' : ', or set "audit.retentionStore" to a login that may'
  throw new StoreError(
    `The database role "${found.name}" may not delete audit events: run "grant select, delete on audit_events to ${found.name}"${otherwise}.`,
  )
}

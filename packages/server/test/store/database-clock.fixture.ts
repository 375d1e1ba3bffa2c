// Moves the clock of a PostgreSQL as the statements of servers see it: "clock_timestamp()" is looked up in the schema "public" first. No table,
// because a database with tables of others is refused; and like a clock that was set, it is replicated to standbys.
import { Client } from 'pg'

/** Before the first server connects: the search path is that of new sessions. */
export async function makeClockMovable(database: string): Promise<void> {
  await run(database, `alter database "${new URL(database).pathname.slice(1)}" set search_path = public, pg_catalog`)
}

/** Returns when each statement from now on sees it. */
export async function moveDatabaseClock(database: string, differenceMs: number): Promise<void> {
  const moved = `select pg_catalog.clock_timestamp() + interval '${Math.round(differenceMs)} milliseconds'`
  await run(
    database,
    `create or replace function public.clock_timestamp() returns timestamptz volatile language sql as '${moved.replaceAll("'", "''")}'`,
  )
}

async function run(database: string, statement: string): Promise<void> {
  const connection = new Client(database)
  connection.on('error', () => {}) // The database may be dropped or killed while the connection ends.
  await connection.connect()
  try {
    await connection.query(statement)
  } finally {
    await connection.end()
  }
}

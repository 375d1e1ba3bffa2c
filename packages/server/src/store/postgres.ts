// PostgreSQL by pg: a pool of connections on which nothing waits for ever. A server that hangs, is cut off or restarts costs
// the requests of that moment an error, and the next ones find a fresh connection.
import { PostgresDialect, sql, type Dialect, type Transaction } from 'kysely'
import { Client, Pool, TypeOverrides, types, type ClientBase, type ClientConfig } from 'pg'

export interface PostgresOptions {
  /** Connections at most. */
  readonly poolSize?: number
  /** How long to wait for a connection, whether the pool is busy or the server is away. */
  readonly connectMilliseconds?: number
  /** How long a statement may take; 0 for as long as it likes. */
  readonly answerMilliseconds?: number
  /** How long a statement may wait for a lock. */
  readonly lockMilliseconds?: number
  /** After how long a connection that nobody needs is closed; 0 for never. */
  readonly idleMilliseconds?: number
  /** For those who only read what is long past: a standby may not have heard of what was committed a moment ago. */
  readonly allowsStandby?: boolean
}

/** @param url `postgres://…` as PostgreSQL's own programs take it, `sslmode` and the like included */
export function postgresDialect(url: string, options: PostgresOptions = {}): Dialect {
  return new PostgresDialect({ pool: createPool(url, options) })
}

export function createPool(
  url: string,
  {
    poolSize = 10,
    connectMilliseconds = 2000,
    answerMilliseconds = 5000,
    lockMilliseconds = 2000,
    idleMilliseconds = 10_000,
    allowsStandby = false,
  }: PostgresOptions,
): Pool {
  const pool = new Pool({
    connectionString: url,
    fallback_application_name: 'countersign',
    max: poolSize,
    connectionTimeoutMillis: connectMilliseconds,
    idleTimeoutMillis: idleMilliseconds,
    // The server gives up by itself before we do: then the connection stays good.
    statement_timeout: Math.ceil(answerMilliseconds * 0.8),
    lock_timeout: lockMilliseconds,
    // A node that stops in the middle of a change must not stop the others for long.
    idle_in_transaction_session_timeout: 10_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: numbersAsNumbers(),
    Client: clientWithin(answerMilliseconds),
    ...(!allowsStandby && { onConnect: refuseStandby }),
  })
  // A connection that breaks fails the statement that is under way; an idle one is replaced when the next one is needed.
  // Without somebody who listens, either would end the process.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

/**
 * A standby that is behind would let in whom the primary has just refused. Asked once for each connection: a server that becomes
 * a standby ends them all.
 */
async function refuseStandby(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ behind: boolean }>('select pg_is_in_recovery() as behind')
  if (!rows[0]?.behind) return
  throw Object.assign(new Error('it is a standby, which may be behind its primary: use the address of the primary'), { code: '25006' })
}

/** All our bigints are instants, counts and sequences. */
function numbersAsNumbers(): TypeOverrides {
  const overrides = new TypeOverrides(types)
  overrides.setTypeParser(types.builtins.INT8, Number)
  return overrides
}

/**
 * A server that hangs answers neither a statement nor the rollback after it: the connection is given up with the statement.
 * A text of PostgreSQL cannot hold U+0000: whoever sends it looks for something that does not exist.
 */
function clientWithin(milliseconds: number): typeof Client {
  return class extends Client {
    constructor(config?: string | ClientConfig) {
      super(config)
      const query = refuseUnreplicated(this, this.query.bind(this) as (...all: unknown[]) => unknown)
      this.query = ((statement: unknown, values: unknown, ...more: unknown[]) => {
        const answer = query(statement, Array.isArray(values) ? values.map(storable) : values, ...more)
        if (milliseconds === 0 || !(answer instanceof Promise)) return answer
        let isAnswered = false
        // Where this process was busy for so long, the answer may lie unread in the socket, and is read before the immediate.
        const timer = setTimeout(() => setImmediate(() => isAnswered || giveUp(this, milliseconds)), milliseconds)
        return answer.finally(() => {
          isAnswered = true
          clearTimeout(timer)
        })
      }) as Client['query']
    }
  }
}

/**
 * A COMMIT that waits for a synchronous standby ends at the time limit of the statement with a mere warning: it is committed
 * here, and perhaps not there. What becomes of it at a failover is not known, so nobody must be told that it is done.
 */
function refuseUnreplicated(client: Client, query: (...all: unknown[]) => unknown): (...all: unknown[]) => unknown {
  let isUnreplicated = false
  client.on('notice', ({ routine }) => {
    if (routine === 'SyncRepWaitForLSN') isUnreplicated = true
  })
  return (...all) => {
    const answer = query(...all)
    if (!(answer instanceof Promise)) return answer
    return answer.then((result: unknown) => {
      if (!isUnreplicated) return result
      isUnreplicated = false
      throw Object.assign(new Error('the standby did not confirm in time what was committed'), { code: '40003' })
    })
  }
}

function giveUp(client: Client, milliseconds: number): void {
  const { connection } = client as unknown as { connection: { stream: { destroy(error: Error): void } } }
  connection.stream.destroy(Object.assign(new Error(`the database did not answer for ${milliseconds / 1000} s`), { code: 'ETIMEDOUT' }))
}

function storable(value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll('\0', '\uFFFD') : value
}

/** "csgc": the lock of whoever makes a change. */
const changeLock = 0x63736763

/**
 * Changes are made one after the other, as in SQLite, on all nodes together: each sees what the one before it did, and they
 * are committed in the order of their numbers. Held until the transaction ends.
 */
export async function oneChangeAtATime<Tables>(transaction: Transaction<Tables>): Promise<void> {
  await sql`select pg_advisory_xact_lock(${sql.lit(changeLock)})`.execute(transaction)
}

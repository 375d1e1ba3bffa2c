// PostgreSQL by pg: a pool of connections with bounded waits. A server that hangs, is cut off or restarts fails the requests of
// that moment, and the next ones get a new connection.
import { PostgresDialect, sql, type Dialect, type Transaction } from 'kysely'
import { isErrorOfStatement } from './store-errors.ts'
import { Client, Pool, TypeOverrides, types, type ClientBase, type ClientConfig, type PoolClient, type PoolConfig } from 'pg'
import { createLogin, isLoginRefused, type Login } from './login.ts'
import { preparedName } from './prepared-statements.ts'

export interface PostgresOptions {
  /** Maximum number of connections. */
  readonly poolSize?: number
  /** Timeout for getting a connection, both from a busy pool and from an unreachable server. */
  readonly connectMilliseconds?: number
  /** Timeout of a statement; 0 for none. */
  readonly answerMilliseconds?: number
  /** Timeout for getting a lock. */
  readonly lockMilliseconds?: number
  /** Time after which an idle connection is closed; 0 for never. */
  readonly idleMilliseconds?: number
  /** For reading old data only: a standby may not have the last commits yet. */
  readonly allowsStandby?: boolean
}

/** @param login or a URL: `postgres://…` in the form of PostgreSQL's own programs, with parameters such as `sslmode` */
export function postgresDialect(login: Login | string, options: PostgresOptions = {}): Dialect {
  return new PostgresDialect({ pool: createPool(login, options) })
}

export function createPool(
  loginOrUrl: Login | string,
  {
    poolSize = 10,
    connectMilliseconds = 2000,
    answerMilliseconds = 5000,
    lockMilliseconds = 2000,
    idleMilliseconds = 10_000,
    allowsStandby = false,
  }: PostgresOptions,
): Pool {
  const login = typeof loginOrUrl === 'string' ? createLogin({ location: loginOrUrl }) : loginOrUrl
  const pool = new PoolOfLogin(login, {
    fallback_application_name: 'countersign',
    max: poolSize,
    connectionTimeoutMillis: connectMilliseconds,
    idleTimeoutMillis: idleMilliseconds,
    // The server cancels the statement before this client gives up: then the connection can be reused.
    statement_timeout: Math.ceil(answerMilliseconds * 0.8),
    lock_timeout: lockMilliseconds,
    // A node that stops in the middle of a change must not block the others for long.
    idle_in_transaction_session_timeout: 10_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: numbersAsNumbers(),
    Client: clientWithin(answerMilliseconds, login),
    ...(!allowsStandby && { onConnect: refuseStandby }),
  })
  // An error of a connection fails the statement that is under way; an idle connection is replaced when the next one is needed.
  // Without a listener, either error would end the process.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  // The pool drops a connection that has ended when it gets it back.
  pool.on('release', (_error, client) => void (isSpent(client) && (client as Client).end().catch(() => {})))
  return pool
}

/** Connects once more with a login that was read again while the connection was opened. */
class PoolOfLogin extends Pool {
  readonly #login: Login

  constructor(login: Login, config: PoolConfig) {
    super(config)
    this.#login = login
  }

  override connect(): Promise<PoolClient>
  override connect(callback: ConnectCallback): void
  override connect(callback?: ConnectCallback): Promise<PoolClient> | void {
    const connected = super.connect().catch((error: Error) => {
      if (!isLoginRefused(error) || this.#login.isRefused()) throw error
      return super.connect()
    })
    if (!callback) return connected
    connected.then(
      (client) => callback(undefined, client, (error) => client.release(error)),
      (error: Error) => callback(error, undefined, () => {}),
    )
  }
}

type ConnectCallback = (error: Error | undefined, client: PoolClient | undefined, done: (release?: boolean | Error) => void) => void

/**
 * A standby that lags would accept tokens that the primary has just revoked. Checked once per connection: a server that becomes a
 * standby closes all of them.
 */
async function refuseStandby(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ behind: boolean }>('select pg_is_in_recovery() as behind')
  if (!rows[0]?.behind) return
  throw Object.assign(new Error('it is a standby, which may be behind its primary: use the address of the primary'), { code: '25006' })
}

/** All our bigints are instants, counts and sequences, which fit into a number. */
function numbersAsNumbers(): TypeOverrides {
  const overrides = new TypeOverrides(types)
  overrides.setTypeParser(types.builtins.INT8, Number)
  return overrides
}

/**
 * A server that hangs responds neither to a statement nor to the rollback after it: the connection is closed with the statement.
 * A PostgreSQL text cannot contain U+0000, so a query for such a text finds nothing.
 */
function clientWithin(milliseconds: number, login: Login): typeof Client {
  return class extends Client {
    constructor(config?: ClientConfig) {
      super({ ...config, connectionString: login.url() })
      this.on('error', () => {}) // Before the pool listens: the server may end a connection that is still being opened.
      const query = noteSpent(this, refuseUnreplicated(this, this.query.bind(this) as (...all: unknown[]) => unknown))
      this.query = ((statement: unknown, values: unknown, ...more: unknown[]) => {
        const name = typeof statement === 'string' ? preparedName(statement) : undefined
        const stored = Array.isArray(values) ? values.map(storable) : values
        const answer = name === undefined ? query(statement, stored, ...more) : query({ name, text: statement, values: stored })
        if (milliseconds === 0 || !(answer instanceof Promise)) return answer
        let isAnswered = false
        // If this process was busy, the response may be unread in the socket; it is read before the immediate runs.
        const timer = setTimeout(() => setImmediate(() => isAnswered || giveUp(this, milliseconds)), milliseconds)
        return answer.finally(() => {
          isAnswered = true
          clearTimeout(timer)
        })
      }) as Client['query']
    }

    override connect(): Promise<this>
    override connect(callback: (error: Error) => void): void
    override connect(callback?: (error: Error) => void): Promise<this> | void {
      const open = (done: (error: Error) => void) => super.connect(done)
      if (callback) return login.connect(open as Parameters<Login['connect']>[0], callback as (error?: Error | null) => void)
      return new Promise((resolve, reject) => this.connect((error?: Error | null) => (error ? reject(error) : resolve(this))))
    }
  }
}

/**
 * A COMMIT that waits for a synchronous standby ends at the statement timeout with only a warning: it is committed here, but
 * perhaps not there. Its fate after a failover is unknown, so it must not be acknowledged.
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

const spent = new WeakSet<object>()
const isSpent = (client: object): boolean => spent.has(client)

/**
 * A session keeps what it got when it began, such as being read-only, its role or its schemas, even if the database has been corrected
 * since. So a session with an error that may come from itself is replaced.
 */
function noteSpent(client: Client, query: (...all: unknown[]) => unknown): (...all: unknown[]) => unknown {
  return (...all) => {
    const answer = query(...all)
    if (!(answer instanceof Promise)) return answer
    return answer.catch((error: unknown) => {
      if (!isErrorOfStatement(error)) spent.add(client)
      throw error
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

/** "csgc": the advisory lock of a change. */
const changeLock = 0x63736763

/**
 * Serializes changes across all nodes, as SQLite does: each sees the one before it, and they are committed in the order of their
 * numbers. The lock is held until the transaction ends.
 * @returns the database's clock, which is read when the lock is held
 */
export async function oneChangeAtATime<Tables>(transaction: Transaction<Tables>): Promise<number> {
  const { rows } = await sql<{ now: number }>`
    select pg_advisory_xact_lock(${sql.lit(changeLock)}), floor(extract(epoch from clock_timestamp()) * 1000)::bigint as now`.execute(
    transaction,
  )
  return rows[0]!.now
}

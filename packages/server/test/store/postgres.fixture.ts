// A real PostgreSQL for tests and programs. One server is shared by all test files of a run and started by the first that needs
// it; every test gets its own database. A test that breaks the server starts a separate one. No server outlives the run.
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import type { Socket } from 'node:net'
import {
  type ClusterOptions,
  createCluster,
  createStandby,
  freezeCluster,
  removeCluster,
  roomForClusters,
  startCluster,
  stopCluster,
  thawCluster,
} from './postgres-cluster.fixture.ts'
import { migrations } from '../../src/store/migrations.ts'
import { migratePostgres } from '../../src/store/postgres-migration.ts'
import { eventually, findProcess } from './processes.fixture.ts'

export { skipWithoutPostgres } from './postgres-programs.fixture.ts'

/** Same as in production: the owner of the database is not a superuser. */
const user = 'countersign'

/** A database of the shared server with an empty store, to which no test connects and from which others are copied. */
const migrated = 'migrated'

/**
 * Creates a database, dropped after the test, and returns its URL.
 * @param options.isMigrated whether it has the tables of a store, for tests that do not cover migrations; otherwise it is empty
 * @param options.encoding another one than UTF8
 */
export async function aPostgresDatabase(
  t: { after(clean: () => Promise<void>): void },
  { isMigrated = false, encoding = '' } = {},
): Promise<string> {
  const server = await sharedServer()
  const name = `test_${randomBytes(8).toString('hex')}`
  const template = isMigrated
    ? migrated
    : encoding === ''
      ? 'template1'
      : `template0 encoding '${encoding}' locale_provider libc locale 'C'`
  await run(server, `create database ${name} owner ${user} template ${template} strategy file_copy`)
  t.after(() => run(server, `drop database if exists ${name} with (force)`))
  return databaseUrl(server, name)
}

/** Creates a user that owns the database of a test, and is removed after it. */
export async function aPostgresUser(t: { after(clean: () => Promise<void>): void }, database: string) {
  const server = await sharedServer()
  const name = `user_${randomBytes(8).toString('hex')}`
  const owned = new URL(database).pathname.slice(1)
  await run(server, `create role ${name} login`)
  await run(server, `alter database ${owned} owner to ${name}`)
  t.after(async () => {
    await run(server, `drop database if exists ${owned} with (force)`)
    await run(server, `drop role ${name}`)
  })
  return {
    name,
    async setPassword(password: string, { endSessions = false } = {}) {
      await run(server, `alter role ${name} password '${createVerifier(password)}'`)
      if (endSessions) await run(server, `select pg_terminate_backend(pid) from pg_stat_activity where usename = '${name}'`)
    },
  }
}

/** Runs statements of the superuser in the database of a test, and returns the rows of the last one. */
export async function alterPostgres(database: string, statements: string): Promise<unknown[]> {
  const superuser = Object.assign(new URL(await sharedServer()), { pathname: new URL(database).pathname }).href
  const connection = new Client(superuser)
  await connection.connect()
  try {
    const results: unknown = await connection.query(statements)
    return (results as { rows?: unknown[] }).rows ?? []
  } finally {
    await connection.end()
  }
}

export interface PostgresServer {
  /** The URL of an empty database. */
  readonly url: string
  /** Stops the server in an orderly way, closing its connections. */
  stop(): Promise<void>
  /** Starts it again, on the same port. */
  start(): Promise<void>
  /** Kills it, as in a power failure. */
  kill(): Promise<void>
  /** Keeps connections open without a response. */
  freeze(): void
  thaw(): void
  /** Restarts as a standby, which answers queries and accepts no changes. */
  demote(): Promise<void>
  /** Promotes a standby to primary. */
  promote(): Promise<void>
  /** Sets whether a COMMIT waits for a standby, of which there is none. */
  waitForStandby(waits: boolean): Promise<void>
  /** Adds a standby that follows this server on its own port; to be closed by the caller. */
  addStandby(): Promise<PostgresServer>
  close(): Promise<void>
}

/**
 * Starts a server for one test or program, which must close it; it ends with this process at the latest.
 * @param options.fsync whether it is on a disk, for which its commits wait; otherwise in memory
 * @param options.hasOwnLogSize as in production: about 100 MB more on the disk
 */
export async function startPostgres({ fsync = false, hasOwnLogSize = false } = {}): Promise<PostgresServer> {
  const folder = mkdtempSync(join(fsync ? tmpdir() : roomForClusters(), 'countersign-postgres-'))
  const server = await createServer(folder, process.pid, { hasOwnLogSize, origin: hasOwnLogSize ? undefined : await findOrigin() })
  await run(server, `create database ${user} owner ${user}`)
  return controlServer(folder, server)
}

function controlServer(folder: string, server: string): PostgresServer {
  return {
    url: databaseUrl(server, user),
    stop: () => stopCluster(folder, 'SIGINT'),
    start: () => startCluster(folder),
    kill: () => stopCluster(folder, 'SIGKILL'),
    freeze: () => void freezeCluster(folder),
    thaw: () => thawCluster(folder),
    async demote() {
      await stopCluster(folder, 'SIGINT')
      await startCluster(folder, { asStandby: true })
    },
    async waitForStandby(waits) {
      await run(server, `alter system set synchronous_standby_names = '${waits ? '*' : ''}'`)
      await run(server, 'select pg_reload_conf()')
    },
    async addStandby() {
      const ofStandby = mkdtempSync(join(roomForClusters(), 'countersign-postgres-'))
      return controlServer(ofStandby, await createStandby(ofStandby, process.pid, server))
    },
    promote: () => run(server, 'select pg_promote()'),
    close: () => removeCluster(folder),
  }
}

/** The origin to copy; undefined outside the test runner, where a program starts only one or two servers. */
async function findOrigin(): Promise<string | undefined> {
  if (process.env['NODE_TEST_CONTEXT'] === undefined) return undefined
  await sharedServer()
  return sharedFolder()
}

/** The folder of the shared server, which belongs to the process that runs the test files, each in its own process. */
function sharedFolder(): string {
  const owner = sharedOwner()
  return join(roomForClusters(), `countersign-postgres-of-${owner}-${findProcess(owner)?.startedAt.replace(/\W/g, '')}`)
}

function sharedOwner(): number {
  return process.env['NODE_TEST_CONTEXT'] === undefined ? process.pid : process.ppid
}

/** The superuser's URL of the shared server. */
async function sharedServer(): Promise<string> {
  const folder = sharedFolder()
  const ready = join(folder, 'ready')
  try {
    // Only one process can create it; the others wait.
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return eventually('the PostgreSQL of another test file is ready', () => existsSync(ready) && readFileSync(ready, 'utf8'))
  }
  const server = await createServer(folder, sharedOwner(), { isOrigin: true })
  await run(server, `create database ${migrated} owner ${user}`)
  await migratePostgres(databaseUrl(server, migrated), migrations, () => {})
  writeFileSync(`${ready}.part`, server, { mode: 0o600 })
  renameSync(`${ready}.part`, ready)
  return server
}

async function createServer(folder: string, owner: number, options: ClusterOptions): Promise<string> {
  const server = await createCluster(folder, owner, options)
  const verifier = createVerifier(new URL(server).password)
  await run(server, `alter role postgres password '${verifier}'`)
  await run(server, `create role ${user} login password '${verifier}'`)
  return server
}

/**
 * The verifier of a password in the server (RFC 5803), with one iteration instead of 4096: those would be a third of the work of
 * a connection, of which a test opens a dozen, and a random password does not need them.
 */
function createVerifier(password: string): string {
  const salt = randomBytes(16)
  const salted = pbkdf2Sync(password, salt, 1, 32, 'sha256')
  const keyOf = (name: string) => createHmac('sha256', salted).update(name).digest()
  const stored = createHash('sha256').update(keyOf('Client Key')).digest('base64')
  return `SCRAM-SHA-256$1:${salt.toString('base64')}$${stored}:${keyOf('Server Key').toString('base64')}`
}

function databaseUrl(server: string, name: string): string {
  return Object.assign(new URL(server), { username: user, pathname: `/${name}` }).href
}

/** The superuser's connections of this process, which keeps each one: a test needs two statements, and connecting costs more than both. */
const connections = new Map<string, Promise<Client>>()

async function run(server: string, statement: string): Promise<void> {
  const connection = await (connections.get(server) ?? connect(server))
  const { stream } = (connection as unknown as { connection: { stream: Socket } }).connection
  stream.ref()
  try {
    await connection.query(statement)
  } finally {
    stream.unref()
  }
}

function connect(server: string): Promise<Client> {
  const connection = new Client(server)
  const forget = () => void connections.delete(server)
  connection.on('error', forget).on('end', forget)
  const connected = connection.connect().then(() => connection)
  connections.set(server, connected)
  connected.catch(forget)
  return connected
}

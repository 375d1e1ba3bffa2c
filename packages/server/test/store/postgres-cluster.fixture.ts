// One PostgreSQL server in a folder: created, started, stopped, frozen, killed. Its commits survive its own death, and that of
// the machine only on a disk. A keeper process removes everything when the owner of the folder ends, however it
// ends.
import { execFile, spawn, spawnSync } from 'node:child_process'
import { chownSync, closeSync, existsSync, openSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { findFreePort } from '../free-port.fixture.ts'
import { postgresAccount, postgresProgram } from './postgres-programs.fixture.ts'
import { childrenOf, eventually, findProcess, signal } from './processes.fixture.ts'

const settings = {
  listen_addresses: '127.0.0.1',
  max_connections: '300',
  // Shared memory as files in the folder, which are removed with it even after a power failure.
  dynamic_shared_memory_type: 'mmap',
}

/** Many servers at a time have little room. A small log is checked and begun anew more often, which costs CPU time. */
const smallLog = { settings: { max_wal_size: '64MB' }, initdb: ['--wal-segsize=1'] }

/** Parent of cluster folders: in memory, if the system has a memory file system with enough room. */
export function roomForClusters(): string {
  const wanted = 1024 ** 3
  const memory = '/dev/shm'
  if (!existsSync(memory)) return tmpdir()
  const { bavail, bsize } = statfsSync(memory)
  return bavail * bsize >= wanted ? memory : tmpdir()
}

export interface ClusterOptions {
  /** Whether other clusters may be copied from it. */
  readonly isOrigin?: boolean
  /** Folder of a cluster to copy, as it was before its first start: that takes a tenth of the time of initdb. */
  readonly origin?: string | undefined
  /** Whether the size of its log is that of PostgreSQL's own settings. */
  readonly hasOwnLogSize?: boolean
}

/** Creates a cluster in an empty folder and starts it. Returns the superuser's URL. It ends with the process `owner`. */
export async function createCluster(folder: string, owner: number, options: ClusterOptions = {}): Promise<string> {
  const { isOrigin = false, origin, hasOwnLogSize = false } = options
  startKeeper(folder, owner)
  writeFileSync(join(folder, 'settings'), JSON.stringify({ ...settings, ...(!hasOwnLogSize && smallLog.settings) }))
  if (origin === undefined) initialize(folder, randomBytes(16).toString('hex'), hasOwnLogSize ? [] : smallLog.initdb)
  else copyOrigin(origin, folder)
  if (isOrigin) copy(join(folder, 'data'), join(folder, 'origin'))
  const password = readFileSync(join(folder, 'password'), 'utf8')
  for (let attempt = 1; ; attempt++) {
    const port = await findFreePort()
    writeFileSync(join(folder, 'port'), String(port))
    try {
      await startCluster(folder)
      return `postgres://postgres:${password}@127.0.0.1:${port}/postgres`
    } catch (error) {
      if (attempt === 3) throw error
    }
  }
}

/** Creates a standby of `primary` in an empty folder, starts it and waits until it accepts connections. Returns the superuser's URL. */
export async function createStandby(folder: string, owner: number, primary: string): Promise<string> {
  startKeeper(folder, owner)
  const account = postgresAccount()
  if (account) chownSync(folder, account.uid, account.gid)
  // Not synchronously: lines of the same process forward meanwhile.
  await promisify(execFile)(
    postgresProgram('pg_basebackup'),
    [`--dbname=${primary}`, `--pgdata=${join(folder, 'data')}`, '--write-recovery-conf', '--checkpoint=fast', '--no-sync'],
    account ?? {},
  )
  const port = await findFreePort()
  writeFileSync(join(folder, 'port'), String(port))
  writeFileSync(join(folder, 'settings'), JSON.stringify({ ...settings, ...smallLog.settings }))
  await startCluster(folder)
  return Object.assign(new URL(primary), { port: String(port) }).href
}

function initialize(folder: string, password: string, more: readonly string[]): void {
  const account = postgresAccount()
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, password, { mode: 0o600 })
  for (const place of account ? [folder, passwordFile] : []) chownSync(place, account!.uid, account!.gid)
  const options = ['--username=postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--encoding=UTF8', '--no-sync', ...more]
  // The collation of most production servers, which differs from that of SQLite.
  options.push('--locale=C.UTF-8', '--locale-provider=icu', '--icu-locale=en-US')
  const { status, stderr } = spawnSync(postgresProgram('initdb'), [`--pgdata=${join(folder, 'data')}`, ...options], {
    ...account,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`initdb failed: ${stderr}`)
}

function copyOrigin(origin: string, folder: string): void {
  const account = postgresAccount()
  if (account) chownSync(folder, account.uid, account.gid)
  copy(join(origin, 'password'), join(folder, 'password'))
  copy(join(origin, 'origin'), join(folder, 'data'))
}

/** Copies owners and permissions too, which PostgreSQL checks. */
function copy(from: string, to: string): void {
  const { status, stderr } = spawnSync('cp', ['-Rp', from, to], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`cp failed: ${stderr}`)
}

/** Starts a stopped or killed cluster, on the same port. */
export async function startCluster(folder: string, { asStandby = false } = {}): Promise<void> {
  if (asStandby) writeFileSync(join(folder, 'data', 'standby.signal'), '')
  const port = readFileSync(join(folder, 'port'), 'utf8')
  const settings = JSON.parse(readFileSync(join(folder, 'settings'), 'utf8')) as Record<string, string>
  const all = Object.entries({ ...settings, port, unix_socket_directories: folder }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const log = openSync(join(folder, 'log'), 'a')
  const server = spawn(postgresProgram('postgres'), ['-D', join(folder, 'data'), ...all], {
    ...postgresAccount(),
    detached: true,
    stdio: ['ignore', log, log],
  })
  server.unref()
  closeSync(log)
  const pid = server.pid!
  writeFileSync(join(folder, 'server'), JSON.stringify({ pid, startedAt: findProcess(pid)?.startedAt }))
  await eventually('PostgreSQL is ready', () => {
    if (server.exitCode !== null) throw new Error(`PostgreSQL did not start: ${readFileSync(join(folder, 'log'), 'utf8').slice(-1000)}`)
    const lines = readIfThere(join(folder, 'data', 'postmaster.pid')).split('\n')
    // A killed server leaves its file behind.
    return lines[0] === String(pid) && /^(?:ready|standby)/.test(lines[7] ?? '')
  })
}

/** Stops every process of the server: `SIGINT` in an orderly way, `SIGQUIT` at once, `SIGKILL` as in a power failure. */
export async function stopCluster(folder: string, how: 'SIGINT' | 'SIGQUIT' | 'SIGKILL'): Promise<void> {
  const all = freezeCluster(folder)
  // A frozen process handles only SIGKILL.
  if (how === 'SIGKILL') for (const pid of all) signal(pid, how)
  else {
    if (all[0] !== undefined) signal(all[0], how)
    thawCluster(folder)
  }
  await eventually('PostgreSQL has ended', () => all.every((pid) => findProcess(pid) === undefined))
}

/** Freezes the whole server: connections stay open and get no response. Returns its processes, the first one first. */
export function freezeCluster(folder: string): number[] {
  const server = findServer(folder)
  if (server === undefined) return []
  // From here on it starts no further processes.
  signal(server, 'SIGSTOP')
  const children = childrenOf(server)
  for (const child of children) signal(child, 'SIGSTOP')
  return [server, ...children]
}

export function thawCluster(folder: string): void {
  const server = findServer(folder)
  if (server !== undefined) for (const pid of [server, ...childrenOf(server)]) signal(pid, 'SIGCONT')
}

export async function removeCluster(folder: string): Promise<void> {
  await stopCluster(folder, 'SIGQUIT').catch(() => stopCluster(folder, 'SIGKILL'))
  rmSync(folder, { recursive: true, force: true })
}

function findServer(folder: string): number | undefined {
  const text = readIfThere(join(folder, 'server'))
  if (text === '') return undefined
  const { pid, startedAt } = JSON.parse(text) as { pid: number; startedAt: string }
  return findProcess(pid)?.startedAt === startedAt ? pid : undefined
}

function readIfThere(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}

/** A separate process, so that it outlives the one that it watches. */
function startKeeper(folder: string, owner: number): void {
  const program = fileURLToPath(import.meta.resolve('./postgres-keeper.fixture.ts'))
  spawn(process.execPath, ['--conditions=@countersign/source', program, folder, String(owner)], { detached: true, stdio: 'ignore' }).unref()
}

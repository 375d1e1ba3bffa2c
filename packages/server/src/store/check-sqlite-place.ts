// Refuses a place for a SQLite file where SQLite cannot keep its promises, before anything is created there.
import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { StoreError } from './store-errors.ts'

/**
 * Numbers of Linux (statfs(2)). The WAL needs memory that all processes share and locks that hold, which SQLite's documentation denies to
 * network file systems.
 */
const networkFileSystems = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xfe534d42, 'SMB'],
  [0xff534d42, 'SMB'],
  [0x5346414f, 'AFS'],
  [0x6b414653, 'AFS'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0x7461636f, 'OCFS2'],
  [0x01161970, 'GFS2'],
])

/** They may be local or not, which the number does not tell. */
const unclearFileSystems = new Map([
  [0x65735546, 'FUSE'],
  [0x01021997, '9p'],
  [0x786f4256, 'a shared folder of VirtualBox'],
])

interface System {
  /** The number of the file system of a folder. */
  readonly typeOf: (folder: string) => number
  /** @throws Error without the access */
  readonly access: (path: string, mode: number) => void
}

const thisSystem: System = {
  typeOf: (folder) => (process.platform === 'linux' ? statfsSync(folder).type : 0),
  access: accessSync,
}

/** @param say gets a warning @throws StoreError */
export function checkSqlitePlace(file: string, say: (message: string) => void, { typeOf, access }: System = thisSystem): void {
  if (file === ':memory:') return
  const folder = nearestFolder(dirname(resolve(file)))
  try {
    access(folder, constants.W_OK | constants.X_OK)
    for (const existing of [file, `${file}-wal`, `${file}-shm`, `${file}.lock`].filter((name) => existsSync(name)))
      access(existing, constants.R_OK | constants.W_OK)
  } catch (cause) {
    throw new StoreError(
      `Cannot use the store "${file}": ${(cause as Error).message}. Let this user write the folder "${folder}" and the files of the store in it: SQLite creates and removes files beside its own.`,
      { cause },
    )
  }
  warnIfOpen(file, folder, say)
  const type = typeOf(folder) >>> 0
  const network = networkFileSystems.get(type)
  if (network !== undefined)
    throw new StoreError(
      `Cannot use the store "${file}": it is on a network file system (${network}), on which SQLite loses or damages data. Use a local disk, or PostgreSQL.`,
    )
  const unclear = unclearFileSystems.get(type)
  if (unclear !== undefined)
    say(`The store "${file}" is on ${unclear}. If that is not a local disk of this machine, SQLite loses or damages data there.`)
}

/** Not refused like a file with a key: its secrets are digests or encrypted. But write access to it grants any right (decisions/047). */
function warnIfOpen(file: string, folder: string, say: (message: string) => void): void {
  if (process.platform === 'win32' || (statSync(folder).mode & 0o001) === 0) return
  for (const existing of [file, `${file}-wal`].filter((name) => existsSync(name))) {
    const { mode } = statSync(existing)
    if ((mode & 0o007) !== 0)
      say(
        `The store "${existing}" is accessible to every user of this machine (mode ${(mode & 0o777).toString(8)}), who could read or change rights in it. Run "chmod o= '${existing}'".`,
      )
  }
}

/** The folder itself, or the one that it would be created in. */
function nearestFolder(folder: string): string {
  return existsSync(folder) || folder === dirname(folder) ? folder : nearestFolder(dirname(folder))
}

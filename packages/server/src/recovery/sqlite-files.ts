// Backups of a store that is a file: taken beside the running server, and put where no store is.
import { closeSync, copyFileSync, constants, existsSync, fsyncSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileOf, resolveLocation } from '../store/location.ts'
import { copySqlite } from '../store/read-sqlite.ts'
import { readStore } from '../store/inspect-store.ts'
import { refuseStoreInUse } from '../store/sqlite.ts'
import { StoreError } from '../store/store-errors.ts'

/** Copies the store as it is at one moment; whoever uses it goes on. @throws StoreError */
export function backUpSqlite(location: string, target: string): void {
  const file = fileOf(resolveLocation(location))
  if (!existsSync(file)) throw new StoreError(`The store "${file}" does not exist, so there is nothing to back up.`)
  try {
    copySqlite(file, target)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST')
      throw new StoreError(`"${target}" exists already, and a backup overwrites nothing. Choose another name.`, { cause })
    throw new StoreError(`Cannot back up the store "${file}" to "${target}": ${(cause as Error).message}.`, { cause })
  }
}

/** Puts a backup where the configuration expects the store. @throws StoreError where one is there, or parts of one */
export async function putBackSqlite(backup: string, location: string): Promise<void> {
  const file = fileOf(resolveLocation(location))
  for (const left of [file, `${file}-wal`, `${file}-shm`]) {
    if (existsSync(left))
      throw new StoreError(
        `"${left}" is there already, and a restore overwrites nothing. Stop the server and move "${file}", "${file}-wal" and "${file}-shm" away first, if they are there.`,
      )
  }
  await readStore(`sqlite:${backup}`, async () => {}) // Refuses what is no backup of ours.
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  refuseStoreInUse(file)
  rmSync(file) // The lock makes an empty one.
  copyFileSync(backup, file, constants.COPYFILE_EXCL)
  const handle = openSync(file, 'r+')
  fsyncSync(handle)
  closeSync(handle)
}

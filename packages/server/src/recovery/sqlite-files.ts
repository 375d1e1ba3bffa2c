// Backups of a store that is a file: taken while the server runs, and restored only to a place without a store.
import { closeSync, copyFileSync, constants, existsSync, fsyncSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileOf, resolveLocation } from '../store/location.ts'
import { copySqlite } from '../store/read-sqlite.ts'
import { readStore } from '../store/inspect-store.ts'
import { refuseStoreInUse } from '../store/sqlite.ts'
import { StoreError } from '../store/store-errors.ts'

/** Copies the store as of one moment; the server continues to use it. @throws StoreError */
export function backUpSqlite(location: string, target: string): void {
  const file = fileOf(resolveLocation(location))
  if (!existsSync(file)) throw new StoreError(`The store "${file}" does not exist, so there is nothing to back up.`)
  try {
    copySqlite(file, target)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST')
      throw new StoreError(`"${target}" already exists; a backup never overwrites a file. Choose another name.`, { cause })
    throw new StoreError(`Cannot back up the store "${file}" to "${target}": ${(cause as Error).message}.`, { cause })
  }
}

/** Copies a backup to the configured location of the store. @throws StoreError if a store, or a part of one, exists there */
export async function putBackSqlite(backup: string, location: string): Promise<void> {
  const file = fileOf(resolveLocation(location))
  for (const left of [file, `${file}-wal`, `${file}-shm`]) {
    if (existsSync(left))
      throw new StoreError(
        `"${left}" already exists; a restore never overwrites a store. Stop the server and move "${file}", "${file}-wal" and "${file}-shm" away first, if they are there.`,
      )
  }
  await readStore(`sqlite:${backup}`, async () => {}) // Rejects a file that is not a backup of Countersign.
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  refuseStoreInUse(file)
  rmSync(file) // The lock creates an empty file.
  copyFileSync(backup, file, constants.COPYFILE_EXCL)
  const handle = openSync(file, 'r+')
  fsyncSync(handle)
  closeSync(handle)
}

// The spool file that this server writes. Its handle and lock stay open: the file can be removed, replaced or shortened from outside.
import { mkdirSync, rmSync, statSync } from 'node:fs'
import { open, writeFile, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../log.ts'
import { lockSpool, nameSpool, removeLock, type SpoolLock } from './spool-owner.ts'
import type { SpoolPosition } from './spool-position.ts'

export interface OwnSpool {
  /** The path. */
  readonly spool: string
  handle: FileHandle
  lock: SpoolLock | undefined
  /** In bytes; the end of the last row. */
  size: number
  moved: SpoolPosition
}

type SpoolLog = Pick<Log, 'error' | 'warn'>

export function makeSpoolDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
}

/** @param number counts the spools of this process */
export async function beginOwnSpool(directory: string, node: string, number: number, log: SpoolLog): Promise<OwnSpool> {
  const spool = join(directory, nameSpool(node, number))
  const lock = lockSpool(spool)
  try {
    const handle = await open(spool, 'wx+', 0o600)
    log.warn(`Audit events are spooled to "${spool}" until the store is available again.`)
    return { spool, handle, lock, size: 0, moved: { position: 0, damaged: 0 } }
  } catch (error) {
    removeLock(spool, lock)
    throw error
  }
}

/** Resolves once the lines are on disk. */
export async function appendToOwn(own: OwnSpool, lines: Buffer): Promise<void> {
  try {
    await writeAt(own.handle, lines, own.size)
    await own.handle.datasync()
    own.size += lines.length
  } catch (error) {
    await own.handle.truncate(own.size).catch(() => {}) // Otherwise the next rows replace the partial one.
    throw error
  }
}

/** If the file was removed, moved or replaced from outside: this process can still read what it wrote through its open handle. */
export async function putBackIfGone(own: OwnSpool, directory: string, log: SpoolLog): Promise<void> {
  const { spool, handle: lost, lock } = own
  if (statSync(spool, { throwIfNoEntry: false })?.ino === (await lost.stat()).ino) return
  makeSpoolDirectory(directory)
  rmSync(spool, { force: true })
  const newLock = lockSpool(spool) // Undefined if the file of the lock is still there.
  const found = await open(spool, 'wx+', 0o600)
  try {
    await copyStart(lost, found, own.size)
    await found.datasync()
  } catch (error) {
    rmSync(spool, { force: true }) // Retried with the next events.
    newLock?.close()
    await found.close()
    throw error
  }
  log.warn(
    `The spool "${spool}" was removed or replaced while this server was using it; it was written again. Do not touch files of the spool.`,
  )
  own.handle = found
  own.lock = newLock ?? lock
  await lost.close()
  if (newLock) lock?.close()
}

/** Whether another program shortened the file. What it cut off is lost. */
export async function noteShortened(own: OwnSpool, log: SpoolLog): Promise<boolean> {
  const { size } = await own.handle.stat()
  if (size >= own.size) return false
  log.error(`The spool "${own.spool}" was shortened from ${own.size} to ${size} bytes by another program: audit events are lost.`)
  own.size = size
  own.moved = { position: Math.min(own.moved.position, size), damaged: own.moved.damaged + 1 }
  return true
}

export async function closeOwn({ handle, lock }: OwnSpool): Promise<void> {
  await handle.close()
  lock?.close()
}

/** @throws if the disk does not take a batch of events */
export async function probeSpoolDisk(directory: string, node: string): Promise<void> {
  makeSpoolDirectory(directory)
  const file = join(directory, `${node}.probe`)
  try {
    await writeFile(file, Buffer.alloc(probeBytes), { mode: 0o600, flush: true })
  } finally {
    rmSync(file, { force: true })
  }
}

/** More than most batches have. */
const probeBytes = 16 * 1024

const copiedAtOnce = 1024 * 1024

async function copyStart(from: FileHandle, to: FileHandle, length: number): Promise<void> {
  const buffer = Buffer.alloc(Math.min(copiedAtOnce, length))
  for (let at = 0; at < length;) {
    const { bytesRead } = await from.read(buffer, 0, Math.min(buffer.length, length - at), at)
    if (bytesRead === 0) return
    await writeAt(to, buffer.subarray(0, bytesRead), at)
    at += bytesRead
  }
}

/** Not appended: a partial row that could not be removed is overwritten. */
async function writeAt(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position + written)
    written += bytesWritten
  }
}

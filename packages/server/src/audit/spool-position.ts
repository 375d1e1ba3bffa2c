// How far a spool file is in the store, in a small file beside it, so that a restart goes on from there. Losing it costs only time,
// because an event is stored once however often it is sent.
import { existsSync, rmSync } from 'node:fs'
import { readFile, writeFile, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { listSpools } from './spool-owner.ts'

const positionSchema = z.object({
  position: z.int().min(1),
  /** The bytes before the position, in base64: in another file, or after a change, they differ. They contain the MAC of a row. */
  before: z.string(),
  /** The number of damaged lines before the position. */
  damaged: z.int().min(0),
})

export interface SpoolPosition {
  readonly position: number
  readonly damaged: number
}

const start: SpoolPosition = { position: 0, damaged: 0 }
const bytesBefore = 64

const suffix = '.position'
const placeOf = (spool: string): string => spool + suffix

/** The start of the file if it has no valid position. */
export async function readPosition(spool: string, file: FileHandle): Promise<SpoolPosition> {
  try {
    const { before, ...kept } = positionSchema.parse(JSON.parse(await readFile(placeOf(spool), 'utf8')))
    return before === (await readBefore(file, kept.position)) ? kept : start
  } catch {
    return start
  }
}

/** Never fails: on a full disk the spool must drain all the same. */
export async function keepPosition(spool: string, file: FileHandle, { position, damaged }: SpoolPosition): Promise<void> {
  try {
    const kept = { position, before: await readBefore(file, position), damaged }
    await writeFile(placeOf(spool), JSON.stringify(kept), { mode: 0o600 })
  } catch {
    removePosition(spool)
  }
}

export function removePosition(spool: string): void {
  rmSync(placeOf(spool), { force: true })
}

/** The server of a spool that was moved while it ran has removed only the spool. */
export function removeStrayPositions(directory: string): void {
  for (const name of listSpools(directory)) {
    if (!name.endsWith(suffix)) continue
    const spool = join(directory, name.slice(0, -suffix.length))
    if (!existsSync(spool)) removePosition(spool)
  }
}

async function readBefore(file: FileHandle, position: number): Promise<string> {
  const length = Math.min(bytesBefore, position)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position - length)
  if (bytesRead < length) throw new RangeError('The position is behind the end of the file')
  return buffer.toString('base64')
}

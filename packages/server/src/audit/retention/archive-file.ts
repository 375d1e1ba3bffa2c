// Archives: gzip files of JSON lines. The first line describes the archive, the next are the seals that cover its events, and the rest are the
// events as they are stored, with their MACs, so that an archive can be read and searched with usual programs and proven years later.
import { createHash } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { NumberRange } from '../events/kinds.ts'
import { instantOf } from '../../node-ids.ts'
import type { EventClass } from './event-classes.ts'
import type { Pace } from './pace.ts'
import type { PieceArchive } from './pieces.ts'

export interface ArchiveHeader {
  readonly archive: typeof archiveName
  readonly version: 1
  readonly class: EventClass
  readonly from: string
  readonly to: string
  readonly events: number
  readonly seals: number
  /** The numbers of the events, by node. */
  readonly nodes: Readonly<Record<string, readonly NumberRange[]>>
  /** SHA-256 of the lines of the events. */
  readonly digest: string
}

export const archiveName = 'countersign audit log'

export const isArchiveName = (name: string): boolean => /^audit-(?:tokens|refusals|changes)-[0-9TZ]+-[0-9TZ]+-\d+\.jsonl\.gz$/.test(name)

/** With the times of the first and the last event; the number distinguishes archives of the same time. */
export function nameArchive(
  name: EventClass,
  { firstId, lastId }: { readonly firstId: string; readonly lastId: string },
  number: number,
): string {
  const compact = (id: string) => new Date(instantOf(id)).toISOString().replace(/\.\d+|[-:]/g, '')
  return `audit-${name}-${compact(firstId)}-${compact(lastId)}-${number}.jsonl.gz`
}

/**
 * Writes a file that is complete and on disk under its name, or not there. A file of this content that a crash left behind is used as it is;
 * any other is left alone, because a store that was restored since may need it.
 * @param check reads the written file back. @throws what it throws, and any system error
 */
export async function writeArchive(
  folder: string,
  nameOf: (number: number) => string,
  chunks: readonly Buffer[],
  check: (path: string, written: Omit<PieceArchive, 'file'>) => Promise<void>,
): Promise<PieceArchive> {
  const sha256 = digestOf(chunks)
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  const part = join(folder, `${nameOf(1)}.${process.pid}.part`)
  let number = 1
  try {
    // The folder is not created: it may be on a disk that is not there now.
    await writeSynced(part, chunks)
    await check(part, { bytes, sha256 })
    for (; existsSync(join(folder, nameOf(number))); number++) {
      const found = join(folder, nameOf(number))
      if ((await stat(found)).size === bytes && (await hashFile(found)) === sha256) {
        await syncFolder(folder)
        return { file: nameOf(number), bytes, sha256 }
      }
    }
    await rename(part, join(folder, nameOf(number)))
    await syncFolder(folder)
    return { file: nameOf(number), bytes, sha256 }
  } finally {
    await rm(part, { force: true }).catch(() => {})
  }
}

async function writeSynced(file: string, chunks: readonly Buffer[]): Promise<void> {
  await rm(file, { force: true })
  await using handle = await open(file, 'wx', 0o600)
  for (const chunk of chunks) await handle.writeFile(chunk)
  await handle.sync()
}

/** Without it a power failure could lose the name of a file whose content is on disk. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  await using handle = await open(folder, 'r')
  await handle.sync()
}

function digestOf(chunks: readonly Buffer[]): string {
  const hash = createHash('sha256')
  for (const chunk of chunks) hash.update(chunk)
  return hash.digest('hex')
}

export async function hashFile(path: string, pace?: Pace): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    if (pace) await pace.step(async () => void hash.update(chunk))
    else hash.update(chunk)
  }
  return hash.digest('hex')
}

/** @throws ArchiveError unless the file is there as it was recorded */
export async function refuseAltered(path: string, { bytes, sha256 }: Omit<PieceArchive, 'file'>, pace?: Pace): Promise<void> {
  const size = await sizeOf(path)
  if (size !== bytes) throw new ArchiveError(path, `it has ${size} bytes instead of ${bytes}`)
  if ((await hashFile(path, pace)) !== sha256) throw new ArchiveError(path, 'its SHA-256 is not the recorded one')
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
    throw new ArchiveError(path, isMissing ? `it is not in "${dirname(path)}"` : (cause as Error).message, { cause, isMissing })
  }
}

/** An archive is missing or not as it was written. */
export class ArchiveError extends Error {
  override name = 'ArchiveError'
  readonly isMissing: boolean

  constructor(path: string, why: string, { cause, isMissing = false }: { readonly cause?: unknown; readonly isMissing?: boolean } = {}) {
    super(`The archive "${basename(path)}" of the audit log is ${isMissing ? 'missing' : 'not as it was written'}: ${why}.`, { cause })
    this.isMissing = isMissing
  }
}

// Reads an archive line by line, and proves its events: each has a valid MAC, and they are exactly those that a record or the archive's own
// first line lists.
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { nodeOf, numberOf } from '../../node-ids.ts'
import type { StoredEvent } from '../events/event-row.ts'
import type { NameRemovals } from '../removed-names/recorded-removals.ts'
import { archiveName, ArchiveError, type ArchiveHeader } from './archive-file.ts'
import { classOf } from './event-classes.ts'
import { countNumbers, hasNumber, type NumberRanges } from './number-ranges.ts'
import type { Pace } from './pace.ts'
import type { Piece } from './pieces.ts'

/** No event is longer by far. */
const maxLineBytes = 64 * 1024 * 1024

/** Lists of lines, as they are decompressed. @throws ArchiveError for anything but a gzip file of lines */
async function* readLines(path: string): AsyncGenerator<string[]> {
  await refuseOtherThanFile(path)
  // An error of one stream ends the other, and the loop with it.
  const unzipped = pipeline(createReadStream(path), createGunzip(), () => {})
  let rest: Buffer[] = []
  let restBytes = 0
  try {
    for await (const chunk of unzipped as AsyncIterable<Buffer>) {
      const end = chunk.lastIndexOf(10)
      if (end >= 0) {
        const text = Buffer.concat([...rest, chunk.subarray(0, end)]).toString()
        rest = []
        restBytes = 0
        yield text.split('\n')
      }
      rest.push(chunk.subarray(end + 1))
      restBytes += chunk.length - end - 1
      if (restBytes > maxLineBytes) throw new ArchiveError(path, 'it has a line that is too long')
    }
  } catch (error) {
    throw error instanceof ArchiveError ? error : new ArchiveError(path, (error as Error).message, { cause: error })
  }
  if (restBytes > 0) throw new ArchiveError(path, 'its last line is incomplete')
}

/** A pipe under the name of an archive would be waited for, for ever. */
async function refuseOtherThanFile(path: string): Promise<void> {
  const found = await stat(path).catch((cause: Error) => {
    throw new ArchiveError(path, cause.message, { cause })
  })
  if (!found.isFile()) throw new ArchiveError(path, 'it is not a file')
}

export interface ArchiveLines {
  readonly header?: ArchiveHeader
  /** The lines of seals. */
  readonly seals: readonly object[]
  readonly rows: readonly StoredEvent[]
}

/** @throws ArchiveError */
export async function* readArchive(path: string): AsyncGenerator<ArchiveLines> {
  let isFirst = true
  for await (const lines of readLines(path)) {
    const values = lines.map((line) => parseLine(path, line))
    if (isFirst) {
      const [header, ...rest] = values as [ArchiveHeader, ...StoredEvent[]]
      if (header.archive !== archiveName || header.version !== 1) throw new ArchiveError(path, 'this version does not know its format')
      if (!hasNodes(header)) throw new ArchiveError(path, 'its first line does not list its events')
      isFirst = false
      yield { header, seals: rest.filter((value) => !isEvent(value)), rows: rest.filter(isEvent) }
    } else yield { seals: values.filter((value) => !isEvent(value)), rows: values.filter(isEvent) }
  }
  if (isFirst) throw new ArchiveError(path, 'it is empty')
}

/** Seals have their own member. */
const isEvent = (value: object): value is StoredEvent => 'id' in value

/** The file may be of anybody who can write to the folder: what a record names was compared with its SHA-256 before. */
function hasNodes({ nodes }: { readonly nodes?: unknown }): boolean {
  const isRange = (range: unknown) => Array.isArray(range) && range.length === 2 && range.every(Number.isSafeInteger)
  if (typeof nodes !== 'object' || nodes === null) return false
  return Object.values(nodes).every((ranges: unknown) => Array.isArray(ranges) && ranges.every(isRange))
}

/** What is read of an event before its MAC is checked. */
function hasTexts({ id, mac, kind, outcome, detail }: StoredEvent): boolean {
  return [id, mac, kind, outcome, detail].every((text: unknown) => typeof text === 'string')
}

function parseLine(path: string, line: string): object {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value === 'object' && value !== null && (!isEvent(value) || hasTexts(value))) return value
  } catch {
    // Below.
  }
  throw new ArchiveError(path, 'a line is not a JSON object, or an event without its texts')
}

export type ListedEvents = Pick<Piece, 'class' | 'events' | 'removed'>

/** @throws ArchiveError, MissingKeyError unless the archive has exactly these events, each as it was written */
export async function proveArchive(path: string, listed: ListedEvents | undefined, names: NameRemovals, pace?: Pace): Promise<void> {
  let expected = listed
  const lastOf = new Map<string, number>()
  let [events, lastId] = [0, '']
  const check = (row: StoredEvent) => {
    const [node, number] = [nodeOf(row.id), numberOf(row.id)]
    const key = names.findMissingKey(row)
    if (key !== undefined && names.findFault(row) === 'missing-key') throw new MissingKeyError(path, row.id, key)
    const isListed = expected !== undefined && classOf(row) === expected.class && hasNumber(expected.removed.get(node) ?? [], number)
    if (names.findFault(row) !== undefined || !isListed || row.id <= lastId || number <= (lastOf.get(node) ?? 0))
      throw new ArchiveError(path, `its event "${row.id}" is not as it was written, or not in its place`)
    lastOf.set(node, number)
    lastId = row.id
    events++
  }
  for await (const { header, rows } of readArchive(path)) {
    if (header) expected ??= { class: header.class, events: header.events, removed: new Map(Object.entries(header.nodes)) }
    if (pace) await pace.step(async () => rows.forEach(check))
    else rows.forEach(check)
  }
  const numbers = [...(expected?.removed.values() ?? [])].reduce((sum: number, ranges: NumberRanges) => sum + countNumbers(ranges), 0)
  if (events !== expected?.events || events !== numbers) throw new ArchiveError(path, `it has ${events} of ${expected?.events} events`)
}

/** Whether the event is as it was written cannot be decided. */
export class MissingKeyError extends Error {
  override name = 'MissingKeyError'
  readonly id: string
  readonly key: string

  constructor(path: string, id: string, key: string) {
    super(`The archive "${path}" of the audit log names ${key}, which is not in the configuration.`)
    this.id = id
    this.key = key
  }
}

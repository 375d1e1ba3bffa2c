// Spools events while the database cannot take them: a file on this machine, synced before any request is answered. When the database is
// back the events move there, and only then is the file removed. Moving is idempotent: an event is stored once.
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { open, readFile, unlink, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../log.ts'
import type { AuditSpool } from './audit-log.ts'
import type { EventRow } from './events/event-row.ts'

export interface SpoolOptions {
  readonly directory: string
  readonly node: string
  readonly writeToStore: (rows: readonly EventRow[]) => Promise<unknown>
  readonly log: Pick<Log, 'warn' | 'info'>
}

export interface DrainableSpool extends AuditSpool {
  /** The number of spooled events of this run, and the bytes in the spool, including those of earlier runs. */
  measure(): { readonly events: number; readonly bytes: number }
  /** Moves spooled events into the store. Does nothing if there are none or if a move is already running. */
  drain(): Promise<void>
  close(): Promise<void>
}

/** Rows per insert into the store. */
const drainedAtOnce = 500

export function createAuditSpool({ directory, node, writeToStore, log }: SpoolOptions): DrainableSpool {
  makeDirectory()
  const file = join(directory, `${node}-${process.pid}-${thisProcessSince}.jsonl`)
  let handle: FileHandle | undefined
  let written = 0
  let moved = 0
  let size = 0
  let draining: Promise<void> | undefined

  async function write(rows: readonly EventRow[]): Promise<void> {
    // Counted before the write: a concurrent drain must not take the spool for empty.
    written += rows.length
    const lines = Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
    try {
      if (!handle) {
        handle = await open(file, 'a+', 0o600)
        log.warn(`Audit events are spooled to "${file}" until the store is available again.`)
      } else if (await isGone(handle)) handle = await putBack(handle)
      await handle.appendFile(lines)
      await handle.datasync()
      size += lines.length
    } catch (error) {
      written -= rows.length
      await handle?.truncate(size).catch(() => {}) // A partial line would corrupt the next one.
      throw error
    }
  }

  /** The file was removed, moved or replaced from outside: this process can still read what it wrote through its open handle. */
  async function isGone(open: FileHandle): Promise<boolean> {
    return statSync(file, { throwIfNoEntry: false })?.ino !== (await open.stat()).ino
  }

  async function putBack(lost: FileHandle): Promise<FileHandle> {
    makeDirectory()
    rmSync(file, { force: true })
    const found = await open(file, 'ax+', 0o600)
    try {
      await found.appendFile(await readStart(lost, size))
      await found.datasync()
    } catch (error) {
      rmSync(file, { force: true }) // Retried with the next events.
      await found.close()
      throw error
    }
    log.warn(
      `The spool "${file}" was removed or replaced while this server was using it; it was written again. Do not touch files of the spool.`,
    )
    await lost.close()
    return found
  }

  function makeDirectory(): void {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
  }

  async function moveAll(): Promise<void> {
    await moveLeftovers()
    if (!handle) return
    while (moved < written) {
      const rows = parseRows((await readStart(handle, size)).toString()).slice(moved)
      if (rows.length === 0) return // Rows that are being written now are moved by the next drain.
      moved += await moveRows(rows)
    }
    const emptied = handle
    // No await between these steps: a write after this line begins a new file and never goes into the old one.
    rmSync(file, { force: true })
    handle = undefined
    written = moved = size = 0
    log.info('All spooled audit events are in the store now.')
    await emptied.close()
  }

  /** Spool files of ended servers of this machine that they had not moved yet. */
  async function moveLeftovers(): Promise<void> {
    for (const name of readdirSync(directory)) {
      const [, pid, since] = /^[0-9a-f]{8}-(\d+)(?:-(\d+))?\.jsonl$/.exec(name) ?? []
      if (pid === undefined || join(directory, name) === file || isAlive(Number(pid), Number(since))) continue
      const rows = parseRows(await readFile(join(directory, name), 'utf8'))
      await moveRows(rows)
      await unlink(join(directory, name)).catch(() => {}) // Another server of this machine was faster.
      log.info(`${rows.length} audit events of an earlier run are in the store now.`)
    }
  }

  async function moveRows(rows: readonly EventRow[]): Promise<number> {
    for (let at = 0; at < rows.length; at += drainedAtOnce) await writeToStore(rows.slice(at, at + drainedAtOnce))
    return rows.length
  }

  return {
    get isInUse() {
      return handle !== undefined || written > 0
    },
    measure: () => ({ events: written - moved, bytes: sizeOf(directory) }),
    write,
    drain: () => (draining ??= moveAll().finally(() => (draining = undefined))),
    async close() {
      await draining?.catch(() => {})
      await handle?.close()
    },
  }
}

function sizeOf(directory: string): number {
  const spools = readdirSync(directory).filter((name) => name.endsWith('.jsonl'))
  const files = spools.map((name) => statSync(join(directory, name), { throwIfNoEntry: false }))
  return files.reduce((sum, file) => sum + (file?.isFile() ? file.size : 0), 0)
}

/** A truncated last line was never acknowledged. */
function parseRows(text: string): EventRow[] {
  const lines = text.split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line) as EventRow)
}

/** Reads through the open handle, whatever its name now refers to. */
async function readStart(file: FileHandle, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length)
  for (let at = 0; at < length;) {
    const { bytesRead } = await file.read(bytes, at, length - at, at)
    if (bytesRead === 0) return bytes.subarray(0, at)
    at += bytesRead
  }
  return bytes
}

/** The start time of this process, in milliseconds since the epoch. In containers every server has the same process id. */
const thisProcessSince = Math.round(performance.timeOrigin)

function isAlive(pid: number, since: number): boolean {
  if (pid === process.pid) return since === thisProcessSince
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

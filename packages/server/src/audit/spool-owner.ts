// Which server a spool file belongs to. Its lock answers that: a server holds it from before it creates the file. A process id alone would
// not: another program may have it by now, and in containers every server has the same. Files of earlier versions have no lock; for these
// the process id counts only together with the start of the process.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { FileLockedError, lockFile, type FileLock } from '../store/file-lock.ts'

export interface SpoolLock extends FileLock {
  /** The file had a lock that nothing holds any more. */
  readonly provesEnd: boolean
}

const lockOf = (spool: string): string => `${spool}.lock`

/** Undefined if another server, or this one, uses the file. Where files cannot be locked, the names of the files have to suffice. */
export function lockSpool(spool: string): SpoolLock | undefined {
  const provesEnd = existsSync(lockOf(spool))
  try {
    const lock = lockFile(lockOf(spool))
    return { provesEnd, close: () => lock.close() }
  } catch (error) {
    return error instanceof FileLockedError ? undefined : { provesEnd: false, close() {} }
  }
}

/** For a spool that has been removed. */
export function removeLock(spool: string, lock: SpoolLock | undefined): void {
  lock?.close()
  rmSync(lockOf(spool), { force: true })
}

/** @param number counts the spools of this process, because a lock of a removed one may still be open elsewhere */
export function nameSpool(node: string, number: number): string {
  return `${node}-${process.pid}-${thisProcessSince}${number === 1 ? '' : `-${number}`}.jsonl`
}

export const isSpoolName = (name: string): boolean => /^[0-9a-f]{8}-.*\.jsonl$/.test(name)

/** All files of the folder; none if it was removed. */
export function listSpools(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Whether the process that a file is named after may still run. True in doubt. */
export function mayHaveOwner(name: string): boolean {
  const [, process, since] = /^[0-9a-f]{8}-(\d+)(?:-(\d+))?(?:-\d+)?\.jsonl$/.exec(name) ?? []
  if (process === undefined) return false
  return mayRun(Number(process), since === undefined ? undefined : Number(since))
}

/** The start of this process, in milliseconds since the epoch. */
const thisProcessSince = Math.round(performance.timeOrigin)

function mayRun(pid: number, since: number | undefined): boolean {
  if (pid === process.pid) return since === thisProcessSince
  if (!exists(pid)) return false
  const startedAt = readStart(pid)
  return since === undefined || startedAt === undefined || Math.abs(startedAt - since) < toleratedMs
}

/** Linux keeps the start in hundredths of a second after the boot, and the boot in whole seconds. */
const toleratedMs = 5000

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Milliseconds since the epoch; undefined where the system does not tell, as on any but Linux. */
function readStart(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The 22nd field; the second, the name of the program in parentheses, may contain spaces and parentheses.
    const ticks = Number(stat.slice(stat.lastIndexOf(')')).split(' ')[20])
    const boot = Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1])
    const startedAt = boot * 1000 + ticks * 10
    return Number.isFinite(startedAt) ? startedAt : undefined
  } catch {
    return undefined
  }
}

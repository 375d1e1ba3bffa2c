// Spool files that ended servers of this machine left behind. Each is moved on its own: one that cannot be read is reported and blocks
// no other.
import { lstat, open } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../log.ts'
import { isDamagedName, putAway, StoreWriteError, type MoveSpool } from './move-spool.ts'
import { isSpoolName, listSpools, lockSpool, mayHaveOwner, removeLock } from './spool-owner.ts'
import { readPosition, removeStrayPositions } from './spool-position.ts'

export interface LeftSpools {
  /** Moves all files that no server uses. @throws StoreWriteError */
  move(): Promise<void>
  /** Files that need an operator, each with the reason. */
  problems(): readonly string[]
}

interface LeftSpoolsOptions {
  readonly directory: string
  readonly moveSpool: MoveSpool
  /** Called after each piece. Returns whether to go on. */
  readonly betweenPieces: () => Promise<boolean>
  readonly log: Pick<Log, 'info' | 'error'>
}

/** A copy that was renamed may be a spool, or another program's file, which must not be moved or renamed. */
const isMisnamed = (name: string): boolean => name.endsWith('.jsonl') && !isSpoolName(name)
const misnamed = 'does not have the name that its server gave it, so it is not read: give it that name, or move it to another folder'

export function createLeftSpools({ directory, moveSpool, betweenPieces, log }: LeftSpoolsOptions): LeftSpools {
  let problems = new Map<string, string>()

  async function move(): Promise<void> {
    const found = new Map<string, string>()
    const tell = (name: string, problem: string) => {
      found.set(name, problem)
      if (problems.get(name) !== problem) log.error(`${problem}. Its audit events are missing in the store.`)
    }
    const names = listSpools(directory)
    for (const name of names.filter(isSpoolName)) {
      const problem = await moveFile(name)
      if (problem !== undefined) tell(name, problem)
    }
    removeStrayPositions(directory)
    for (const name of listSpools(directory).filter(isDamagedName))
      found.set(name, `"${join(directory, name)}" contains lines that are no audit events`)
    for (const name of names.filter(isMisnamed)) tell(name, `"${join(directory, name)}" ${misnamed}`)
    problems = found
  }

  /** @returns the reason why the file needs an operator */
  async function moveFile(name: string): Promise<string | undefined> {
    const spool = join(directory, name)
    const lock = lockSpool(spool)
    if (!lock) return undefined
    let isDone = true
    try {
      isDone = await moveLocked(spool, lock.provesEnd || !mayHaveOwner(name))
      return undefined
    } catch (error) {
      if (error instanceof StoreWriteError) throw error
      const { code, message } = error as NodeJS.ErrnoException
      return code === 'ENOENT' ? undefined : `The spool "${spool}" cannot be moved: ${message}` // Another server was faster.
    } finally {
      if (isDone) removeLock(spool, lock)
      else lock.close()
    }
  }

  /**
   * A file whose server may still run is never removed, and only its whole lines are read: at worst its server stores the same rows again.
   * @returns whether all of the file is in the store
   */
  async function moveLocked(spool: string, hasNoOwner: boolean): Promise<boolean> {
    if (!(await lstat(spool)).isFile()) throw new Error('it is no file')
    const file = await open(spool, 'r')
    try {
      let { rows, ...moved } = { ...(await readPosition(spool, file)), rows: 0 }
      for await (const piece of moveSpool({ spool, file, from: moved, isComplete: hasNoOwner })) {
        moved = piece
        rows += piece.rows
        if (!(await betweenPieces())) return false
      }
      if (!hasNoOwner || (await file.stat()).size > moved.position) return true
      const kept = putAway(spool, moved)
      if (kept !== undefined)
        log.error(`${moved.damaged} lines of a spool are no audit events as a server wrote them. The whole file is kept as "${kept}".`)
      if (rows > 0) log.info(`${rows} audit events of an earlier run are in the store now.`)
      return true
    } finally {
      await file.close()
    }
  }

  return { move, problems: () => [...problems.values()] }
}

// Tells the other nodes how far this clock differs from the database's, learns theirs, and logs when the clock becomes wrong, when all
// nodes differ from the database, and when that is over.
import type { Clock } from './clock.ts'
import type { DatabaseClock } from './clock-difference.ts'
import type { Log } from './log.ts'
import { exchangeClocks, readDatabaseClock } from './store/node-clocks.ts'
import type { Store } from './store/store.ts'

export interface ClockWatchOptions {
  readonly store: Pick<Store, 'db' | 'isShared'>
  readonly node: string
  readonly databaseClock: Pick<DatabaseClock, 'compare' | 'difference' | 'failure' | 'measured' | 'warning'>
  readonly log: Pick<Log, 'error' | 'info'>
}

export interface ClockWatch {
  /** Called each time that the store has confirmed a commit. Joins a comparison that is under way, and never fails. */
  compare(): Promise<void>
  /** Measures and compares now, before anything is dated. Never fails: the first pull tells what is wrong with the store. */
  measureFirst(systemClock: Clock): Promise<void>
}

export function createClockWatch({ store, node, databaseClock, log }: ClockWatchOptions): ClockWatch {
  let told = ''
  let running: Promise<void> | undefined

  function tell(): void {
    const [failure, warning] = [databaseClock.failure(), databaseClock.warning()]
    const kind = failure !== undefined ? 'wrong' : warning !== undefined ? 'shared' : ''
    if (kind === told) return
    told = kind
    if (kind === 'wrong') log.error(`This node is not ready, and every request gets 503: ${failure}.`)
    else if (kind === 'shared') log.error(`Tokens and changes are dated by a clock that may be wrong: ${warning}.`)
    else log.info('The clocks of this machine and of the database agree again.')
  }

  async function compare(): Promise<void> {
    const difference = databaseClock.difference()
    if (!store.isShared || difference === undefined) return
    // What the others measured last still counts if they cannot be asked.
    const others = await exchangeClocks(store.db, node, difference).catch(() => undefined)
    if (others) databaseClock.compare(others)
    tell()
  }

  async function measureFirst(systemClock: Clock): Promise<void> {
    if (!store.isShared) return
    const before = systemClock()
    const databaseNow = await readDatabaseClock(store.db).catch(() => undefined)
    if (databaseNow === undefined) return
    databaseClock.measured({ before, after: systemClock(), databaseNow })
    await compare()
  }

  return { compare: () => (running ??= compare().finally(() => (running = undefined))), measureFirst }
}

// Keeps a directory true where several servers share a store: pulls the change log every second and on a hint, and says
// whether memory may be used. A server that was cut off for longer than its lease uses nothing that it remembers.
import type { Clock } from '../clock.ts'
import { readChangesSince } from '../store/change-log.ts'
import { untilAnswered } from '../store/first-answer.ts'
import type { Store } from '../store/store.ts'
import type { Cache } from './cache.ts'

export interface ChangeFollower {
  /** Whether memory may be used: the last pull is younger than the lease, and no clock jumped since. */
  isFresh(): boolean
  /** Whether the store answered when it was last asked. */
  isReachable(): boolean
  /** Whether it has not answered for a while: no request should wait to hear that again. */
  isAway(): boolean
  /** Why this server should get no requests, if so. */
  notReadyReason(): string | undefined
  /** What may become a reason, or keep changes from being made. */
  warning(): string | undefined
  /** How long ago the store was last heard of. */
  pullAgeSeconds(): number
  /** Pulls now. Resolves once memory holds what was committed before the call. @throws whatever the store throws */
  pull(): Promise<void>
  /** The first pull, before anybody is served: with more patience than a token request has. @throws whatever the store throws */
  pullFirst(): Promise<void>
  start(): void
  close(): void
}

export interface FollowOptions {
  readonly store: Store
  readonly cache: Pick<Cache, 'forget' | 'forgetRealm' | 'forgetAll'>
  /** How long memory may be used without hearing from the store. Milliseconds. */
  readonly lease: number
  readonly log: { error(message: string): void; warn(message: string): void; info(message: string): void }
  /** Called when the store answers, at every pull. */
  readonly onReachable?: (() => void) | undefined
  readonly wallClock?: Clock
  /** Milliseconds of a clock that nobody sets. */
  readonly monotonicClock?: () => number
}

const pullIntervalMs = 1000
/** By how much two clocks may differ: this machine's two, or its own and the database's. Milliseconds. */
const toleratedDifferenceMs = 5000
/** How full the queue of hints may be, from 0 to 1, before somebody should look who does not empty it. */
const tolerableQueueUsage = 0.5

interface Instant {
  readonly wall: number
  readonly monotonic: number
}

export function followChanges(options: FollowOptions): ChangeFollower {
  const { store, cache, lease, log, onReachable } = options
  const { wallClock = Date.now, monotonicClock = () => performance.now() } = options
  const now = (): Instant => ({ wall: wallClock(), monotonic: monotonicClock() })
  let cursor = 0
  let lastPull: Instant | undefined
  let failingSince: number | undefined
  let hasToldOfLease = false
  let clockDifference = 0
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined
  let isClosed = false
  let isQueueFilling = false

  /** Milliseconds. */
  const pullAge = (): number => (lastPull ? monotonicClock() - lastPull.monotonic : Infinity)

  const isFresh = (): boolean => {
    if (!lastPull) return false
    const { wall, monotonic } = now()
    const elapsed = monotonic - lastPull.monotonic
    // A machine that was suspended, or whose clock was set, does not know how long it heard nothing.
    return elapsed < lease && Math.abs(wall - lastPull.wall - elapsed) < toleratedDifferenceMs
  }

  async function pullOnce(): Promise<void> {
    const startedAt = now()
    const { revision, databaseNow, changes } = await readChangesSince(store.tokenPool, cursor)
    // An epoch that goes back is another database: a backup, or a standby that missed something.
    if (!isFresh() || revision < cursor || !changes) await cache.forgetAll()
    else
      for (const { realm, organizationId } of changes)
        await (organizationId === null ? cache.forgetRealm(realm) : cache.forget(organizationId))
    cursor = revision
    lastPull = startedAt
    clockDifference = databaseNow === undefined ? 0 : databaseNow - wallClock()
  }

  function sayWhereHintsPileUp(): void {
    const usage = store.hintQueueUsage()
    if (usage > tolerableQueueUsage && !isQueueFilling)
      log.warn(
        `The queue of NOTIFY in PostgreSQL is ${Math.round(usage * 100)} % full; when it is full other servers learn of a change only a second later. A session that listens does not end its transaction: find it in pg_stat_activity.`,
      )
    isQueueFilling = usage > tolerableQueueUsage
  }

  /** Once when it begins, and once when the lease ends; single requests that are refused meanwhile are no news. */
  function sayWhatIsServed({ message }: Error): void {
    const left = Math.max(0, lease - pullAge())
    if (failingSince === undefined)
      log.warn(
        `The store cannot be reached: ${message}. Known clients are served for ${Math.round(left / 1000)} s. From ${new Date(wallClock() + left).toISOString()} on, if it stays away, every request is refused.`,
      )
    if (isFresh() || hasToldOfLease) return
    hasToldOfLease = true
    log.error(`Nothing was heard of the store for longer than the lease, ${lease / 1000} s: every request is refused until it answers.`)
  }

  const pull = async (): Promise<void> => {
    try {
      await pullOnce()
    } catch (error) {
      sayWhatIsServed(error as Error)
      failingSince ??= monotonicClock()
      throw error
    }
    if (failingSince !== undefined) log.info(`The store is reached again after ${Math.round((monotonicClock() - failingSince) / 1000)} s.`)
    failingSince = undefined
    hasToldOfLease = false
    sayWhereHintsPileUp()
    onReachable?.()
  }

  /** Joins the pull that has not begun yet: the one under way may have read before the change that the caller waits for. */
  const pullSoon = (): Promise<void> => {
    if (!running) return (running = pull().finally(() => (running = undefined)))
    return (next ??= running.catch(() => {}).then(() => ((next = undefined), pullSoon())))
  }

  const pullRegularly = (): void => {
    if (isClosed) return
    timer = setTimeout(() => {
      pullSoon().then(pullRegularly, pullRegularly)
    }, pullIntervalMs).unref()
  }

  return {
    isFresh,
    isReachable: () => failingSince === undefined,
    isAway: () => failingSince !== undefined && monotonicClock() - failingSince >= 2 * pullIntervalMs,
    notReadyReason() {
      if (!isFresh()) return 'the store was not heard of for longer than the lease'
      if (Math.abs(clockDifference) > toleratedDifferenceMs)
        return `the clock of the database is ${Math.round(clockDifference / 1000)} s ahead of this machine's`
      return undefined
    },
    warning() {
      if (failingSince !== undefined) {
        const left = Math.round(Math.max(0, lease - pullAge()) / 1000)
        return `the store was not heard of for ${Math.round(pullAge() / 1000)} s; known clients are served for another ${left} s`
      }
      if (isQueueFilling) return `the queue of NOTIFY is ${Math.round(store.hintQueueUsage() * 100)} % full`
      return undefined
    },
    pullAgeSeconds: () => pullAge() / 1000,
    pull: pullSoon,
    pullFirst: () => untilAnswered(pullSoon),
    start() {
      store.onHint(() => void pullSoon().catch(() => {}))
      pullRegularly()
    },
    close() {
      isClosed = true
      clearTimeout(timer)
    },
  }
}

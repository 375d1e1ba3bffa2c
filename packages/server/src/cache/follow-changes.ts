// Keeps a directory true where several servers share a store: pulls the change log every second and on a hint, and says
// whether memory may be used. A server that was cut off for longer than its lease uses nothing that it remembers.
import type { Clock } from '../clock.ts'
import { toleratedDifferenceMs, type Measurement } from '../clock-difference.ts'
import { readChangesSince, type ChangesSince, type Cursor, type HistoryPlace } from '../store/change-log.ts'
import { untilAnswered } from '../store/first-answer.ts'
import type { Store } from '../store/store.ts'
import type { Cache } from './cache.ts'
import { createLease } from './lease.ts'
import { createStoreLog } from './store-log.ts'

export interface ChangeFollower {
  /** Whether memory may be used: the last confirmed pull is younger than the lease, and no clock jumped since. */
  isFresh(): boolean
  /** Resolves once the store can be believed: it may be an old primary. @throws whatever says that it cannot be now */
  untilFresh(): Promise<void>
  /** Whether this is the last change that this server has heard of. */
  isAt(place: HistoryPlace): boolean
  /** Whether the store answered when it was last asked. */
  isReachable(): boolean
  /** Whether it has not answered for a while: no request should wait to hear that again. */
  isAway(): boolean
  /** Why this server should get no requests, if so. */
  notReadyReason(): string | undefined
  /** What may become a reason, or keep changes from being made. */
  warning(): string | undefined
  /** How long ago the store was last heard of, by an answer that was a confirmed commit. */
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
  /** Called when the store confirms a commit: all that it took before is durable, and on the standby where one is waited for. */
  readonly onReachable?: (() => void) | undefined
  /** Told at every pull what the clock of the database says. */
  readonly onMeasured?: (measurement: Measurement) => void
  readonly wallClock?: Clock
  /** Milliseconds of a clock that nobody sets. */
  readonly monotonicClock?: () => number
}

const pullIntervalMs = 1000
/** How long a node stays ready while no commit is confirmed: a standby that restarts takes as long. Milliseconds. */
const toleratedWithoutCommits = 30_000
/** How full the queue of hints may be, from 0 to 1, before somebody should look who does not empty it. */
const tolerableQueueUsage = 0.5

export function followChanges(options: FollowOptions): ChangeFollower {
  const { store, cache, log, onReachable, onMeasured } = options
  const { wallClock = Date.now, monotonicClock = () => performance.now() } = options
  const now = () => ({ wall: wallClock(), monotonic: monotonicClock() })
  const lease = createLease(options.lease, now)
  const say = createStoreLog({ log, lease, leaseMilliseconds: options.lease, wallClock })
  let cursor: Cursor | undefined
  let failingSince: number | undefined
  let doubtedAt = -Infinity
  let clockDifference = 0
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined
  let isClosed = false
  let isQueueFilling = false

  async function read({ commits }: { commits: boolean }): Promise<void> {
    const startedAt = now()
    const found = await readChangesSince(store.tokenPool, { cursor, commits, tellsDatabase: store.tellsDatabase })
    const after = wallClock()
    const { databaseNow } = found
    clockDifference = databaseNow === undefined ? 0 : databaseNow - after
    if (databaseNow !== undefined) onMeasured?.({ before: startedAt.wall, after, databaseNow })
    await follow(found)
    if (!commits) return
    lease.renew(startedAt)
    onReachable?.()
  }

  async function follow({ changes, isOtherHistory, cursor: last }: ChangesSince): Promise<void> {
    if (cursor && isOtherHistory) say.otherHistory(cursor, last)
    if (!lease.isFresh() || !changes) await cache.forgetAll()
    else
      for (const { realm, organizationId } of changes)
        await (organizationId === null ? cache.forgetRealm(realm) : cache.forget(organizationId))
    cursor = last
  }

  /** A commit now and then shows that the database is not left behind; where it is not confirmed, what changed is heard all the same. */
  async function pullOnce(): Promise<void> {
    if (!lease.isDue() && failingSince === undefined) return read({ commits: false })
    const wasUnconfirmed = lease.unconfirmed()
    try {
      await read({ commits: true })
    } catch (error) {
      await read({ commits: false })
      doubtedAt = monotonicClock()
      lease.refuseToConfirm(error as Error)
      return say.unconfirmed()
    }
    if (wasUnconfirmed) say.confirmedAgain(wasUnconfirmed)
  }

  function sayWhereHintsPileUp(): void {
    const usage = store.hintQueueUsage()
    if (usage > tolerableQueueUsage && !isQueueFilling)
      log.warn(
        `The queue of NOTIFY in PostgreSQL is ${Math.round(usage * 100)} % full; when it is full other servers learn of a change only a second later. A session that listens does not end its transaction: find it in pg_stat_activity.`,
      )
    isQueueFilling = usage > tolerableQueueUsage
  }

  const pull = async (): Promise<void> => {
    try {
      await pullOnce()
    } catch (error) {
      say.unreachable(error as Error, failingSince === undefined)
      doubtedAt = monotonicClock()
      failingSince ??= doubtedAt
      throw error
    }
    if (failingSince !== undefined) log.info(`The store is reached again after ${Math.round((monotonicClock() - failingSince) / 1000)} s.`)
    failingSince = undefined
    if (lease.isFresh()) say.leaseRenewed()
    sayWhereHintsPileUp()
  }

  async function untilFresh(): Promise<void> {
    // Asked again each second at most, however many requests wait for the answer.
    if (!lease.isFresh() && monotonicClock() - doubtedAt >= pullIntervalMs) await pullSoon()
    if (!lease.isFresh()) throw lease.unconfirmed()?.error ?? Object.assign(new Error('the lease has ended'), { code: '08006' })
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
    isFresh: lease.isFresh,
    untilFresh,
    isAt: (place) => place.identity !== null && place.number === cursor?.number && place.identity === cursor.identity,
    isReachable: () => failingSince === undefined,
    isAway: () => failingSince !== undefined && monotonicClock() - failingSince >= 2 * pullIntervalMs,
    notReadyReason() {
      const unconfirmed = lease.unconfirmed()
      if (unconfirmed && (!lease.isFresh() || unconfirmed.milliseconds >= toleratedWithoutCommits)) return describeUnconfirmed(unconfirmed)
      if (!lease.isFresh()) return 'the store was not heard of for longer than the lease'
      if (Math.abs(clockDifference) > toleratedDifferenceMs)
        return `the clock of the database is ${Math.round(clockDifference / 1000)} s ahead of this machine's`
      return undefined
    },
    warning() {
      const left = Math.round(lease.left() / 1000)
      if (failingSince !== undefined)
        return `the store was not heard of for ${Math.round(lease.age() / 1000)} s; known clients are served for another ${left} s`
      const unconfirmed = lease.unconfirmed()
      if (unconfirmed) return `${describeUnconfirmed(unconfirmed)}; known clients are served for another ${left} s`
      if (isQueueFilling) return `the queue of NOTIFY is ${Math.round(store.hintQueueUsage() * 100)} % full`
      return undefined
    },
    pullAgeSeconds: () => lease.age() / 1000,
    pull: pullSoon,
    pullFirst: () => untilAnswered(() => pullSoon().then(untilFresh)),
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

function describeUnconfirmed({ error, milliseconds }: { readonly error: Error; readonly milliseconds: number }): string {
  return `the store answers, but confirms no commit for ${Math.round(milliseconds / 1000)} s: ${error.message}`
}

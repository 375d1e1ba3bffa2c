// Keeps the cache consistent if several servers share a store: pulls the change log every second and on a hint, and states whether the
// cache may be used. A server that was cut off for longer than its lease uses no cache entry.
import type { Measurement } from '../clock-difference.ts'
import { readChangesSince, readLatestChanges, type ChangesSince, type Cursor, type HistoryPlace } from '../store/change-log.ts'
import { untilAnswered } from '../store/first-answer.ts'
import type { Store } from '../store/store.ts'
import type { Log } from '../log.ts'
import { maxRemembered, type ChangeRing } from './change-ring.ts'
import { forgetChanged, forgetEverything, type Memory } from './forget-changed.ts'
import type { Instant, Lease } from './lease.ts'
import { createStoreLog } from './store-log.ts'

export interface ChangeFollower {
  /** Whether this is the last change that this server has applied. */
  isAt(place: HistoryPlace): boolean
  /** Identifies the database and its last promotion; null if that is not known. */
  database(): string | null
  /** The reason why this server should receive no requests, if any. */
  notReadyReason(): string | undefined
  /** A condition that may become such a reason, or that delays other nodes. */
  warning(): string | undefined
  /** Time since the store last confirmed a commit. */
  pullAgeSeconds(): number
  /** Pulls now. Resolves once the cache reflects all changes committed before the call. @throws any error of the store */
  pull(): Promise<void>
  /** As {@link pull}, for a token request, which waits no longer for it than for the rest of the store. @throws any error of the store */
  pullForRequest(): Promise<void>
  /** The first pull, before the first request. @throws any error of the store */
  pullFirst(): Promise<void>
  start(): void
  close(): void
}

export interface FollowOptions {
  readonly store: Store
  readonly memory: Memory
  /** Gets the changes once they are applied. */
  readonly ring: Pick<ChangeRing, 'append' | 'reset'>
  /** Renewed by every pull that is a confirmed commit. */
  readonly lease: Lease
  readonly log: Log
  /** Called when the store confirms a commit: all earlier commits are durable then, and on the standby if replication is synchronous. */
  readonly onReachable?: (() => void) | undefined
  /** Called at every pull with the time of the database's clock. */
  readonly onMeasured?: (measurement: Measurement) => void
}

const pullIntervalMs = 1000
/**
 * A store that has always been fast, and does not answer for longer than this many times the patience of a request, is away. So long does a
 * commit wait for its standby: PostgreSQL does not count that wait to the time of a statement.
 */
const patienceOfPulls = 1.6
/** How long a node stays ready while no commit is confirmed: enough for the restart of a standby. Milliseconds. */
const toleratedWithoutCommits = 30_000
const unknownAge = 'the clock of this machine was set, or the machine was suspended, and the store has not been read since'
/** The usage of the queue of hints, from 0 to 1, above which a warning names the cause: a session that does not consume them. */
const tolerableQueueUsage = 0.5

export function followChanges(options: FollowOptions): ChangeFollower {
  const { store, memory, ring, lease, log, onReachable, onMeasured } = options
  /** A request waits no longer for a pull, which itself goes on. */
  const { requestWaitsMs } = store
  const answersWithinMs = patienceOfPulls * requestWaitsMs
  const say = createStoreLog({ log, lease })
  let cursor: Cursor | undefined
  /** How long the store takes to answer. */
  let usualMs = 0
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined
  let isClosed = false
  let isQueueFilling = false

  async function read({ commits, answersWithinMs }: { commits: boolean; answersWithinMs: number }): Promise<void> {
    const startedAt = lease.now()
    const reading = readChangesSince(store.backgroundPool, { cursor, commits, tellsDatabase: store.tellsDatabase })
    const milliseconds = Math.max(answersWithinMs, 3 * usualMs)
    const found = await (commits ? within(milliseconds, reading) : notingSilence(milliseconds, reading, startedAt))
    const after = lease.now()
    usualMs = Math.max(after.monotonic - startedAt.monotonic, 0.9 * usualMs)
    const { databaseNow } = found
    if (databaseNow !== undefined) onMeasured?.({ before: startedAt.wall, after: after.wall, databaseNow })
    await follow(found)
    if (!commits) return
    lease.renew(startedAt)
    onReachable?.()
  }

  /** A store that takes longer than usual is away for requests, which then fail at once; the pull waits on. */
  async function notingSilence<Answer>(milliseconds: number, reading: Promise<Answer>, startedAt: Instant): Promise<Answer> {
    const late = setTimeout(() => {
      say.unreachable(noAnswerWithin(milliseconds), lease.isReachable())
      lease.noteSilence(startedAt)
    }, milliseconds)
    try {
      return await reading
    } finally {
      clearTimeout(late)
    }
  }

  async function follow({ changes, isOtherHistory, cursor: last }: ChangesSince): Promise<void> {
    if (cursor && isOtherHistory) say.otherHistory(cursor, last)
    if (!lease.isFresh() || !changes) await forgetEverything(memory)
    else for (const change of changes) await forgetChanged(memory, change)
    if (changes) ring.append(changes)
    else ring.reset(last, cursor ? [] : await readLatestChanges(store.backgroundPool, last, maxRemembered))
    cursor = last
  }

  /** A periodic commit shows that the database is not an old primary. If it is not confirmed, changes are still read and applied. */
  async function pullOnce(): Promise<void> {
    if (!lease.isDue() && lease.isReachable()) return read({ commits: false, answersWithinMs })
    const wasUnconfirmed = lease.unconfirmed()
    try {
      await read({ commits: true, answersWithinMs })
    } catch (error) {
      await read({ commits: false, answersWithinMs: answersWithinMs / 2 })
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
    const startedAt = lease.now()
    try {
      await pullOnce()
    } catch (error) {
      if (isClosed) throw error // The store was closed by this server.
      say.unreachable(error as Error, lease.isReachable())
      lease.noteSilence(startedAt)
      throw error
    }
    const silence = lease.noteAnswer()
    if (silence !== undefined) log.info(`The store is reached again after ${Math.round(silence / 1000)} s.`)
    if (lease.isFresh()) say.leaseRenewed()
    sayWhereHintsPileUp()
  }

  /** Joins the pull that has not begun yet: a running pull may have read before the change that the caller waits for. */
  const pullSoon = (): Promise<void> => {
    if (!running) return (running = pull().finally(() => (running = undefined)))
    return (next ??= running.catch(() => {}).then(() => ((next = undefined), pullSoon())))
  }

  const pullForRequest = () => within(requestWaitsMs, pullSoon())

  lease.renewBy(pullForRequest)

  const pullRegularly = (): void => {
    if (isClosed) return
    timer = setTimeout(() => {
      pullSoon().then(pullRegularly, pullRegularly)
    }, pullIntervalMs).unref()
  }

  return {
    database: () => cursor?.database ?? null,
    isAt: (place) => place.identity !== null && place.number === cursor?.number && place.identity === cursor.identity,
    notReadyReason() {
      const unconfirmed = lease.unconfirmed()
      if (unconfirmed && (!lease.isFresh() || unconfirmed.milliseconds >= toleratedWithoutCommits)) return describeUnconfirmed(unconfirmed)
      if (lease.isFresh()) return undefined
      return lease.left() > 0 ? unknownAge : 'the store has not answered for longer than the lease'
    },
    warning() {
      const served = lease.isFresh()
        ? `known clients are served for another ${Math.round(lease.left() / 1000)} s`
        : 'every request is refused'
      if (!lease.isReachable()) return `the store has not answered for ${Math.round(lease.age() / 1000)} s; ${served}`
      const unconfirmed = lease.unconfirmed()
      if (unconfirmed) return `${describeUnconfirmed(unconfirmed)}; ${served}`
      if (usualMs > requestWaitsMs)
        return `the store takes ${(usualMs / 1000).toFixed(2)} s to answer; a request that needs it gets 503 after ${requestWaitsMs / 1000} s`
      if (isQueueFilling) return `the queue of NOTIFY is ${Math.round(store.hintQueueUsage() * 100)} % full`
      return undefined
    },
    pullAgeSeconds: () => lease.age() / 1000,
    pull: pullSoon,
    pullForRequest,
    pullFirst: () => untilAnswered(() => pullSoon().then(lease.untilFresh)),
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

async function within<Answer>(milliseconds: number, asked: Promise<Answer>): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(noAnswerWithin(milliseconds)), milliseconds)
  })
  try {
    return await Promise.race([asked, late])
  } finally {
    clearTimeout(timer)
  }
}

function noAnswerWithin(milliseconds: number): Error {
  const message = `the database did not answer for ${Math.round(milliseconds) / 1000} s`
  return Object.assign(new Error(message), { code: 'ETIMEDOUT' })
}

function describeUnconfirmed({ error, milliseconds }: { readonly error: Error; readonly milliseconds: number }): string {
  return `the store answers, but has not confirmed a commit for ${Math.round(milliseconds / 1000)} s: ${error.message}`
}

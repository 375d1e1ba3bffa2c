// Keeps a directory true where several servers share a store: pulls the change log every second and on a hint, and says
// whether memory may be used. A server that was cut off for longer than its lease uses nothing that it remembers.
import { toleratedDifferenceMs, type Measurement } from '../clock-difference.ts'
import { readChangesSince, type ChangesSince, type Cursor, type HistoryPlace } from '../store/change-log.ts'
import { untilAnswered } from '../store/first-answer.ts'
import type { Store } from '../store/store.ts'
import type { Log } from '../log.ts'
import { forgetChanged, forgetEverything, type Memory } from './forget-changed.ts'
import type { Lease } from './lease.ts'
import { createStoreLog } from './store-log.ts'

export interface ChangeFollower {
  /** Whether this is the last change that this server has heard of. */
  isAt(place: HistoryPlace): boolean
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
  readonly memory: Memory
  /** Renewed by every pull that is a confirmed commit. */
  readonly lease: Lease
  readonly log: Log
  /** Called when the store confirms a commit: all that it took before is durable, and on the standby where one is waited for. */
  readonly onReachable?: (() => void) | undefined
  /** Told at every pull what the clock of the database says. */
  readonly onMeasured?: (measurement: Measurement) => void
}

const pullIntervalMs = 1000
/** How long a node stays ready while no commit is confirmed: a standby that restarts takes as long. Milliseconds. */
const toleratedWithoutCommits = 30_000
/** How full the queue of hints may be, from 0 to 1, before somebody should look who does not empty it. */
const tolerableQueueUsage = 0.5

export function followChanges(options: FollowOptions): ChangeFollower {
  const { store, memory, lease, log, onReachable, onMeasured } = options
  const say = createStoreLog({ log, lease })
  let cursor: Cursor | undefined
  let clockDifference = 0
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined
  let isClosed = false
  let isQueueFilling = false

  async function read({ commits }: { commits: boolean }): Promise<void> {
    const startedAt = lease.now()
    const found = await readChangesSince(store.tokenPool, { cursor, commits, tellsDatabase: store.tellsDatabase })
    const after = lease.now().wall
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
    if (!lease.isFresh() || !changes) await forgetEverything(memory)
    else for (const change of changes) await forgetChanged(memory, change)
    cursor = last
  }

  /** A commit now and then shows that the database is not left behind; where it is not confirmed, what changed is heard all the same. */
  async function pullOnce(): Promise<void> {
    if (!lease.isDue() && lease.isReachable()) return read({ commits: false })
    const wasUnconfirmed = lease.unconfirmed()
    try {
      await read({ commits: true })
    } catch (error) {
      await read({ commits: false })
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
      say.unreachable(error as Error, lease.isReachable())
      lease.noteSilence()
      throw error
    }
    const silence = lease.noteAnswer()
    if (silence !== undefined) log.info(`The store is reached again after ${Math.round(silence / 1000)} s.`)
    if (lease.isFresh()) say.leaseRenewed()
    sayWhereHintsPileUp()
  }

  /** Joins the pull that has not begun yet: the one under way may have read before the change that the caller waits for. */
  const pullSoon = (): Promise<void> => {
    if (!running) return (running = pull().finally(() => (running = undefined)))
    return (next ??= running.catch(() => {}).then(() => ((next = undefined), pullSoon())))
  }

  lease.renewBy(pullSoon)

  const pullRegularly = (): void => {
    if (isClosed) return
    timer = setTimeout(() => {
      pullSoon().then(pullRegularly, pullRegularly)
    }, pullIntervalMs).unref()
  }

  return {
    isAt: (place) => place.identity !== null && place.number === cursor?.number && place.identity === cursor.identity,
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
      if (!lease.isReachable())
        return `the store was not heard of for ${Math.round(lease.age() / 1000)} s; known clients are served for another ${left} s`
      const unconfirmed = lease.unconfirmed()
      if (unconfirmed) return `${describeUnconfirmed(unconfirmed)}; known clients are served for another ${left} s`
      if (isQueueFilling) return `the queue of NOTIFY is ${Math.round(store.hintQueueUsage() * 100)} % full`
      return undefined
    },
    pullAgeSeconds: () => lease.age() / 1000,
    pull: pullSoon,
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

function describeUnconfirmed({ error, milliseconds }: { readonly error: Error; readonly milliseconds: number }): string {
  return `the store answers, but confirms no commit for ${Math.round(milliseconds / 1000)} s: ${error.message}`
}

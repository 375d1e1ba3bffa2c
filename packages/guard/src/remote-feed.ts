// Keeps one connection to the feed of an issuer, and passes on what it says. It only makes news arrive sooner: without it the guard asks,
// within the same bounds.
import { decideRenewal, type TokenProvider } from '@countersign/client'
import { EntitlementSyntaxError, parseChanges, type ChangesDocument } from '@countersign/protocol'
import type { HistoryMark } from './change-history.ts'
import { canConnect, connectFeed, NoFeedError, type FeedConnection } from './feed-connection.ts'
import { FeedSyntaxError, type FeedEvent } from './feed-events.ts'
import { toRemoteGuardError } from './remote-guard-error.ts'
import { nextPause, type RetryPause } from './retry-pause.ts'
import type { StartTimer } from './unref-timer.ts'

export interface RemoteFeedOptions {
  readonly issuer: string
  readonly tokens: Pick<TokenProvider, 'getToken' | 'invalidate' | 'ageSeconds'>
  /** Where the guard is now. */
  readonly mark: () => HistoryMark
  /**
   * Takes changes that follow `since`, which the server knew at `sentAt`, in milliseconds of the clock. Returns where the guard is with
   * them; `undefined` if it has forgotten everything since, so the feed has to begin anew.
   */
  readonly push: (changes: ChangesDocument, since: HistoryMark, sentAt: number) => HistoryMark | undefined
  /** Called when a connection that brought events is over. Until the next event the guard has to ask, from `askFrom` on. */
  readonly onEnd: (askFrom: number) => void
  /** Milliseconds; never goes back. */
  readonly clock: () => number
  readonly startTimer: StartTimer
  /** In [0, 1). */
  readonly random: () => number
  readonly onError: (error: Error) => void
}

export interface RemoteFeed {
  /** Idempotent. */
  start(): void
  /** Resolves when the connection is closed; it is not opened again. */
  close(): Promise<void>
  /** Tries now instead of after a pause, because the guard has other credentials. */
  retryNow(): void
  /** False if this runtime or the server has no feed. */
  readonly isKnown: boolean
  /** Whether the last event came over a connection that still stands. */
  readonly isConnected: boolean
  /** Milliseconds of the clock; `undefined` before the first. */
  readonly lastEventAt: number | undefined
  /** Why the last attempt failed; `undefined` if it did not. */
  readonly failure: Error | undefined
}

/** After a connection that lasted for less, the next one comes later, up to the longest delay. */
const stableMs = 10_000
const firstDelayMs = 1000
const maxDelayMs = 30_000
const maxHeldBackMs = 8000
/**
 * After a connection has ended, at random, so that neither the guards of a key that was compromised ask together nor one whose next
 * connection is there at once asks at all.
 */
const maxUnheardMs = 500
/** Until a server that had no feed is asked again: it may have been upgraded. */
const unknownMs = 600_000

export function createRemoteFeed(options: RemoteFeedOptions): RemoteFeed {
  const { issuer, tokens, mark, push, onEnd, clock, startTimer, random, onError } = options
  const url = `${issuer.replace(/\/$/, '')}/v1/changes`
  let connection: FeedConnection | undefined
  let [isStarted, isClosed, isKnown, isConnected] = [false, false, true, false]
  let lastEventAt: number | undefined
  let pause: RetryPause | undefined
  /** The one before, until a connection has lasted: events that are followed by a failure each time must not bring it back at once. */
  let lastPause: RetryPause | undefined
  /** The server does not know the cursor, or what it sent from there on is of no use. */
  let beginsAnew = false
  let shortLives = 0
  /** A token that was refused has been replaced; since the last event the next one was not. */
  let [hasReplaced, triedAnother] = [false, false]
  let wake = () => {}

  /** Ends early with `wake()`. */
  function sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const stop = startTimer(resolve, ms)
      wake = () => (stop(), resolve())
    })
  }

  async function run(): Promise<void> {
    if (!(await canConnect())) return void (isKnown = false)
    for (;;) {
      if (isClosed) return
      const startedAt = clock()
      const waitMs = await connectOnce().then(
        (isRenewed) => delayAfter(startedAt, isRenewed),
        (error: unknown) => delayAfterFailure(error, startedAt),
      )
      if (isClosed) return
      await sleep(waitMs)
    }
  }

  /** Whether the connection ended with a token that has expired, for which there is another one. */
  async function connectOnce(): Promise<boolean> {
    const token = await tokens.getToken()
    if (isClosed) return false
    let endsWithToken = false
    let since: HistoryMark = beginsAnew ? { ...mark(), cursor: undefined } : mark()
    beginsAnew = false
    const toSentAt = createSentAt(clock)
    connection = connectFeed({
      url,
      token,
      cursor: since.cursor,
      clock,
      startTimer,
      onEvent(event, requestedAt) {
        if (isEndOfToken(event)) endsWithToken = true
        const next = receive(event, since, (serverTime) => toSentAt(serverTime, requestedAt))
        if (next) since = next
        else connection?.close()
      },
      onUnauthorized(wwwAuthenticate) {
        const rejection = { status: 401, wwwAuthenticate, tokenAgeSeconds: tokens.ageSeconds(token) }
        if (decideRenewal(rejection) !== 'renew') return
        tokens.invalidate(token)
        hasReplaced = true
      },
    })
    await connection.ended.finally(noteEnd)
    return endsWithToken && (await isRenewed(token))
  }

  function noteEnd(): void {
    if (isConnected && !isClosed) onEnd(clock() + random() * maxUnheardMs)
    isConnected = false
  }

  /** The next connection would be refused with a token that has ended. */
  async function isRenewed(token: string): Promise<boolean> {
    if ((await tokens.getToken()) !== token) return true
    tokens.invalidate(token) // It ended before its time, as those of other guards may have.
    return false
  }

  /** Returns where the feed goes on; `undefined` at its end. */
  function receive(
    { type, id, data }: FeedEvent,
    since: HistoryMark,
    toSentAt: (serverTime: number | undefined) => number,
  ): HistoryMark | undefined {
    if (type === 'end') return undefined
    if (type !== 'changes') return since // Of a later server.
    const changes = readChanges(data, id)
    lastEventAt = clock()
    isConnected = true
    isKnown = true
    pause = undefined
    triedAnother = false
    const sentAt = toSentAt(changes.sentAt)
    const next = push(changes, since, sentAt)
    // What is held back for so long is no news, or the clocks run apart because one of the two machines was suspended.
    return changes.sentAt !== undefined && lastEventAt - sentAt > maxHeldBackMs ? undefined : next
  }

  function hasLasted(startedAt: number): boolean {
    return lastEventAt !== undefined && lastEventAt - startedAt >= stableMs
  }

  /** @param isRenewed each guard has a token of its own, so they do not come together, and a life that short is as long as it could be */
  function delayAfter(startedAt: number, isRenewed: boolean): number {
    const wasConnected = lastEventAt !== undefined && lastEventAt >= startedAt
    if (wasConnected && isRenewed) {
      lastPause = undefined
      return 0
    }
    shortLives = wasConnected && clock() - startedAt >= stableMs ? 0 : shortLives + 1
    return random() * Math.min(maxDelayMs, firstDelayMs * 2 ** Math.max(0, shortLives - 1))
  }

  function delayAfterFailure(thrown: unknown, startedAt: number): number {
    if (thrown instanceof NoFeedError) {
      isKnown = false
      return unknownMs * (1 + random() / 10)
    }
    const error = toRemoteGuardError(thrown, issuer)
    if (error.status === 401 && hasReplaced && !triedAnother) {
      triedAnother = true // Such as after the key of the first one was compromised: the news must not wait for a pause.
      return 0
    }
    hasReplaced = false
    const isOfNoUse = thrown instanceof FeedSyntaxError || thrown instanceof EntitlementSyntaxError
    if (isOfNoUse || error.status === 400) beginsAnew = true
    if (hasLasted(startedAt)) lastPause = undefined
    pause = lastPause = nextPause(lastPause, { error, startedAt, now: clock() }, random)
    try {
      onError(error)
    } catch {
      // An alarm that is broken must not end the feed, nor the process.
    }
    return Math.max(0, pause.until - clock())
  }

  return {
    start() {
      if (isStarted || isClosed) return
      isStarted = true
      void run()
    },
    async close() {
      isClosed = true
      isConnected = false
      wake()
      connection?.close()
      await connection?.ended.catch(() => {})
    },
    retryNow() {
      if (!pause?.isAsked || clock() >= pause.until) wake()
    },
    get isKnown() {
      return isKnown && !isClosed
    },
    get isConnected() {
      return isConnected
    },
    get lastEventAt() {
      return lastEventAt
    },
    get failure() {
      return isClosed ? undefined : pause?.error
    },
  }
}

/**
 * When an event was sent, in milliseconds of the clock. Events may be held back on their way, so one is not as new as its arrival. The first
 * was written after the request, and each other one as much later as the clock of the server says. Of a server that does not say, none
 * counts as newer than the request.
 */
function createSentAt(clock: () => number): (serverTime: number | undefined, requestedAt: number) => number {
  let first: number | undefined
  return (serverTime, requestedAt) => {
    if (serverTime === undefined) return requestedAt
    first ??= serverTime
    return Math.min(clock(), requestedAt + Math.max(0, serverTime - first))
  }
}

function readChanges(data: string, cursor: string): ChangesDocument {
  let body: unknown
  try {
    body = JSON.parse(data)
  } catch {
    throw new FeedSyntaxError('An event of the feed is not JSON')
  }
  return parseChanges(typeof body === 'object' && body !== null ? { ...body, cursor } : body)
}

function isEndOfToken({ type, data }: FeedEvent): boolean {
  return type === 'end' && data.includes('"token"')
}

// The streams of one realm: who gets which event when, and who is checked again.
import type { FeedPlace } from '../cache/change-feed.ts'
import { WrongClockError, type Clock } from '../clock.ts'
import type { CountedFeed, StreamEnd } from '../monitoring/feed-counters.ts'
import type { PlacedChange } from '../store/change-log.ts'
import type { CheckStream } from './check-stream.ts'
import { keepAlive, type ComposeEvent, type FeedEvent } from './compose-events.ts'
import { concernOf } from './concerned-streams.ts'
import type { EventStream } from './event-stream.ts'

export interface RealmStreamsOptions {
  readonly realm: string
  /** For one moment. */
  readonly compose: () => ComposeEvent
  readonly check: CheckStream
  /** Whether this node may tell what it knows, and how old that is. */
  readonly canTell: () => boolean
  readonly now: Clock
  readonly counters: Pick<CountedFeed, 'begun' | 'sent' | 'ended'>
}

export interface RealmStreams {
  /** The stream gets its first event as soon as it is checked. */
  add(stream: EventStream): void
  /** Changes that this node has applied; undefined if everything may have changed. */
  follow(changes: readonly PlacedChange[] | undefined): void
  /** Sends the heartbeats of one beat, and checks the streams whose time has come. */
  beat(number: number): void
  end(stream: EventStream, reason: StreamEnd): void
  endAll(reason: StreamEnd): void
}

export function createRealmStreams({ realm, compose, check, canTell, now, counters }: RealmStreamsOptions): RealmStreams {
  const streams = new Set<EventStream>()
  /** Those that may have missed something. Sent to together, after all that arrives in the same turn. */
  const due = new Set<EventStream>()
  let sending: NodeJS.Immediate | undefined

  function end(stream: EventStream, reason: StreamEnd): void {
    if (stream.isEnded) return
    stream.end(reason)
    streams.delete(stream)
    due.delete(stream)
    counters.ended(realm, reason)
  }

  function sendSoon(stream: EventStream): void {
    due.add(stream)
    sending ??= setImmediate(() => {
      sending = undefined
      const composed = compose()
      for (const one of due) send(one, composed)
      due.clear()
    })
  }

  function send(stream: EventStream, composed: ComposeEvent): void {
    if (stream.isEnded || stream.isHeld || !canTell()) return
    if (stream.isSlow()) return end(stream, 'slow')
    const event = tryToCompose(composed, stream)
    if (!event) return keepOpen(stream)
    if (stream.hasBegun && isEarlier(event.place, stream.place)) return end(stream, 'state')
    stream.send(event)
    counters.sent()
  }

  /** A proxy and the server itself end a connection that is silent. */
  function keepOpen(stream: EventStream): void {
    if (stream.isSlow()) end(stream, 'slow')
    else stream.write(keepAlive)
  }

  async function recheck(stream: EventStream): Promise<void> {
    const number = ++stream.checks
    stream.isHeld = stream.isChecking = true
    const verdict = await check(stream.holder, stream.credentials)
    // A later one knows more.
    if (stream.isEnded || number !== stream.checks) return
    stream.isChecking = false
    if (verdict.kind === 'undecided') return
    if (verdict.kind === 'ended') {
      // Otherwise all guards of a realm would go on with a compromised key until they have another token and are connected again.
      stream.isHeld = !stream.mustHearOfKey
      send(stream, compose())
      return end(stream, verdict.reason)
    }
    stream.isHeld = stream.mustHearOfKey = false
    stream.credentials = verdict.credentials
    stream.validUntil = verdict.until
    sendSoon(stream)
  }

  return {
    end,
    add(stream) {
      streams.add(stream)
      counters.begun(realm)
      void recheck(stream)
    },
    follow(changes) {
      const concern = concernOf(realm, changes)
      if (!concern) return
      for (const stream of streams) {
        stream.mustHearOfKey ||= concern.withdrawsKey
        if (concern.includes(stream.holder)) void recheck(stream)
        else sendSoon(stream)
      }
    },
    beat(number) {
      if (streams.size === 0) return
      const at = now()
      const composed = compose()
      for (const stream of streams) {
        const isUndecided = stream.isHeld && !stream.isChecking
        const isOver = at >= stream.validUntil && !stream.isChecking
        if (isOver || (isUndecided && stream.beat === number)) void recheck(stream)
        if (stream.beat !== number) continue
        if (stream.isHeld || !canTell()) keepOpen(stream)
        else send(stream, composed)
      }
    },
    endAll(reason) {
      for (const stream of streams) end(stream, reason)
    },
  }
}

/** Undefined while the clock of this node is wrong: what is required now depends on it. */
function tryToCompose(composed: ComposeEvent, { place, audiences }: EventStream): FeedEvent | undefined {
  try {
    return composed(place, audiences)
  } catch (error) {
    if (error instanceof WrongClockError) return undefined
    throw error
  }
}

/** Within one state. A guard that comes with a place that this node never had begins from nothing instead. */
function isEarlier(next: FeedPlace, known: FeedPlace | undefined): boolean {
  return known?.state === next.state && next.number < known.number
}

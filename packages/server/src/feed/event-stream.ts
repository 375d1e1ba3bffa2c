// One open response that carries events to a guard, and what must stay true for it to go on.
import type { ServerResponse } from 'node:http'
import type { FeedPlace } from '../cache/change-feed.ts'
import { streamedBytes } from '../http/connections.ts'
import { reset } from '../http/end-socket.ts'
import { maxUnreadOfStream } from '../http/slow-readers.ts'
import type { StreamEnd } from '../monitoring/feed-counters.ts'
import { endEvent, type FeedEvent } from './compose-events.ts'

/** Whose stream it is. */
export interface StreamHolder {
  readonly token: string
  readonly clientId: string
  readonly organizationId: string
}

export class EventStream {
  readonly holder: StreamHolder
  /** In which of the beats it gets its heartbeat. */
  readonly beat: number
  /** What the guard knows. */
  place: FeedPlace | undefined
  audiences: string | undefined
  /** Gets no events while it is not decided that it may go on. */
  isHeld = true
  /** The number of the last check, and whether it is under way. */
  checks = 0
  isChecking = false
  isEnded = false
  /** A key was withdrawn that its own token may be signed with: it is told of that also if it may not go on. */
  mustHearOfKey = false
  /** Whether it has got its first event. */
  hasBegun = false
  /** The ids of the credentials that the client had at the beginning; undefined before the first check. */
  credentials: readonly string[] | undefined
  /** When it has to be checked again, by the clock. Milliseconds since the epoch. */
  validUntil = Infinity
  readonly #response: ServerResponse

  constructor(response: ServerResponse, holder: StreamHolder, beat: number, place: FeedPlace | undefined) {
    this.#response = response
    this.holder = holder
    this.beat = beat
    this.place = place
    response[streamedBytes] = 0
  }

  /** Whether its peer has left so much unread that it gets nothing more. */
  isSlow(): boolean {
    return this.#response.writableLength > maxUnreadOfStream
  }

  send({ bytes, place, audiences }: FeedEvent): void {
    this.hasBegun = true
    this.place = place
    this.audiences = audiences
    this.write(bytes)
  }

  write(bytes: Uint8Array): void {
    this.#response[streamedBytes]! += bytes.length
    this.#response.write(bytes)
  }

  /** With its reason, where that can be written. */
  end(reason: StreamEnd): void {
    this.isEnded = true
    if (reason === 'gone') return
    const response = this.#response
    if (reason === 'slow') return reset(response.req.socket)
    const last = endEvent(reason)
    response[streamedBytes]! += last.length
    response.end(last)
    // A peer that does not read must not hold up the end of the server.
    if (reason === 'stopping') setImmediate(() => void (response.writableFinished || reset(response.req.socket)))
  }
}

// Counts the streams of events to guards: how many there are in each realm, what was sent, and why streams ended. All labels come from
// fixed lists or the configuration.

/** `gone` is a stream that its peer closed. */
const streamEnds = ['token', 'client', 'stopping', 'slow', 'state', 'gone'] as const
export type StreamEnd = (typeof streamEnds)[number]

export interface FeedCounters {
  /** The realms and the number of their streams. */
  streams(): Iterable<readonly [realm: string, count: number]>
  events(): number
  ends(): Iterable<readonly [reason: StreamEnd, count: number]>
}

export interface CountedFeed extends FeedCounters {
  begun(realm: string): void
  sent(): void
  ended(realm: string, reason: StreamEnd): void
}

export function createFeedCounters(): CountedFeed {
  const streams = new Map<string, number>()
  const ends = new Map<StreamEnd, number>(streamEnds.map((reason) => [reason, 0]))
  let events = 0
  const add = (realm: string, count: number) => void streams.set(realm, (streams.get(realm) ?? 0) + count)
  return {
    streams: () => streams,
    events: () => events,
    ends: () => ends,
    begun: (realm) => add(realm, 1),
    sent: () => void events++,
    ended(realm, reason) {
      add(realm, -1)
      ends.set(reason, (ends.get(reason) ?? 0) + 1)
    },
  }
}

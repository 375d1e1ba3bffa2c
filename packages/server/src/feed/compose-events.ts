// Writes the events of a realm: each text once for all streams that are at the same place.
import type { ChangeFeed, FeedPlace } from '../cache/change-feed.ts'
import type { StreamEnd } from '../monitoring/feed-counters.ts'
import type { Realm } from '../realms/realm.ts'

export interface FeedEvent {
  readonly bytes: Uint8Array
  /** Where a guard is that has read it. */
  readonly place: FeedPlace
  /** The audiences that it then knows, as JSON. */
  readonly audiences: string
}

/** @param audiences what the guard was told last */
export type ComposeEvent = (after: FeedPlace | undefined, audiences: string | undefined) => FeedEvent

/** The returned function is for one batch: it caches what it has written. @param audiencesNow see `ChangesDocument.audiences` */
export function composeEvents(
  realm: Realm,
  changeFeed: Pick<ChangeFeed, 'changesAfter'>,
  audiencesNow: (realm: Realm) => readonly string[] | null,
): ComposeEvent {
  const written = new Map<string, FeedEvent>()
  let listed: string | undefined

  return (after, known) => {
    const audiences = (listed ??= JSON.stringify(audiencesNow(realm)))
    const key = `${audiences === known} ${after ? `${after.number} ${after.identity} ${after.state}` : ''}`
    let event = written.get(key)
    if (!event) {
      const { document, place } = changeFeed.changesAfter(realm, after)
      const { cursor, ...told } = document
      // By this a guard knows how long the event was on its way, also in the buffers of this server.
      const data = {
        ...told,
        sentAt: Math.round(performance.now()),
        ...(audiences !== known && { audiences: JSON.parse(audiences) as unknown }),
      }
      event = { bytes: Buffer.from(`event: changes\nid: ${cursor}\ndata: ${JSON.stringify(data)}\n\n`), place, audiences }
      written.set(key, event)
    }
    return event
  }
}

/** A comment: what is on the way learns that the connection is in use, and a guard learns nothing. */
export const keepAlive: Uint8Array = new TextEncoder().encode(':\n\n')

export function endEvent(reason: StreamEnd): string {
  return `event: end\ndata: ${JSON.stringify({ reason })}\n\n`
}

// The feed: every guard that asks for events gets each batch of changes when this node has applied it, and a heartbeat that says how
// recent its knowledge is. Owns the streams of all realms, their limits and their beat; not what an event says (cache/change-feed.ts).
import type { FastifyReply, FastifyRequest } from 'fastify'
import { readAccessToken, type Guard } from '@countersign/guard'
import type { Cache } from '../cache/cache.ts'
import type { ChangeFeed, FeedPlace } from '../cache/change-feed.ts'
import type { ChangeRing } from '../cache/change-ring.ts'
import type { Clock } from '../clock.ts'
import { ProblemError } from '../errors.ts'
import { whenOver, type Connections } from '../http/connections.ts'
import type { HttpServer } from '../http/http-server.ts'
import { keepForEnd } from '../http/request-end.ts'
import type { CountedFeed } from '../monitoring/feed-counters.ts'
import type { Realm } from '../realms/realm.ts'
import { audiencesOf } from './audiences.ts'
import { createStreamCheck } from './check-stream.ts'
import { composeEvents } from './compose-events.ts'
import { EventStream, type StreamHolder } from './event-stream.ts'
import { createRealmStreams, type RealmStreams } from './realm-streams.ts'
import { createStreamCounts, defaultLimits, type StreamLimits } from './stream-limits.ts'

export interface FeedOptions {
  readonly ring: Pick<ChangeRing, 'onMove'>
  readonly changeFeed: ChangeFeed
  readonly cache: Pick<Cache, 'findClient' | 'readClient' | 'findEntitlement' | 'claimSets'>
  /** Whether the cache may be used: false once the lease has ended, when the age of what this node knows may be unknown, too. */
  readonly canTell: () => boolean
  readonly now: Clock
  readonly connections: Pick<Connections, 'beginStream'>
  readonly watchEnd: HttpServer['watchEnd']
  readonly counters: CountedFeed
  readonly limits?: StreamLimits
}

export interface Feed {
  ofRealm(realm: Realm, guard: Guard): FeedOfRealm
  /** Ends all streams, and every later one at once. */
  stop(): void
}

export interface FeedOfRealm {
  /**
   * Answers a request, which was authorized, with a stream.
   * @param place what the guard knows already
   * @throws ProblemError if there are too many streams, or other requests under way on the connection
   */
  open(request: FastifyRequest, reply: FastifyReply, place: FeedPlace | undefined): void
}

/** A heartbeat for each stream in all of these beats together, every 2.5 s: spread, so that no moment has the work of all. */
const beats = 10
const beatMs = 250

export function createFeed({ limits = defaultLimits, ...options }: FeedOptions): Feed {
  const { ring, changeFeed, cache, canTell, now, connections, watchEnd, counters } = options
  const realms = new Map<string, RealmStreams>()
  const counts = createStreamCounts(limits)
  let [opened, beat] = [0, 0]
  let timer: NodeJS.Timeout | undefined
  let isStopping = false

  ring.onMove((changes) => {
    for (const realm of realms.values()) realm.follow(changes)
  })

  function beatAll(): void {
    beat = (beat + 1) % beats
    for (const realm of realms.values()) realm.beat(beat)
  }

  function count(client: string, difference: 1 | -1): void {
    if (counts.count(client, difference) === 0) timer = void clearInterval(timer)
    else timer ??= setInterval(beatAll, beatMs).unref()
  }

  return {
    ofRealm(realm, guard) {
      const compose = () => composeEvents(realm, changeFeed, (of) => audiencesOf(of, cache.claimSets))
      const check = createStreamCheck({ realm: realm.name, guard, cache, now })
      const streams = createRealmStreams({ realm: realm.name, compose, check, canTell, now, counters })
      realms.set(realm.name, streams)
      return {
        open(request, reply, place) {
          const { raw } = reply
          if (raw.destroyed) return void reply.hijack() // Its peer has gone: no listener would end the stream.
          const client = `${realm.name}\n${request.access.token.clientId}`
          counts.refuseTooMany(client, request.log)
          if (!connections.beginStream(raw, () => streams.end(stream, 'slow')))
            throw new ProblemError('invalid-request', { detail: notAlone })
          const stream = new EventStream(raw, holderOf(request), opened++ % beats, place)
          reply.hijack()
          raw.writeHead(200, { ...headersOf(reply), 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' })
          count(client, 1)
          watchEnd(keepForEnd(request), reply)
          const over = raw[whenOver]
          raw[whenOver] = function end() {
            streams.end(stream, 'gone')
            count(client, -1)
            over?.()
          }
          streams.add(stream)
          if (isStopping) streams.end(stream, 'stopping')
        },
      }
    },
    stop() {
      isStopping = true
      for (const realm of realms.values()) realm.endAll('stopping')
    },
  }
}

const notAlone = 'A stream of events needs a connection on which no other response is awaited.'

/** @param request which the guard has allowed */
function holderOf({ raw: { rawHeaders }, originalUrl: url, access }: FastifyRequest): StreamHolder {
  const token = readAccessToken({ rawHeaders, url })
  if (typeof token !== 'string') throw new TypeError('Expected a request with an access token')
  return { token, clientId: access.token.clientId, organizationId: access.entitlement.organization.rights.id }
}

function headersOf(reply: FastifyReply): Record<string, string | string[]> {
  return Object.fromEntries(Object.entries(reply.getHeaders()).map(([name, value]) => [name, Array.isArray(value) ? value : String(value)]))
}

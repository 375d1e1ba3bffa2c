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
import { maxConnections } from '../http/limited-server.ts'
import { keepForEnd } from '../http/request-end.ts'
import type { CountedFeed } from '../monitoring/feed-counters.ts'
import type { Realm } from '../realms/realm.ts'
import { audiencesOf } from './audiences.ts'
import { createStreamCheck } from './check-stream.ts'
import { composeEvents } from './compose-events.ts'
import { EventStream } from './event-stream.ts'
import { createRealmStreams, type RealmStreams } from './realm-streams.ts'

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

interface StreamLimits {
  readonly ofClient: number
  readonly ofNode: number
}

/** Half of the connections stay for requests. */
const defaultLimits: StreamLimits = { ofClient: 2000, ofNode: maxConnections / 2 }

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
  const ofClients = new Map<string, number>()
  let [open, opened, beat] = [0, 0, 0]
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
    open += difference
    const ofClient = (ofClients.get(client) ?? 0) + difference
    if (ofClient > 0) ofClients.set(client, ofClient)
    else ofClients.delete(client)
    if (open === 0) timer = void clearInterval(timer)
    else timer ??= setInterval(beatAll, beatMs).unref()
  }

  function refuseTooMany(client: string): void {
    const headers = { 'retry-after': String(5 + Math.floor(Math.random() * 10)) }
    if ((ofClients.get(client) ?? 0) >= limits.ofClient)
      throw new ProblemError('rate-limited', { detail: 'The client has too many streams of events open.', remedy, headers })
    if (open >= limits.ofNode)
      throw new ProblemError('temporarily-unavailable', { detail: 'This server has too many streams of events open.', remedy, headers })
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
          const { token, entitlement } = request.access
          const client = `${realm.name}\n${token.clientId}`
          if (raw.destroyed) return void reply.hijack() // Its peer has gone, and nothing will tell of that again.
          refuseTooMany(client)
          if (!connections.beginStream(raw, () => streams.end(stream, 'slow')))
            throw new ProblemError('invalid-request', {
              detail: 'A stream of events needs a connection on which no other response is awaited.',
            })
          const holder = {
            token: String(readAccessToken({ rawHeaders: request.raw.rawHeaders, url: request.originalUrl })),
            clientId: token.clientId,
            organizationId: entitlement.organization.rights.id,
          }
          const stream = new EventStream(raw, holder, opened++ % beats, place)
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

const remedy = 'Wait for the seconds in "Retry-After" and try again; ask for the document meanwhile, without "Accept: text/event-stream".'

function headersOf(reply: FastifyReply): Record<string, string | string[]> {
  return Object.fromEntries(Object.entries(reply.getHeaders()).map(([name, value]) => [name, Array.isArray(value) ? value : String(value)]))
}

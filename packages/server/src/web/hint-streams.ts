// Streams of hints to pages (Server-Sent Events): what has changed on this node, that secrets of a rotation were used, a comment every ten
// seconds, and the end as soon as the session ends or loses its standing. An idle stream costs no query but one at each comment.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ChangeRing } from '../cache/change-ring.ts'
import { ProblemError } from '../errors.ts'
import { streamedBytes, whenOver, type Connections } from '../http/connections.ts'
import { reset } from '../http/end-socket.ts'
import type { HttpServer } from '../http/http-server.ts'
import { keepForEnd } from '../http/request-end.ts'
import { maxUnreadOfStream } from '../http/slow-readers.ts'
import type { PageCounters } from '../monitoring/page-counters.ts'
import { sessionAccessOf, type SessionGuard } from '../sessions/session-guard.ts'
import type { FoundAccess } from '../sessions/session-standing.ts'
import type { Store } from '../store/store.ts'
import { hintsOf, joinHints, type Hints } from './change-hints.ts'

export interface HintStreamsOptions {
  readonly ring: Pick<ChangeRing, 'onMove'>
  readonly store: Pick<Store, 'onUsesHint'>
  readonly realms: ReadonlyMap<string, unknown>
  readonly guard: Pick<SessionGuard, 'findAccess'>
  readonly readToken: (rawHeaders: readonly string[]) => string | undefined
  readonly connections: Pick<Connections, 'beginStream'>
  readonly watchEnd: HttpServer['watchEnd']
  readonly counters: Pick<PageCounters, 'countStream'>
  /** Of one organization, so that its people leave streams to the others; default: those of the node. */
  readonly maxOfOrganization?: number
  /** What may look different now to who has signed in. */
  readonly topicsOf: (hints: Hints, access: FoundAccess) => string[]
}

export interface HintStreams {
  /** Answers a request, which was authorized, with a stream. @throws ProblemError if there are too many */
  open(request: FastifyRequest, reply: FastifyReply): void
  /** Ends the streams of a session. */
  endOf(session: string): void
  /** Ends all, and every later one at once. */
  stop(): void
}

const maxOfSession = 4
const maxOfNode = 200
/** A connection that is silent for 15 s is closed: each stream gets a comment in every tenth beat, so that no moment has the work of all. */
const beats = 10
const beatMs = 1000
/** Changes of this time are told together. Milliseconds. */
const gatherMs = 200
/** The same of uses, which need not be told at once: what they change is written once a second. */
const gatherUsesMs = 300

const begin = 'retry: 2000\n\n'
const comment = ':\n\n'

interface Stream {
  readonly token: string
  readonly raw: FastifyReply['raw']
  /** In which of the beats it gets its comment. */
  readonly beat: number
  access: FoundAccess
  isChecking: boolean
}

export function createHintStreams({
  ring,
  store,
  realms,
  guard,
  readToken,
  connections,
  watchEnd,
  counters,
  maxOfOrganization = maxOfNode,
  topicsOf,
}: HintStreamsOptions): HintStreams {
  const streams = new Set<Stream>()
  let [isStopping, opened, beat] = [false, 0, 0]
  let gathered: Hints | undefined
  let beating: NodeJS.Timeout | undefined
  let gathering: NodeJS.Timeout | undefined
  let gatheringUses: NodeJS.Timeout | undefined

  ring.onMove((changes) => {
    if (streams.size === 0) return
    gathered = joinHints(gathered, hintsOf(changes, realms.keys()))
    gathering ??= setTimeout(sendGathered, gatherMs).unref()
  })

  store.onUsesHint(() => {
    if (streams.size > 0) gatheringUses ??= setTimeout(tellUses, gatherUsesMs).unref()
  })

  /** It names nothing, so every stream whose operator may read clients has it. */
  function tellUses(): void {
    gatheringUses = undefined
    for (const stream of streams) if (stream.access.token.scopes.has('clients:read')) write(stream, 'event: use\ndata: {}\n\n')
  }

  function sendGathered(): void {
    const hints = gathered
    gathered = gathering = undefined
    if (!hints) return
    for (const stream of streams) void tell(stream, hints)
  }

  /** A change of the client itself, or of all that it depends on, is told only after its standing was judged again. */
  async function tell(stream: Stream, hints: Hints): Promise<void> {
    const { operator, entitlement } = stream.access
    const { realm, clientId } = operator
    const organization = `organization:${realm}/${entitlement.organization.rights.id}`
    const isConcerned = hints.realms.has(realm) || hints.topics.has(`client:${realm}/${clientId}`) || hints.topics.has(organization)
    if (isConcerned && !(await check(stream))) return
    const topics = topicsOf(hints, stream.access)
    if (topics.length > 0) write(stream, `event: change\ndata: ${JSON.stringify({ topics })}\n\n`)
  }

  /** False if the stream has ended. A store that cannot be queried ends no stream: the page asks for nothing by it. */
  async function check(stream: Stream): Promise<boolean> {
    try {
      const access = await guard.findAccess(stream.token)
      if (access) stream.access = access
      else end(stream)
    } catch {
      // As before, until the next comment.
    }
    return streams.has(stream)
  }

  function beatAll(): void {
    beat = (beat + 1) % beats
    for (const stream of streams) {
      if (stream.beat !== beat) continue
      write(stream, comment)
      if (stream.isChecking) continue
      stream.isChecking = true
      void check(stream).finally(() => (stream.isChecking = false))
    }
  }

  function write(stream: Stream, text: string): void {
    const { raw } = stream
    if (!streams.has(stream)) return
    if (raw.writableLength > maxUnreadOfStream) return cutOff(stream)
    raw[streamedBytes] = (raw[streamedBytes] ?? 0) + Buffer.byteLength(text)
    raw.write(text)
  }

  function forget(stream: Stream): boolean {
    if (!streams.delete(stream)) return false
    counters.countStream(-1)
    if (streams.size === 0) beating = void clearInterval(beating)
    return true
  }

  function cutOff(stream: Stream): void {
    if (forget(stream)) reset(stream.raw.req.socket)
  }

  function end(stream: Stream): void {
    if (!forget(stream)) return
    const { raw } = stream
    raw.end()
    // A peer that does not read must not hold up the end of the server.
    if (isStopping) setImmediate(() => void (raw.writableFinished || reset(raw.req.socket)))
  }

  function refuseTooMany({ session, entitlement }: FoundAccess): void {
    const headers = { 'retry-after': '15' }
    const open = [...streams]
    if (open.filter(({ access }) => access.session.id === session.id).length >= maxOfSession)
      throw new ProblemError('rate-limited', { detail: 'The session has too many streams of events open.', headers })
    const { id } = entitlement.organization.rights
    if (open.filter(({ access }) => access.entitlement.organization.rights.id === id).length >= maxOfOrganization)
      throw new ProblemError('rate-limited', { detail: 'The organization has too many streams of events open.', headers })
    if (streams.size >= maxOfNode)
      throw new ProblemError('rate-limited', { detail: 'This server has too many streams of events open.', headers })
  }

  return {
    open(request, reply) {
      const { raw } = reply
      if (raw.destroyed) return void reply.hijack() // Its peer has gone: no listener would end the stream.
      const access = sessionAccessOf(request)
      refuseTooMany(access)
      const stream: Stream = { token: readToken(request.raw.rawHeaders) ?? '', raw, beat: opened++ % beats, access, isChecking: false }
      if (!connections.beginStream(raw, () => forget(stream)))
        throw new ProblemError('invalid-request', {
          detail: 'A stream of events needs a connection on which no other response is awaited.',
        })
      reply.hijack()
      raw.writeHead(200, { ...headersOf(reply), 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' })
      watchEnd(keepForEnd(request), reply)
      const over = raw[whenOver]
      raw[whenOver] = function endStream() {
        forget(stream)
        over?.()
      }
      streams.add(stream)
      counters.countStream(1)
      beating ??= setInterval(beatAll, beatMs).unref()
      write(stream, begin)
      if (isStopping) end(stream)
    },
    endOf(session) {
      for (const stream of streams) if (stream.access.session.id === session) end(stream)
    },
    stop() {
      isStopping = true
      for (const stream of streams) end(stream)
    },
  }
}

function headersOf(reply: FastifyReply): Record<string, string | string[]> {
  return Object.fromEntries(Object.entries(reply.getHeaders()).map(([name, value]) => [name, Array.isArray(value) ? value : String(value)]))
}

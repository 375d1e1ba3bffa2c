// How many streams a client and this node may have open. What is beyond is told when to try again, and asks for documents meanwhile.
import type { FastifyBaseLogger } from 'fastify'
import { ProblemError } from '../errors.ts'
import { maxConnections } from '../http/limited-server.ts'

export interface StreamLimits {
  readonly ofClient: number
  readonly ofNode: number
}

/** Half of the connections stay for requests. */
export const defaultLimits: StreamLimits = { ofClient: 2000, ofNode: maxConnections / 2 }

export interface StreamCounts {
  /** @param client its realm and its id. @throws ProblemError if there is no room for another stream of the client */
  refuseTooMany(client: string, log: Pick<FastifyBaseLogger, 'warn'>): void
  /** Counts a stream that is opened (1) or closed (-1). Returns how many there are. */
  count(client: string, difference: 1 | -1): number
}

const leastWaitSeconds = 5
const spreadSeconds = 10
/** Those that are refused ask again every few seconds. */
const warnEveryMs = 60_000

export function createStreamCounts({ ofClient, ofNode }: StreamLimits, random: () => number = Math.random): StreamCounts {
  const ofClients = new Map<string, number>()
  let open = 0
  let warnedAt = -Infinity

  function warn(log: Pick<FastifyBaseLogger, 'warn'>): void {
    const now = performance.now()
    if (now - warnedAt < warnEveryMs) return
    warnedAt = now
    log.warn({ open }, 'streams of events are refused with 503: this server has as many as it may')
  }

  return {
    refuseTooMany(client, log) {
      const headers = { 'retry-after': String(leastWaitSeconds + Math.floor(random() * spreadSeconds)) }
      if ((ofClients.get(client) ?? 0) >= ofClient)
        throw new ProblemError('rate-limited', { detail: 'The client has too many streams of events open.', remedy, headers })
      if (open < ofNode) return
      warn(log)
      const detail = 'This server has too many streams of events open.'
      throw new ProblemError('temporarily-unavailable', { detail, remedy, headers, isLogged: true })
    },
    count(client, difference) {
      const left = (ofClients.get(client) ?? 0) + difference
      if (left > 0) ofClients.set(client, left)
      else ofClients.delete(client)
      return (open += difference)
    },
  }
}

const remedy = 'Wait for the seconds in "Retry-After" and try again; ask for the document meanwhile, without "Accept: text/event-stream".'

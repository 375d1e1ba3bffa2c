// How many streams a client and this node may have open. What is beyond is told when to try again, and asks for documents meanwhile.
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
  refuseTooMany(client: string): void
  /** Counts a stream that is opened (1) or closed (-1). Returns how many there are. */
  count(client: string, difference: 1 | -1): number
}

const leastWaitSeconds = 5
const spreadSeconds = 10

export function createStreamCounts({ ofClient, ofNode }: StreamLimits, random: () => number = Math.random): StreamCounts {
  const ofClients = new Map<string, number>()
  let open = 0
  return {
    refuseTooMany(client) {
      const headers = { 'retry-after': String(leastWaitSeconds + Math.floor(random() * spreadSeconds)) }
      if ((ofClients.get(client) ?? 0) >= ofClient)
        throw new ProblemError('rate-limited', { detail: 'The client has too many streams of events open.', remedy, headers })
      if (open >= ofNode)
        throw new ProblemError('temporarily-unavailable', { detail: 'This server has too many streams of events open.', remedy, headers })
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

// Batches lookups of clients: up to a few queries run at once, and further lookups queue and share the next one. A server that has just
// started with thousands of waiting clients needs some hundred queries instead of thousands, and no request waits for a connection.
import type { Kysely } from 'kysely'
import type { Schema } from '../store/schema.ts'
import { readClients } from './read-clients.ts'
import type { ClientRecord } from './records.ts'
import type { OnDamage } from '../store/damage.ts'

/** A part of the connections for token requests; the rest serves the audit log and the change log. */
const maxQueries = 3
const maxPerQuery = 64

interface Waiting {
  readonly realm: string
  readonly clientId: string
  readonly answer: PromiseWithResolvers<ClientRecord | undefined>
}

export type ReadClient = (realm: string, clientId: string) => Promise<ClientRecord | undefined>

export function createClientReader(db: Kysely<Schema>, onDamage?: OnDamage): ReadClient {
  let waiting: Waiting[] = []
  let underWay = 0

  async function readNext(): Promise<void> {
    const [{ realm }] = waiting as [Waiting]
    const batch: Waiting[] = []
    const later: Waiting[] = []
    for (const one of waiting) (one.realm === realm && batch.length < maxPerQuery ? batch : later).push(one)
    waiting = later
    underWay++
    try {
      const found = await readClients(
        db,
        realm,
        batch.map(({ clientId }) => clientId),
        onDamage,
      )
      for (const { clientId, answer } of batch) answer.resolve(found.get(clientId))
    } catch (error) {
      // Queued lookups fail with the running ones: they have waited as long for a store that does not answer.
      for (const { answer } of batch.concat(waiting)) answer.reject(error)
      waiting = []
    } finally {
      underWay--
    }
    if (waiting.length > 0) void readNext()
  }

  return (realm, clientId) => {
    const answer = Promise.withResolvers<ClientRecord | undefined>()
    waiting.push({ realm, clientId, answer })
    if (underWay < maxQueries) void readNext()
    return answer.promise
  }
}

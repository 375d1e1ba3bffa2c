// Batches lookups of clients, per realm.
import type { Kysely } from 'kysely'
import type { Schema } from '../store/schema.ts'
import { createBatchReader } from './batch-reader.ts'
import { readClients } from './read-clients.ts'
import type { ClientRecord } from './records.ts'
import type { OnDamage } from '../store/damage.ts'

const maxPerQuery = 64

interface ClientKey {
  readonly realm: string
  readonly clientId: string
}

export type ReadClient = (realm: string, clientId: string) => Promise<ClientRecord | undefined>

export function createClientReader(db: Kysely<Schema>, onDamage?: OnDamage): ReadClient {
  const read = createBatchReader<ClientKey, ClientRecord>({
    maxPerQuery,
    groupOf: ({ realm }) => realm,
    async read(keys) {
      const ids = keys.map(({ clientId }) => clientId)
      const found = await readClients(db, keys[0]!.realm, ids, onDamage)
      return new Map(keys.flatMap((key) => (found.has(key.clientId) ? [[key, found.get(key.clientId)!]] : [])))
    },
  })
  return (realm, clientId) => read({ realm, clientId })
}

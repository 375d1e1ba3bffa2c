// The client that asks for what it did itself. Its id may have been that of an earlier client, whose past is no business of it.
import type { FastifyRequest } from 'fastify'
import type { Kysely } from 'kysely'
import type { Realm } from '../realms/realm.ts'
import type { Schema } from '../store/schema.ts'

/** The realm of the token of a request. */
export type RealmOf = (request: FastifyRequest) => Pick<Realm, 'name' | 'accessTokenLifetime'>

export interface OwnClient {
  /** Milliseconds since the epoch. */
  readonly createdAt: number
  readonly accessTokenLifetime: number | null
}

/** Undefined for a client that is gone by now. */
export async function findOwnClient(db: Kysely<Schema>, realm: string, clientId: string): Promise<OwnClient | undefined> {
  const row = await db
    .selectFrom('clients')
    .select(['created_at', 'access_token_lifetime'])
    .where('realm', '=', realm)
    .where('client_id', '=', clientId)
    .executeTakeFirst()
  return row && { createdAt: Number(row.created_at), accessTokenLifetime: row.access_token_lifetime }
}

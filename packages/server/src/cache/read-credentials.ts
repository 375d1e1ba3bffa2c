// Reads the credentials of clients, of every kind in one query. Secrets are compared by the server itself; what a credential of another kind
// is, its authentication method knows.
import type { Kysely, Selectable } from 'kysely'
import type { OnDamage } from '../store/damage.ts'
import type { Schema } from '../store/schema.ts'
import { toSecret, withoutDamaged } from './read-secrets.ts'
import type { ClientRecord } from './records.ts'

export type CredentialRow = Omit<Selectable<Schema['credentials']>, 'client' | 'origin'>
export type Credentials = Pick<ClientRecord, 'secrets' | 'otherCredentials'>

/** Of all clients of an organization, by the internal id of the client. A client without credentials has no entry. */
export async function readAllCredentials(
  db: Kysely<Schema>,
  organizationId: string,
  onDamage: OnDamage,
): Promise<Map<string, Credentials>> {
  const rows = await db
    .selectFrom('credentials')
    .innerJoin('clients', 'clients.id', 'credentials.client')
    .selectAll('credentials')
    .where('clients.organization_id', '=', organizationId)
    .orderBy('credentials.created_at', 'desc')
    .execute()
  return new Map([...Map.groupBy(rows, ({ client }) => client)].map(([client, ofClient]) => [client, toCredentials(ofClient, onDamage)]))
}

/** @param rows of one client, newest first */
export function toCredentials(rows: readonly CredentialRow[], onDamage: OnDamage): Credentials {
  const secrets = rows.filter(isSecret).map(toSecret)
  const others = rows
    .filter((row) => !isSecret(row))
    .map(({ id, kind, material, expires_at: expiresAt }) => ({ id, kind, material, expiresAt }))
  // A copy of the array, because V8 gives an array that grows room for 17.
  return { secrets: withoutDamaged(secrets, onDamage).slice(), ...(others.length > 0 && { otherCredentials: others }) }
}

function isSecret({ kind }: CredentialRow): boolean {
  return kind === 'client_secret'
}

// Reads client secrets. A secret whose digest is damaged matches nothing and is left out.
import type { Kysely, Selectable } from 'kysely'
import type { OnDamage } from '../store/damage.ts'
import type { Schema } from '../store/schema.ts'
import type { SecretRecord } from './records.ts'

export type SecretRow = Selectable<Schema['credentials']>

/** By the internal id of their client, newest first. */
export async function readSecrets(db: Kysely<Schema>, clients: readonly string[]): Promise<Map<string, SecretRecord[]>> {
  if (clients.length === 0) return new Map()
  const rows = await db
    .selectFrom('credentials')
    .selectAll()
    .where('client', 'in', clients)
    .where('kind', '=', 'client_secret')
    .orderBy('created_at', 'desc')
    .execute()
  return new Map([...Map.groupBy(rows, ({ client }) => client)].map(([client, secrets]) => [client, secrets.map(toSecret)]))
}

/** The secrets of a client by its internal id, newest first. */
export async function readSecretsOf(db: Kysely<Schema>, client: string): Promise<SecretRecord[]> {
  return (await readSecrets(db, [client])).get(client) ?? []
}

export function toSecret(row: Omit<SecretRow, 'client' | 'kind' | 'origin'>): SecretRecord {
  return {
    id: row.id,
    digest: packDigest(row.material),
    pepperVersion: row.digest_version,
    lastFour: row.last_four,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    expiresAtBeforeRotation: row.expires_at_before_rotation,
    startedBy: row.started_by ?? 'operator',
    firstUsedAt: row.first_used_at,
    lastUsedAt: row.last_used_at,
    remindedAt: row.reminded_at,
    tokensEndAt: row.tokens_end_at,
  }
}

/** The free rest of the buffer that digests are copied into. */
let roomForDigests = Buffer.alloc(0)

/**
 * Digests share buffers: thousands of small arrays would cost more than their content, and each one from Buffer's pool would keep 64
 * KiB alive for nothing else.
 */
export function packDigest(digest: Uint8Array): Buffer {
  if (roomForDigests.length < digest.length) roomForDigests = Buffer.alloc(2048)
  const packed = roomForDigests.subarray(0, digest.length)
  packed.set(digest)
  roomForDigests = roomForDigests.subarray(digest.length)
  return packed
}

const digestLength = 32

/** A damaged secret matches nothing; the other secret of the client still works. */
export function withoutDamaged(secrets: readonly SecretRecord[], onDamage: OnDamage): readonly SecretRecord[] {
  return secrets.filter(({ id, digest }) => {
    if (digest.length !== digestLength) onDamage({ table: 'credentials', row: id, column: 'material' })
    return digest.length === digestLength
  })
}

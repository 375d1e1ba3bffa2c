// The public keys of a client as rows: registered keys, and the address of a set of keys. With the times of their first and last use, and
// when the last token issued by each expires.
import type { Kysely, Selectable } from 'kysely'
import type { OperationOutput } from '@countersign/admin'
import { publicKeyKind } from '@countersign/protocol'
import { toInstant, toInstantOrNull } from '../api/instants.ts'
import type { Schema } from '../store/schema.ts'
import { parseMembers } from './key-material.ts'

export interface KeyRecord {
  readonly id: string
  /** Null for the address of a set. */
  readonly keyId: string | null
  readonly algorithm: string | null
  readonly jwksUri: string | null
  /** The SHA-256 of the certificate that it came in. */
  readonly fingerprint: string | null
  readonly createdAt: number
  readonly expiresAt: number | null
  readonly firstUsedAt: number | null
  readonly lastUsedAt: number | null
  readonly tokensEndAt: number | null
}

/** By the internal id of the client, newest first; also expired ones. */
export async function readKeys(db: Kysely<Schema>, client: string): Promise<KeyRecord[]> {
  const rows = await db
    .selectFrom('credentials')
    .selectAll()
    .where('client', '=', client)
    .where('kind', '=', publicKeyKind)
    .orderBy('created_at', 'desc')
    .execute()
  return rows.map(toKey)
}

function toKey(row: Selectable<Schema['credentials']>): KeyRecord {
  const material = parseMembers(row.material)
  const text = (member: string) => (typeof material[member] === 'string' ? material[member] : null)
  return {
    id: row.id,
    keyId: text('kid'),
    algorithm: text('alg'),
    jwksUri: text('jwks_uri'),
    fingerprint: text('x5t#S256'),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    firstUsedAt: row.first_used_at,
    lastUsedAt: row.last_used_at,
    tokensEndAt: row.tokens_end_at,
  }
}

export function describeKeys(keys: readonly KeyRecord[]): OperationOutput<'keys.list'>['keys'] {
  return keys.map(({ id, keyId, algorithm, jwksUri, fingerprint, createdAt, firstUsedAt, lastUsedAt, expiresAt }) => ({
    id,
    source: jwksUri !== null ? 'jwks-uri' : fingerprint !== null ? 'certificate' : 'key',
    keyId,
    algorithm,
    jwksUri,
    fingerprint,
    createdAt: toInstant(createdAt),
    firstUsedAt: toInstantOrNull(firstUsedAt),
    lastUsedAt: toInstantOrNull(lastUsedAt),
    expiresAt: toInstantOrNull(expiresAt),
  }))
}

// What has become of the credentials of a list: which of two secrets is the old one, and which credentials have ended.
import type { Kysely, Selectable } from 'kysely'
import { publicKeyKind } from '@countersign/protocol'
import { oneOf } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'

export interface CredentialStanding {
  readonly state: 'current' | 'new' | 'old' | 'ended'
  /** Milliseconds since the epoch; null if the row is gone. */
  readonly createdAt: number | null
}

type Credential = Pick<Selectable<Schema['credentials']>, 'id' | 'client' | 'kind' | 'created_at' | 'expires_at'>

const gone: CredentialStanding = { state: 'ended', createdAt: null }

export async function readStandings(
  db: Kysely<Schema>,
  ids: readonly string[],
  now: number,
): Promise<(credential: string) => CredentialStanding> {
  if (ids.length === 0) return () => gone
  const rows = await db
    .selectFrom('credentials as listed')
    .innerJoin('credentials', 'credentials.client', 'listed.client')
    .select(['credentials.id', 'credentials.client', 'credentials.kind', 'credentials.created_at', 'credentials.expires_at'])
    .distinct()
    .where('listed.id', 'in', oneOf(db, [...new Set(ids)]))
    .execute()
  const ofClient = Map.groupBy(rows, ({ client }) => client)
  const standings = new Map(
    rows.map((row) => [row.id, { state: stateOf(row, ofClient.get(row.client) ?? [], now), createdAt: row.created_at }]),
  )
  return (credential) => standings.get(credential) ?? gone
}

function stateOf(credential: Credential, ofClient: readonly Credential[], now: number): CredentialStanding['state'] {
  const isLive = ({ expires_at: expiresAt }: Credential) => expiresAt === null || expiresAt > now
  if (!isLive(credential)) return 'ended'
  if (credential.kind === publicKeyKind) return 'current'
  const others = ofClient.filter((other) => other.kind === credential.kind && other.id !== credential.id && isLive(other))
  if (others.length === 0) return 'current'
  return others.some((other) => other.created_at > credential.created_at) ? 'old' : 'new'
}

// The rows of the uses of credentials. Several nodes add to the same rows; a statement locks them in the order of their key.
import { sql, type Kysely } from 'kysely'
import { oneOf } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'
import type { PairUses } from './credential-uses.ts'

type Row = Schema['credential_uses']

export async function writeCredentialUses(db: Kysely<Schema>, uses: readonly PairUses[]): Promise<void> {
  const rows = new Map<string, Row>()
  for (const row of uses.map(toRow)) {
    const key = JSON.stringify([row.credential, row.address, row.user_agent])
    const same = rows.get(key)
    if (!same) {
      rows.set(key, row)
      continue
    }
    same.first_at = Math.min(same.first_at, row.first_at)
    same.last_at = Math.max(same.last_at, row.last_at)
    same.count += row.count
  }
  const sorted = [...rows].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, row]) => row)
  await db
    .insertInto('credential_uses')
    .values(sorted)
    .onConflict((conflict) =>
      conflict.columns(['credential', 'address', 'user_agent']).doUpdateSet({
        first_at: sql`case when excluded.first_at < credential_uses.first_at then excluded.first_at else credential_uses.first_at end`,
        last_at: sql`case when excluded.last_at > credential_uses.last_at then excluded.last_at else credential_uses.last_at end`,
        count: sql`credential_uses.count + excluded.count`,
      }),
    )
    .execute()
}

function toRow({ credential, address, userAgent, firstAt, lastAt, count }: PairUses): Row {
  return {
    credential: credential.id,
    realm: credential.realm,
    client_id: credential.clientId,
    organization_id: credential.organizationId,
    kind: credential.kind,
    label: credential.label,
    address,
    user_agent: userAgent,
    first_at: firstAt,
    last_at: lastAt,
    count,
  }
}

/** Returns the pairs that each of these credentials has already, to which the caller adds. */
export async function readPairsOf(db: Kysely<Schema>, uses: readonly PairUses[]): Promise<(credential: string) => Set<string>> {
  const rows = await db
    .selectFrom('credential_uses')
    .select(['credential', 'address', 'user_agent'])
    .where('credential', 'in', oneOf(db, [...new Set(uses.map(({ credential }) => credential.id))]))
    .where('address', '<>', '')
    .execute()
  const pairs = new Map<string, Set<string>>()
  const pairsOf = (credential: string) => {
    let found = pairs.get(credential)
    if (!found) pairs.set(credential, (found = new Set()))
    return found
  }
  for (const { credential, address, user_agent: userAgent } of rows) pairsOf(credential).add(`${address} ${userAgent}`)
  return pairsOf
}

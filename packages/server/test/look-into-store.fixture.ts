// Reads the history in a store, for programs that compare it with the responses that they got: whether the audit log is complete,
// and which tokens, changes and organizations it has.
import { sql, type Kysely } from 'kysely'
import { readKeyRing } from '../src/keys/read-key-ring.ts'
import type { Schema } from '../src/store/schema.ts'
import { openStore } from '../src/store/store.ts'
import { verifyEvents } from '../src/audit/verify/verify-events.ts'

export interface StoredPast {
  readonly events: number
  /** The first fault that `verifyEvents` found; undefined if there is none. */
  readonly fault: string | undefined
  /** Number of audit events of each token, by its `jti`. */
  readonly tokens: ReadonlyMap<string, number>
  /** Number of audit events of each change, by its kind and the request id of the caller: "clients.delete change-7". */
  readonly changes: ReadonlyMap<string, number>
  /** Number of audit events of the creation of each organization, by its id. */
  readonly recordedOrganizations: ReadonlyMap<string, number>
  /** Number of assertions that clients have used up. */
  readonly usedAssertions: number
  /** Ids of organizations by slug. */
  readonly organizations: ReadonlyMap<string, string>
}

/** If the store is a file, no server may have it open. */
export async function lookIntoStore(location: string, pepper: string, realm: string): Promise<StoredPast> {
  const store = await openStore(location)
  try {
    const { events, fault } = await verifyEvents(store.db, { pepper: await readKeyRing('secret pepper', `file:${pepper}`) })
    const rows = await store.db
      .selectFrom('audit_events')
      .select(['kind', 'detail', 'organization_id as organizationId'])
      .where('realm', '=', realm)
      .where('outcome', '=', sql.lit('success'))
      .where('kind', 'in', ['token.request', 'organizations.create'])
      .execute()
    const organizations = await store.db.selectFrom('organizations').select(['id', 'slug']).where('realm', '=', realm).execute()
    const of = (kind: string) => rows.filter((row) => row.kind === kind)
    return {
      events,
      fault: fault?.message,
      tokens: countEach(of('token.request').map(({ detail }) => (JSON.parse(detail) as { tokenId: string }).tokenId)),
      changes: await countChanges(store.db),
      recordedOrganizations: countEach(of('organizations.create').map(({ organizationId }) => String(organizationId))),
      usedAssertions: (await store.db.selectFrom('used_assertions').select('digest').execute()).length,
      organizations: new Map(organizations.map(({ id, slug }) => [slug, id])),
    }
  } finally {
    await store.close()
  }
}

/** Only the member `changes` of the past, without a verification. */
export async function lookForChanges(location: string): Promise<StoredPast['changes']> {
  const store = await openStore(location)
  try {
    return await countChanges(store.db)
  } finally {
    await store.close()
  }
}

async function countChanges(db: Kysely<Schema>): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('audit_events')
    .select(['kind', 'caller_request_id as callerRequestId'])
    .where('outcome', '=', sql.lit('success'))
    .where('caller_request_id', 'is not', null)
    .execute()
  return countEach(rows.map(({ kind, callerRequestId }) => `${kind} ${callerRequestId}`))
}

function countEach(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}

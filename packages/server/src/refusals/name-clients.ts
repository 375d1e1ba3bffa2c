// Names the clients of refusals for which none was read: a secret with a typing error is refused without a query, so that the time of the
// answer does not tell whether its client exists. They are read here, long after the answer, a batch at a time.
import type { Kysely } from 'kysely'
import { isVisibleText, maxClientIdLength } from '@countersign/admin'
import { looksLikeSecret } from '../keys/secret-format.ts'
import { oneOf } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'
import type { Refusal } from './refusal.ts'

/** Only what can be a client id, and no secret, waits in memory and is looked for. */
export function withNameToFind(refusal: Refusal): Refusal {
  const { presentedId } = refusal
  return presentedId === undefined || canBeClientId(presentedId) ? refusal : { ...refusal, presentedId: undefined }
}

/** A text that the store does not take would keep a whole batch from being written. */
function canBeClientId(text: string): boolean {
  return text.length <= maxClientIdLength && isVisibleText(text) && !looksLikeSecret(text)
}

export async function nameClients(db: Kysely<Schema>, refusals: readonly Refusal[]): Promise<readonly Refusal[]> {
  const ids = new Set(refusals.flatMap(({ presentedId }) => (presentedId === undefined ? [] : [presentedId])))
  if (ids.size === 0) return refusals
  const rows = await db
    .selectFrom('clients')
    .select(['realm', 'client_id', 'organization_id', 'created_at'])
    .where('client_id', 'in', oneOf(db, [...ids]))
    .execute()
  const clients = new Map(rows.map((row) => [keyOf(row.realm, row.client_id), row]))
  return refusals.map((refusal) => {
    const { realm, presentedId, at, detail } = refusal
    const client = presentedId === undefined ? undefined : clients.get(keyOf(realm, presentedId))
    if (!client || client.created_at > at) return refusal
    return { ...refusal, clientId: client.client_id, organizationId: client.organization_id, detail: { ...detail, isNamed: true } }
  })
}

function keyOf(realm: string, clientId: string): string {
  return JSON.stringify([realm, clientId])
}

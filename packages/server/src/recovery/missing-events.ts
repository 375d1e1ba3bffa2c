// Finds the events between the backup and the loss of the store: events of an export, or of the old store, that the backup lacks.
import { readUnverifiedPieces } from '../audit/retention/pieces.ts'
import { indexRemoved } from '../audit/retention/removed-events.ts'
import { nodeOf, numberOf } from '../node-ids.ts'
import { readStore } from '../store/inspect-store.ts'
import type { StoredEvent } from '../audit/events/event-row.ts'
import type { LostEvent } from './lost-revocations.ts'

const idsAtOnce = 500

/** The changes in the audit log of a store without a server, such as one that a backup is to replace. @throws StoreError */
export async function readChangesOf(location: string): Promise<LostEvent[]> {
  return readStore(location, async (db) => {
    const rows = await db
      .selectFrom('audit_events')
      .selectAll()
      .where('outcome', '=', 'success')
      .where('detail', 'like', '%"by":{%') // The detail of every change names its actor (change/apply-change.ts).
      .orderBy('id')
      .execute()
    return rows.flatMap((row) => toLostEvent(row) ?? [])
  })
}

/** Undefined for a damaged row. */
export function toLostEvent(stored: StoredEvent): LostEvent | undefined {
  const { organization_id: organizationId, client_id: clientId, detail: text, at, ...row } = stored
  const detail = parseDetail(text)
  return detail && { ...row, at: new Date(at).toISOString(), organizationId, clientId, detail }
}

/** The old store may be damaged; that may be the reason for the restore. */
function parseDetail(text: string): LostEvent['detail'] | undefined {
  try {
    return JSON.parse(text) as LostEvent['detail']
  } catch {
    return undefined
  }
}

/** The events of `events` that the store never had, in their order: those that retention removed from it took effect in it. @throws StoreError */
export async function findMissingEvents<Event extends { readonly id: string }>(
  location: string,
  events: readonly Event[],
): Promise<Event[]> {
  return readStore(location, async (db) => {
    const missing: Event[] = []
    const removed = indexRemoved(await readUnverifiedPieces(db))
    const wasRemoved = ({ id }: Event) => removed.find(nodeOf(id), numberOf(id)) !== undefined
    for (let at = 0; at < events.length; at += idsAtOnce) {
      const some = events.slice(at, at + idsAtOnce)
      const ids = some.map(({ id }) => id)
      const rows = await db.selectFrom('audit_events').select('id').where('id', 'in', ids).execute()
      const known = new Set(rows.map(({ id }) => id))
      missing.push(...some.filter((event) => !known.has(event.id) && !wasRemoved(event)))
    }
    return missing
  })
}

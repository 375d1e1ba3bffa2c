// Finds the events between the backup and the loss of the store: events of an export, or of the old store, that the backup lacks.
import { readStore } from '../store/inspect-store.ts'
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
    return rows.flatMap(({ organization_id: organizationId, client_id: clientId, detail: text, at, ...row }) => {
      const detail = parseDetail(text)
      return detail ? [{ ...row, at: new Date(at).toISOString(), organizationId, clientId, detail }] : []
    })
  })
}

/** The old store may be damaged; that may be the reason for the restore. */
function parseDetail(text: string): LostEvent['detail'] | undefined {
  try {
    return JSON.parse(text) as LostEvent['detail']
  } catch {
    return undefined
  }
}

/** The events of `events` that are not in the store, in their order. @throws StoreError */
export async function findMissingEvents<Event extends { readonly id: string }>(
  location: string,
  events: readonly Event[],
): Promise<Event[]> {
  return readStore(location, async (db) => {
    const missing: Event[] = []
    for (let at = 0; at < events.length; at += idsAtOnce) {
      const some = events.slice(at, at + idsAtOnce)
      const ids = some.map(({ id }) => id)
      const rows = await db.selectFrom('audit_events').select('id').where('id', 'in', ids).execute()
      const known = new Set(rows.map(({ id }) => id))
      missing.push(...some.filter(({ id }) => !known.has(id)))
    }
    return missing
  })
}

// Which events of an export the store does not have: what happened between the backup that was put back and the export.
import { readStore } from '../store/inspect-store.ts'

const idsAtOnce = 500

/** Those of `events` that are not in the store, in the order in which they come. @throws StoreError */
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

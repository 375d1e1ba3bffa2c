// What a removal of a name would change in a store, while servers write to it.
import { readLog, type AuditSettings } from '../audit/verify/verify-store.ts'
import { createAuditMac } from '../audit/events/audit-mac.ts'
import { findEvents, findKeptTexts, findOtherPlaces, type FoundEvent, type OtherPlace } from '../audit/removed-names/find-name.ts'
import { createNamePattern } from '../audit/removed-names/name-pattern.ts'
import { findArchivedNames, type FoundArchive } from './find-archived-names.ts'
import { createIntactCheck } from '../audit/removed-names/intact-rows.ts'
import { createRewrite, type RemovalChoice } from '../audit/removed-names/removable-texts.ts'
import { readNameRemovals } from '../audit/removed-names/recorded-removals.ts'
import { isFileUnfinished } from './remove-names.ts'

export interface FoundName {
  readonly events: readonly FoundEvent[]
  readonly archives: readonly FoundArchive[]
  /** Files of archives that are recorded and were not found, so that nothing is known of them. */
  readonly missingArchives: readonly string[]
  /** Ids that were given and are not in the log. */
  readonly unknown: readonly string[]
  /** The first event with the name that is not as it was written. */
  readonly altered: string | undefined
  /** The number of acceptances of the Data Processing Agreement with the name. */
  readonly acceptances: number
  readonly others: readonly OtherPlace[]
  /** Whether an earlier removal did not come to its end: the file may contain what it replaced. */
  readonly fileUnfinished: boolean
}

export interface NameSearch extends RemovalChoice {
  /** Looks only into these events. */
  readonly ids: readonly string[] | undefined
  /** Archives, or folders of archives. */
  readonly archives?: readonly string[]
  readonly onProgress?: (events: number) => void
}

/** @throws as verifyAuditLog() */
export async function findNameInStore(configuration: AuditSettings, search: NameSearch): Promise<FoundName> {
  const { name, ids, onProgress } = search
  const pattern = name === undefined ? undefined : createNamePattern(name)
  return readLog(configuration, [], async (db, keys) => {
    const mac = createAuditMac(keys)
    const isIntact = createIntactCheck(db, await readNameRemovals(db, mac))
    const options = { rewrite: createRewrite(search), pattern, ids, onProgress }
    const events: FoundEvent[] = []
    let altered: string | undefined
    for await (const { row, found } of findEvents(db, options)) {
      events.push(found)
      if (altered === undefined && !(await isIntact(row))) altered = row.id
    }
    const { archives, missing } = await findArchivedNames(db, mac, search.archives ?? [], options)
    const archivedIds = new Set(archives.flatMap((one) => one.events.map(({ id }) => id)))
    const known = ids === undefined ? new Set<string>() : await findKnown(ids, db)
    return {
      events,
      archives,
      missingArchives: missing,
      unknown: ids?.filter((id) => !known.has(id) && !archivedIds.has(id)) ?? [],
      altered,
      acceptances: pattern ? (await findKeptTexts(db, 'dpa_acceptances.accepted_by', pattern)).length : 0,
      others: pattern ? await findOtherPlaces(db, pattern) : [],
      fileUnfinished: await isFileUnfinished(db),
    }
  })
}

async function findKnown(ids: readonly string[], db: Parameters<typeof findOtherPlaces>[0]): Promise<ReadonlySet<string>> {
  const known = new Set<string>()
  for (const id of ids) if (await db.selectFrom('audit_events').select('id').where('id', '=', id).executeTakeFirst()) known.add(id)
  return known
}

// Whether the store still has the seals that anchors tell of. A backup that was put back does not have the newest ones, and that
// is no cut: the log itself says when it happened.
import type { Kysely } from 'kysely'
import type { Schema } from '../../store/schema.ts'
import type { KeptAnchor } from './anchor-files.ts'
import { idFrom } from '../../node-ids.ts'
import type { AuditMac } from '../events/audit-mac.ts'
import { findFault } from '../events/event-row.ts'
import type { AuditKind } from '../events/kinds.ts'

export interface ComparedAnchors {
  /** The store has their seals as they were. */
  readonly confirmed: readonly KeptAnchor[]
  /** The store does not have their seals, but a backup was put back after them. */
  readonly beforeRestore: readonly KeptAnchor[]
  /** The store had their seals, and nothing explains that it does not have them any more. */
  readonly cut: readonly KeptAnchor[]
}

/** The kind of event that a restore leaves behind. */
export const restoredKind = 'store.restored' satisfies AuditKind

/** The anchors must have been read before: a server writes them when the seal is in the store. */
export async function compareAnchors(db: Kysely<Schema>, mac: AuditMac, anchors: readonly KeptAnchor[]): Promise<ComparedAnchors> {
  const confirmed: KeptAnchor[] = []
  const missing: KeptAnchor[] = []
  for (const anchor of anchors) ((await hasSeal(db, anchor)) ? confirmed : missing).push(anchor)
  if (missing.length === 0) return { confirmed, beforeRestore: [], cut: [] }

  const restoredAt = await findLastRestore(db, mac, Math.min(...missing.map(({ sealedAt }) => sealedAt)))
  const isExplained = ({ sealedAt }: KeptAnchor): boolean => sealedAt <= restoredAt
  return { confirmed, beforeRestore: missing.filter(isExplained), cut: missing.filter((anchor) => !isExplained(anchor)) }
}

export function describeCut({ file, node, number, sealedAt, lastEvent }: KeptAnchor): string {
  return `The log was cut: the seal ${number} of the node ${node}, up to its event number ${lastEvent}, was stored at ${new Date(sealedAt).toISOString()}, as the anchor "${file}" shows, and is not there any more.`
}

async function hasSeal(db: Kysely<Schema>, { node, number, lastEvent, mac }: KeptAnchor): Promise<boolean> {
  const seal = await db
    .selectFrom('audit_seals')
    .select(['last_event', 'mac'])
    .where('node', '=', node)
    .where('number', '=', number)
    .executeTakeFirst()
  return seal?.mac === mac && seal.last_event === lastEvent
}

/** When a backup was last put back, since an instant; before all time if it was not. */
async function findLastRestore(db: Kysely<Schema>, mac: AuditMac, since: number): Promise<number> {
  const events = await db.selectFrom('audit_events').selectAll().where('id', '>=', idFrom(since)).where('kind', '=', restoredKind).execute()
  return Math.max(-Infinity, ...events.filter((event) => findFault(event, mac) === undefined).map(({ at }) => at))
}

// Compares anchors with the seals in the store. A restored backup lacks the newest seals; that is not an attack, because the audit log
// records when the restore happened.
import type { Kysely } from 'kysely'
import type { Schema } from '../../store/schema.ts'
import type { KeptAnchor } from './anchor-files.ts'
import { idFrom } from '../../node-ids.ts'
import type { AuditMac } from '../events/audit-mac.ts'
import { findFault } from '../events/event-row.ts'
import type { AuditKind } from '../events/kinds.ts'
import { readLosses, type Losses } from './recorded-losses.ts'

export interface ComparedAnchors {
  /** Anchors whose seals are in the store, unchanged. */
  readonly confirmed: readonly KeptAnchor[]
  /** Anchors whose seals are missing because a backup was restored after them. */
  readonly beforeRestore: readonly KeptAnchor[]
  /** Anchors whose seals were lost by a failover, as the log records. */
  readonly lost: readonly KeptAnchor[]
  /** Anchors whose seals are missing without an explanation. */
  readonly cut: readonly KeptAnchor[]
}

/** The kind of event that a restore writes. */
export const restoredKind = 'store.restored' satisfies AuditKind

/** The anchors must have been read before this is called: a server writes an anchor once its seal is in the store. */
export async function compareAnchors(
  db: Kysely<Schema>,
  mac: AuditMac,
  anchors: readonly KeptAnchor[],
  recorded?: Pick<Losses, 'isLostSeal'>,
): Promise<ComparedAnchors> {
  const confirmed: KeptAnchor[] = []
  const missing: KeptAnchor[] = []
  for (const anchor of anchors) ((await hasSeal(db, anchor)) ? confirmed : missing).push(anchor)
  if (missing.length === 0) return { confirmed, beforeRestore: [], lost: [], cut: [] }

  const restoredAt = await findLastRestore(db, mac, Math.min(...missing.map(({ sealedAt }) => sealedAt)))
  const losses = recorded ?? (await readLosses(db, mac))
  const reasonOf = ({ sealedAt, node, number }: KeptAnchor) =>
    sealedAt <= restoredAt ? 'beforeRestore' : losses.isLostSeal(node, number) ? 'lost' : 'cut'
  const { beforeRestore = [], lost = [], cut = [] } = Object.groupBy(missing, reasonOf)
  return { confirmed, beforeRestore, lost, cut }
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

/** Whether a backup was restored since an instant: the time of the last restore, or minus infinity if there was none. */
async function findLastRestore(db: Kysely<Schema>, mac: AuditMac, since: number): Promise<number> {
  const events = await db.selectFrom('audit_events').selectAll().where('id', '>=', idFrom(since)).where('kind', '=', restoredKind).execute()
  return Math.max(-Infinity, ...events.filter((event) => findFault(event, mac) === undefined).map(({ at }) => at))
}

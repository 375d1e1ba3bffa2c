// How far the events of a node are sealed, and which of its seals cover given events, without reading all seals: a node has thousands a day.
import type { Kysely, Selectable } from 'kysely'
import type { Schema } from '../../store/schema.ts'
import { keyNameIn, type AuditMac } from '../events/audit-mac.ts'

export type Seal = Selectable<Schema['audit_seals']>

export interface SealReach {
  /** The number of the last sealed event; 0 if none is. */
  readonly lastEvent: number
  /** The key that every event of the node names. */
  readonly key: string | undefined
}

/** Asks for each node once: what is sealed meanwhile is for the next run. */
export function createSealReach(db: Kysely<Schema>, mac: AuditMac): (node: string) => Promise<SealReach> {
  const known = new Map<string, SealReach>()
  return async (node) => {
    const reach = known.get(node) ?? (await findReach(db, mac, node))
    known.set(node, reach)
    return reach
  }
}

const nothing: SealReach = { lastEvent: 0, key: undefined }

/** Up to the last seal whose MAC is valid, so that no seal that an attacker added makes an event old enough. */
async function findReach(db: Kysely<Schema>, mac: AuditMac, node: string): Promise<SealReach> {
  const seals = await sealsOf(db, node).orderBy('number', 'desc').limit(2).execute()
  const [last, before] = seals
  if (!last || !before) return nothing
  return mac.isOf(last.mac, [last.node, last.number, last.sealed_at, last.last_event, last.skipped, before.mac])
    ? { lastEvent: last.last_event, key: keyNameIn(last.mac) }
    : nothing
}

/** The seals of a node that prove these numbers: from the last one before the first number to the first one that covers the last. */
export async function* readSealsOver(
  db: Kysely<Schema>,
  node: string,
  { first, last }: { readonly first: number; readonly last: number },
): AsyncGenerator<readonly Seal[]> {
  const begin = Math.max(0, (await findCovering(db, node, first)) - 1)
  const end = await findCovering(db, node, last)
  for (let number = begin; number <= end; number += sealsAtOnce)
    yield await sealsOf(db, node)
      .where('number', '>=', number)
      .where('number', '<', Math.min(end + 1, number + sealsAtOnce))
      .orderBy('number')
      .execute()
}

const sealsAtOnce = 500

/** The number of the first seal that covers an event; that of the last one if none does. */
async function findCovering(db: Kysely<Schema>, node: string, event: number): Promise<number> {
  const newest = await sealsOf(db, node).orderBy('number', 'desc').limit(1).executeTakeFirst()
  let [low, high] = [0, newest?.number ?? 0]
  while (low < high) {
    const middle = (low + high) >> 1
    // A seal that a failover lost is passed over.
    const seal = await sealsOf(db, node).where('number', '>=', middle).orderBy('number').limit(1).executeTakeFirst()
    if (!seal || seal.last_event >= event) high = middle
    else low = Math.max(middle, seal.number) + 1
  }
  return low
}

function sealsOf(db: Kysely<Schema>, node: string) {
  return db.selectFrom('audit_seals').selectAll().where('node', '=', node)
}

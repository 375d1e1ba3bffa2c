// Goes through the whole audit log and finds the first event that is not as the server wrote it: altered, removed, inserted
// or moved. It needs the audit key, or the pepper, which are not in the store; what whoever holds both could rewrite, it does not find. That the end
// of the log is gone with its seals, only the anchors show that are kept elsewhere.
import type { Kysely } from 'kysely'
import { nodeOf, numberOf } from '../../node-ids.ts'
import type { Schema } from '../../store/schema.ts'
import type { KeptAnchor } from '../seals/anchor-files.ts'
import { createAuditMac, keyNameIn, type AuditKeys } from '../events/audit-mac.ts'
import { compareAnchors, describeCut } from '../seals/compare-anchors.ts'
import { findFault, type StoredEvent } from '../events/event-row.ts'
import { aNodeOfSeals, describeMissingKey, reachOf, readSeals, type NodeOfSeals, type AuditFault } from '../seals/read-seals.ts'

export interface AuditVerdict {
  /** How many events there are. */
  readonly events: number
  /** Events from before the log was protected; of these nothing can be said. */
  readonly unprotected: number
  /** Events that no seal covers yet: that one is missing at the very end would not show. */
  readonly unsealed: number
  /** Events that could be cut from the end of the log, with their seals, and no anchor would tell. */
  readonly unanchored: number
  readonly anchors: {
    /** Those whose seals are in the store. */
    readonly confirmed: number
    /** Those that are newer than a backup which was put back later. */
    readonly beforeRestore: number
    /** When the newest of the confirmed seals was stored; null without one. Milliseconds since the epoch. */
    readonly latestAt: number | null
  }
  readonly fault: AuditFault | undefined
}

/** Of events that were there before migration 002. */
const unprotectedNode = '00000000'
const rowsAtOnce = 5000

export interface VerifyOptions {
  /** What is kept of seals outside the store, read before this is called. */
  readonly anchors?: readonly KeptAnchor[]
  /** Is told, now and then, how many events were looked at. */
  readonly onProgress?: (events: number) => void
}

export async function verifyEvents(
  db: Kysely<Schema>,
  keys: AuditKeys,
  { anchors: kept = [], onProgress }: VerifyOptions = {},
): Promise<AuditVerdict> {
  const mac = createAuditMac(keys)
  const verdict = { events: 0, unprotected: 0, unsealed: 0, unanchored: 0 }
  const seals = await readSeals(db, mac)
  const { nodes } = seals
  const { confirmed, beforeRestore, cut } = await compareAnchors(db, mac, kept)
  const anchoredUpTo = reachOf(confirmed, seals)
  /** The first event of each node that has no seals. */
  const firstsWithoutSeals = new Map<string, string>()
  let fault: AuditFault | undefined

  for await (const row of allEvents(db)) {
    if (++verdict.events % rowsAtOnce === 0) onProgress?.(verdict.events)
    fault ??= inspectRow(row)
  }
  fault ??= seals.fault ?? findCutEnd() ?? findCutSeal() ?? (await findMissingFirstSeal())
  const latestAt = confirmed.length === 0 ? null : Math.max(...confirmed.map(({ sealedAt }) => sealedAt))
  return { ...verdict, anchors: { confirmed: confirmed.length, beforeRestore: beforeRestore.length, latestAt }, fault }

  function inspectRow(row: StoredEvent): AuditFault | undefined {
    const [name, number] = [nodeOf(row.id), numberOf(row.id)]
    if (name === unprotectedNode) {
      verdict.unprotected++
      if (verdict.unprotected === verdict.events) return undefined
      return {
        id: row.id,
        kind: 'out-of-order',
        message: `The event "${row.id}" has no protection, but stands behind one that has: it was not written by a server.`,
      }
    }
    const broken = findBroken(row)
    if (broken) return broken
    const node = nodes.get(name) ?? aNodeWithoutSeals(name, row.id)
    const missing = firstMissing(node, number)
    const last = node.last
    node.last = number
    node.lastId = row.id
    if (number > node.sealedUpTo) verdict.unsealed++
    if (number > (anchoredUpTo.get(name) ?? 0)) verdict.unanchored++
    if (number <= last) return { id: row.id, kind: 'out-of-order', message: `The event "${row.id}" is not in its place.` }
    if (missing !== undefined)
      return {
        id: row.id,
        kind: 'removed',
        message: `Before the event "${row.id}" the event number ${missing} of the node ${name} is missing.`,
      }
    return undefined
  }

  function findBroken(row: StoredEvent): AuditFault | undefined {
    const what = `The event "${row.id}"`
    const key = nodes.get(nodeOf(row.id))?.key
    const fault = findFault(row, mac) ?? (key !== undefined && key !== keyNameIn(row.mac) ? 'altered' : undefined)
    switch (fault) {
      case undefined:
        return undefined
      case 'altered':
        return { id: row.id, kind: 'altered', message: `${what} is not as it was written.` }
      case 'missing-key':
        return describeMissingKey(what, row.id, mac.findMissingKey(row.mac) ?? 'a key')
      case 'unknown-layout':
        return {
          id: row.id,
          kind: 'layout',
          message: `${what} has the layout ${row.layout}, which this version does not know. Verify with the version that wrote it; if there is none, the event is not as it was written.`,
        }
    }
  }

  /** The first number between the last event and this one that should be there; behind the last seal nothing can be said. */
  function firstMissing(node: NodeOfSeals, number: number): number | undefined {
    for (let expected = node.last + 1; expected < Math.min(number, node.sealedUpTo + 1); expected++) {
      if (!node.skipped.has(expected)) return expected
    }
    return undefined
  }

  function findCutEnd(): AuditFault | undefined {
    for (const [name, node] of nodes) {
      const missing = firstMissing(node, node.sealedUpTo + 1)
      if (missing !== undefined)
        return {
          id: node.lastId,
          kind: 'removed',
          message: `Behind the event "${node.lastId}" the event number ${missing} of the node ${name} is missing; events that wait in the spool of that node are missing, too.`,
        }
    }
    return undefined
  }

  function findCutSeal(): AuditFault | undefined {
    const [anchor] = cut
    return anchor && { id: nodes.get(anchor.node)?.lastId ?? '', kind: 'anchor', message: describeCut(anchor) }
  }

  /** A server stores its first seal before its first event. One that started meanwhile has it by now. */
  async function findMissingFirstSeal(): Promise<AuditFault | undefined> {
    if (firstsWithoutSeals.size === 0) return undefined
    const names = [...firstsWithoutSeals.keys()]
    const stored = await db.selectFrom('audit_seals').select('node').where('number', '=', 0).where('node', 'in', names).execute()
    const begun = new Set(stored.map(({ node }) => node))
    for (const [name, id] of firstsWithoutSeals) {
      if (!begun.has(name))
        return {
          id,
          kind: 'seal',
          message: `The seal 0 of the node ${name} is missing, which stood before its first event "${id}": seals were removed, and events with them, perhaps.`,
        }
    }
    return undefined
  }

  function aNodeWithoutSeals(name: string, firstId: string): NodeOfSeals {
    firstsWithoutSeals.set(name, firstId)
    const node = aNodeOfSeals()
    nodes.set(name, node)
    return node
  }
}

async function* allEvents(db: Kysely<Schema>): AsyncGenerator<StoredEvent> {
  for (let after = ''; ;) {
    const rows = await db.selectFrom('audit_events').selectAll().where('id', '>', after).orderBy('id').limit(rowsAtOnce).execute()
    yield* rows
    const last = rows.at(-1)
    if (!last) return
    after = last.id
  }
}

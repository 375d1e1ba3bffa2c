// Reads the whole audit log and finds the first event that is not as the server wrote it: altered, removed, inserted or moved. It needs
// the audit key or the pepper, which are not in the store. Not detected: a rewrite by an attacker who has both the store and the key. The
// removal of the end of the log together with its seals is detected only by anchors kept elsewhere.
import type { Kysely } from 'kysely'
import { nodeOf, numberOf } from '../../node-ids.ts'
import { oneOf } from '../../store/dialects.ts'
import type { Schema } from '../../store/schema.ts'
import type { KeptAnchor } from '../seals/anchor-files.ts'
import { createAuditMac, keyNameIn, type AuditKeys } from '../events/audit-mac.ts'
import { compareAnchors, describeCut } from '../seals/compare-anchors.ts'
import type { LostOfNode } from '../events/kinds.ts'
import { readLosses, type RecordedFailover } from '../seals/recorded-losses.ts'
import { readNameRemovals, type RecordedRemoval } from '../removed-names/recorded-removals.ts'
import type { StoredEvent } from '../events/event-row.ts'
import { collectDamagedSpools, type DamagedSpool } from './damaged-spools.ts'
import { readRemovals, type Removals, type RemovedClass } from './read-removals.ts'
import { verifyArchives, type VerifiedArchives } from './verify-archives.ts'
import { newSealedNode, describeMissingKey, reachOf, readSeals, type SealedNode, type AuditFault } from '../seals/read-seals.ts'

export interface AuditVerdict {
  /** The number of events. */
  readonly events: number
  /** Events from before the log was protected; they cannot be verified. */
  readonly unprotected: number
  /** Events that no seal covers yet: the removal of the last of them would not be detected. */
  readonly unsealed: number
  /** Events that could be cut from the end of the log, with their seals, without contradicting an anchor. */
  readonly unanchored: number
  readonly anchors: {
    /** Anchors whose seals are in the store. */
    readonly confirmed: number
    /** Anchors that are newer than a backup that was restored later. */
    readonly beforeRestore: number
    /** Anchors of seals that a recorded failover lost; absent if there are none. */
    readonly lost?: number
    /** When the newest confirmed seal was stored; null without one. Milliseconds since the epoch. */
    readonly latestAt: number | null
  }
  /** Failovers that lost events and seals, as the log records; absent if there are none. Only these are missing. */
  readonly failovers?: readonly RecordedFailover[]
  /** Removals of names, as the log records; absent if there are none. Only these texts were replaced. */
  readonly removedNames?: readonly RecordedRemoval[]
  /** Spools with damaged lines; absent if there are none. Events of them may be missing. */
  readonly damagedSpools?: readonly DamagedSpool[]
  /** What retention removed, by class, as the log records; absent if there is nothing. The events after it are proven by the store. */
  readonly removed?: readonly RemovedClass[]
  /** Absent if no folder of archives was given and nothing was removed. */
  readonly archives?: VerifiedArchives
  readonly fault: AuditFault | undefined
}

/** Events that were stored before migration 002. */
const unprotectedNode = '00000000'
const rowsAtOnce = 5000
/** Of reading a row that looks altered: between two reads a name can be removed. */
const maxAttempts = 3

export interface VerifyOptions {
  /** Anchors kept outside the store, read before this is called. */
  readonly anchors?: readonly KeptAnchor[]
  /** Archives of removed events: files, or folders of files. Without any, removed events are not proven, only that their removal is recorded. */
  readonly archives?: readonly string[]
  /** Losses that are not recorded yet, to find out whether they explain what is missing. */
  readonly presumed?: readonly LostOfNode[]
  /** Called periodically with the number of events read so far. */
  readonly onProgress?: (events: number) => void
}

interface Gap {
  readonly name: string
  readonly node: SealedNode
  readonly from: number
  /** Exclusive. */
  readonly until: number
  /** The event after the gap; undefined at the end of the log. */
  readonly id: string | undefined
}

export async function verifyEvents(
  db: Kysely<Schema>,
  keys: AuditKeys,
  { anchors: kept = [], presumed = [], archives: places = [], onProgress }: VerifyOptions = {},
): Promise<AuditVerdict> {
  const mac = createAuditMac(keys)
  const verdict = { events: 0, unprotected: 0, unsealed: 0, unanchored: 0 }
  let names = await readNameRemovals(db, mac)
  const { failovers, ...losses } = await readLosses(db, mac, { presumed, names })
  // Before the events: a piece whose record is read has all of its events in the store, or none that anything is missing of.
  const removals = await readRemovals(db, mac)
  const seals = await readSeals(db, mac, losses)
  const { nodes } = seals
  const { confirmed, beforeRestore, lost, cut } = await compareAnchors(db, mac, kept, losses)
  const anchoredUpTo = reachOf(confirmed, seals)
  /** The first event of each node without seals. */
  const firstsWithoutSeals = new Map<string, string>()
  const spools = collectDamagedSpools()
  let fault: AuditFault | undefined
  /** Numbers among which events are missing, unless retention has removed these since the records were read. */
  const gaps: Gap[] = []

  for await (const row of allEvents(db)) {
    if (++verdict.events % rowsAtOnce === 0) onProgress?.(verdict.events)
    if (fault !== undefined) continue
    fault = inspectRow(row)
    for (let attempt = 0; fault?.kind === 'altered' && attempt < maxAttempts; attempt++) fault = inspectRow(await readAgain(row))
  }
  if (!fault) noteCutEnds()
  const removedNow = await removals.readAgain()
  fault = findMissing(removedNow) ?? fault
  fault ??= seals.fault ?? findCutSeal() ?? (await findMissingFirstSeal()) ?? spools.findFault() ?? removals.findFault(removedNow)
  if (places.length > 0) names = await readNameRemovals(db, mac)
  const archives = await verifyArchives(removedNow.pieces, places, names, onProgress && ((events) => onProgress(verdict.events + events)))
  fault ??= archives?.fault
  const latestAt = confirmed.length === 0 ? null : Math.max(...confirmed.map(({ sealedAt }) => sealedAt))
  const damaged = spools.found.length > 0 && { damagedSpools: spools.found }
  const anchors = {
    confirmed: confirmed.length,
    beforeRestore: beforeRestore.length,
    ...(lost.length > 0 && { lost: lost.length }),
    latestAt,
  }
  const removed = { ...(removals.classes.length > 0 && { removed: removals.classes }), ...(archives && { archives: archives.found }) }
  const { records } = names
  return {
    ...verdict,
    anchors,
    ...(failovers.length > 0 && { failovers }),
    ...(records.length > 0 && { removedNames: records }),
    ...damaged,
    ...removed,
    fault,
  }

  /** A name may have been removed from the row since the records were read, or since the row was. */
  async function readAgain(row: StoredEvent): Promise<StoredEvent> {
    names = await readNameRemovals(db, mac)
    return (await db.selectFrom('audit_events').selectAll().where('id', '=', row.id).executeTakeFirst()) ?? row
  }

  function inspectRow(row: StoredEvent): AuditFault | undefined {
    const [name, number] = [nodeOf(row.id), numberOf(row.id)]
    if (name === unprotectedNode) {
      verdict.unprotected++
      if (verdict.unprotected === verdict.events) return undefined
      return {
        id: row.id,
        kind: 'out-of-order',
        message: `The event "${row.id}" has no protection, but follows one that has: it was not written by a server.`,
      }
    }
    const broken = findBroken(row)
    if (broken) return broken
    const node = nodes.get(name) ?? newNodeWithoutSeals(name, row.id)
    noteGap(name, node, { until: number, id: row.id })
    if (number > Math.max(node.last, node.sealedUpTo) + 1) spools.noteGap(name, Math.max(node.last, node.sealedUpTo) + 1, row.id)
    spools.note(row)
    removals.note(row)
    const last = node.last
    node.last = number
    node.lastId = row.id
    if (number > node.sealedUpTo) verdict.unsealed++
    if (number > (anchoredUpTo.get(name) ?? 0)) verdict.unanchored++
    if (number <= last) return { id: row.id, kind: 'out-of-order', message: `The event "${row.id}" is not in its place.` }
    return removals.findInserted(name, number, row.id)
  }

  function findBroken(row: StoredEvent): AuditFault | undefined {
    const what = `The event "${row.id}"`
    const key = nodes.get(nodeOf(row.id))?.key
    const fault = names.findFault(row) ?? (key !== undefined && key !== keyNameIn(row.mac) ? 'altered' : undefined)
    switch (fault) {
      case undefined:
        return undefined
      case 'altered':
        return { id: row.id, kind: 'altered', message: `${what} is not as it was written.` }
      case 'missing-key':
        return describeMissingKey(what, row.id, names.findMissingKey(row) ?? 'a key')
      case 'unknown-layout':
        return {
          id: row.id,
          kind: 'layout',
          message: `${what} has the layout ${row.layout}, which this version does not know. Verify with the version that wrote it; if there is none, the event is not as it was written.`,
        }
    }
  }

  /** After the last seal a gap cannot be judged. */
  function noteGap(name: string, node: SealedNode, { until, id }: Pick<Gap, 'until' | 'id'>): void {
    const gap: Gap = { name, node, from: node.last + 1, until: Math.min(until, node.sealedUpTo + 1), id }
    if (firstMissing(gap, removals) !== undefined) gaps.push(gap)
  }

  function noteCutEnds(): void {
    for (const [name, node] of nodes) noteGap(name, node, { until: Infinity, id: undefined })
  }

  function firstMissing({ name, node, from, until }: Gap, { skip }: Removals): number | undefined {
    for (let number = skip(name, from); number < until; number = skip(name, number + 1))
      if (!node.skipped.has(number) && !losses.isLostEvent(name, number)) return number
    return undefined
  }

  function findMissing(removedNow: Removals): AuditFault | undefined {
    for (const gap of gaps) {
      const { name, node, id } = gap
      const missing = firstMissing(gap, removedNow)
      if (missing === undefined) continue
      const what = `the event number ${missing} of the node ${name} is missing`
      if (id !== undefined) return { id, kind: 'removed', message: `Before the event "${id}" ${what}.` }
      const message = `After the event "${node.lastId}" ${what}; events that wait in the spool of that node are missing, too.`
      return { id: node.lastId, kind: 'removed', message }
    }
    return undefined
  }

  function findCutSeal(): AuditFault | undefined {
    const [anchor] = cut
    return anchor && { id: nodes.get(anchor.node)?.lastId ?? '', kind: 'anchor', message: describeCut(anchor) }
  }

  /** A server stores its first seal before its first event, so a server that started during the verification has its seal by now. */
  async function findMissingFirstSeal(): Promise<AuditFault | undefined> {
    if (firstsWithoutSeals.size === 0) return undefined
    const names = [...firstsWithoutSeals.keys()]
    const stored = await db.selectFrom('audit_seals').select('node').where('number', '=', 0).where('node', 'in', oneOf(db, names)).execute()
    const begun = new Set(stored.map(({ node }) => node))
    for (const [name, id] of firstsWithoutSeals) {
      if (!begun.has(name) && !losses.isLostSeal(name, 0))
        return {
          id,
          kind: 'seal',
          message: `The seal 0 of the node ${name} is missing, although its event "${id}" exists: seals were removed, and possibly events.`,
        }
    }
    return undefined
  }

  function newNodeWithoutSeals(name: string, firstId: string): SealedNode {
    firstsWithoutSeals.set(name, firstId)
    const node = newSealedNode()
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

// Goes through the whole audit log and finds the first event that is not as the server wrote it: altered, removed, inserted
// or moved. It needs the pepper, which is not in the store; what whoever holds both could rewrite, it does not find.
import type { Kysely, Selectable } from 'kysely'
import type { KeyRing } from '../keys/key-ring.ts'
import type { Schema } from '../store/schema.ts'
import { createMac, nodeOf, numberOf } from './audit-chain.ts'
import { parseSkipped, type NamedSeal } from './seal-events.ts'

export interface AuditVerdict {
  /** How many events there are. */
  readonly events: number
  /** Events from before the log was protected; of these nothing can be said. */
  readonly unprotected: number
  /** Events that no seal covers yet: that one is missing at the very end would not show. */
  readonly unsealed: number
  readonly fault: AuditFault | undefined
}

export interface AuditFault {
  /** The id of the first bad event, or of the last good one before the gap. */
  readonly id: string
  readonly kind: 'altered' | 'removed' | 'out-of-order' | 'seal'
  readonly message: string
}

/** Of events that were there before migration 002. */
const unprotectedNode = '00000000'
const rowsAtOnce = 5000

/** @param onProgress is told, now and then, how many events were looked at */
export async function verifyEvents(db: Kysely<Schema>, pepper: KeyRing, onProgress?: (events: number) => void): Promise<AuditVerdict> {
  const mac = createMac(pepper)
  const verdict = { events: 0, unprotected: 0, unsealed: 0 }
  const { nodes, fault: sealFault } = await readSeals(db, mac)
  /** The first event of each node that has no seals. */
  const firstsWithoutSeals = new Map<string, string>()
  let fault: AuditFault | undefined

  for await (const row of allEvents(db)) {
    if (++verdict.events % rowsAtOnce === 0) onProgress?.(verdict.events)
    fault ??= inspectRow(row)
  }
  fault ??= sealFault ?? findCutEnd() ?? (await findMissingFirstSeal())
  return { ...verdict, fault }

  function inspectRow({ mac: found, ...row }: Selectable<Schema['audit_events']>): AuditFault | undefined {
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
    const version = Number(/^(\d+):/.exec(found)?.[1])
    if (found === '' || mac(Object.values(row), version) !== found)
      return { id: row.id, kind: 'altered', message: `The event "${row.id}" is not as it was written.` }
    const node = nodes.get(name) ?? aNodeWithoutSeals(name, row.id)
    const missing = firstMissing(node, number)
    const last = node.last
    node.last = number
    node.lastId = row.id
    if (number > node.sealedUpTo) verdict.unsealed++
    if (number <= last) return { id: row.id, kind: 'out-of-order', message: `The event "${row.id}" is not in its place.` }
    if (missing !== undefined)
      return {
        id: row.id,
        kind: 'removed',
        message: `Before the event "${row.id}" the event number ${missing} of the node ${name} is missing.`,
      }
    return undefined
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
    const node = { sealedUpTo: 0, skipped: new Set<number>(), last: 0, lastId: '' }
    nodes.set(name, node)
    return node
  }
}

interface NodeOfSeals {
  sealedUpTo: number
  readonly skipped: Set<number>
  last: number
  lastId: string
}

async function readSeals(
  db: Kysely<Schema>,
  mac: ReturnType<typeof createMac>,
): Promise<{ nodes: Map<string, NodeOfSeals>; fault: AuditFault | undefined }> {
  const nodes = new Map<string, NodeOfSeals>()
  let fault: AuditFault | undefined
  const named: NamedSeal[] = []
  const found = new Set<string>()
  let [node, before, next] = ['', '', 0]
  for (const row of await db.selectFrom('audit_seals').selectAll().orderBy('node').orderBy('number').execute()) {
    if (row.node !== node) [node, before, next] = [row.node, '', 0]
    const values = [row.node, row.number, row.sealed_at, row.last_event, row.skipped]
    if (row.number !== next || mac([...values, before], Number(/^(\d+):/.exec(row.mac)?.[1])) !== row.mac)
      fault ??= { id: '', kind: 'seal', message: `The seal ${next} of the node ${row.node} is missing or not as it was written.` }
    ;[before, next] = [row.mac, next + 1]
    const known = nodes.get(row.node) ?? { sealedUpTo: 0, skipped: new Set<number>(), last: 0, lastId: '' }
    known.sealedUpTo = Math.max(known.sealedUpTo, row.last_event)
    found.add(`${row.node},${row.number}`)
    if (row.number === 0) named.push(...parseSkipped<NamedSeal>(row.skipped))
    else for (const number of parseSkipped<number>(row.skipped)) known.skipped.add(number)
    nodes.set(row.node, known)
  }
  const lost = named.find((seal) => !found.has(String(seal)))
  if (lost) fault ??= { id: '', kind: 'seal', message: `The seal ${lost[1]} of the node ${lost[0]} was removed, and events before it.` }
  return { nodes, fault }
}

async function* allEvents(db: Kysely<Schema>): AsyncGenerator<Selectable<Schema['audit_events']>> {
  for (let after = ''; ;) {
    const rows = await db
      .selectFrom('audit_events')
      .select(['id', 'at', 'kind', 'outcome', 'reason', 'realm', 'organization_id', 'client_id', 'address', 'request_id', 'detail', 'mac'])
      .where('id', '>', after)
      .orderBy('id')
      .limit(rowsAtOnce)
      .execute()
    yield* rows
    const last = rows.at(-1)
    if (!last) return
    after = last.id
  }
}

// Names are removed only from rows that verify: the record of a removal would make any other row look as if it did.
import type { Kysely } from 'kysely'
import { nodeOf } from '../../node-ids.ts'
import type { Schema } from '../../store/schema.ts'
import { keyNameIn } from '../events/audit-mac.ts'
import type { StoredEvent } from '../events/event-row.ts'
import type { NameRemovals } from './recorded-removals.ts'

/** Whether a row is as it was written, or as the last removal left it, under the key of its node. */
export function createIntactCheck(db: Kysely<Schema>, removals: NameRemovals): (row: StoredEvent) => Promise<boolean> {
  const keyOfNode = new Map<string, string | undefined>()
  return async (row) => {
    if (row.mac === '') return true // From before the log was protected.
    const node = nodeOf(row.id)
    if (!keyOfNode.has(node)) {
      const seal = await db.selectFrom('audit_seals').select('mac').where('node', '=', node).where('number', '=', 0).executeTakeFirst()
      keyOfNode.set(node, seal && keyNameIn(seal.mac))
    }
    return removals.findFault(row) === undefined && keyOfNode.get(node) === keyNameIn(row.mac)
  }
}

export function describeAltered(id: string): string {
  return `The event "${id}" is not as it was written, and no name can be removed from it: the record would hide that. Run "countersign audit verify" first.`
}

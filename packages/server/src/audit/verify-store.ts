// Verifies the audit log of a store beside the servers that write to it.
import type { Configuration } from '../configuration/configuration.ts'
import { compareKeyRing, readKeyRing } from '../keys/key-ring.ts'
import { readStore } from '../store/inspect-store.ts'
import { verifyEvents, type AuditVerdict } from './verify-events.ts'

export interface StoreVerdict extends AuditVerdict {
  /** What now stands in the bad row, or before the gap. */
  readonly event: { readonly id: string; readonly at: string; readonly kind: string } | undefined
}

/** @throws StoreError, KeyRingError where it cannot be said, because the store or the pepper of the configuration is not to be had */
export async function verifyAuditLog(
  { store, secretPepper }: Pick<Configuration, 'store' | 'secretPepper'>,
  onProgress?: (events: number) => void,
): Promise<StoreVerdict> {
  const pepper = readKeyRing('secret pepper', secretPepper)
  return readStore(store, async (db) => {
    // Under another pepper every row would look altered.
    await compareKeyRing(db, 'secret pepper', pepper)
    const verdict = await verifyEvents(db, pepper, onProgress)
    const id = verdict.fault?.id ?? ''
    const row = await db.selectFrom('audit_events').select('kind').where('id', '=', id).executeTakeFirst()
    // Of the instant in the id: the column may be what was altered.
    const at = Number.parseInt(id.slice(0, 12), 16)
    const event = row && Number.isFinite(at) ? { id, at: new Date(at).toISOString(), kind: row.kind } : undefined
    return { ...verdict, event }
  })
}

// Verifies the audit log of a store while servers write to it.
import type { Configuration } from '../../configuration/configuration.ts'
import { compareKeyRing, readKeyRing } from '../../keys/key-ring.ts'
import { readStore } from '../../store/inspect-store.ts'
import { findAnchorFolder, listAnchors, readAnchors, readCopiedAnchors } from '../seals/anchor-files.ts'
import { instantOf } from '../../node-ids.ts'
import { verifyEvents, type AuditVerdict, type VerifyOptions } from './verify-events.ts'

export interface VerifyStoreOptions extends Pick<VerifyOptions, 'onProgress'> {
  /** Files of anchors, or folders of such files, in addition to those of this machine. */
  readonly copiedAnchors?: readonly string[]
}

export interface StoreVerdict extends AuditVerdict {
  /** The event that the fault names: its kind as the store has it now, its instant from the id; undefined if there is no such event. */
  readonly event: { readonly id: string; readonly at: string; readonly kind: string } | undefined
}

/**
 * Verifies the audit log, with the anchors of this machine's servers and the given ones.
 * @throws StoreError, KeyRingError, AnchorError if the store or an anchor is unavailable, or if the pepper or the audit key is unavailable
 * or not that of the store
 */
export async function verifyAuditLog(
  configuration: Pick<Configuration, 'store' | 'auditSpool' | 'secretPepper' | 'auditKey'>,
  { copiedAnchors = [], ...options }: VerifyStoreOptions = {},
): Promise<StoreVerdict> {
  const pepper = readKeyRing('secret pepper', configuration.secretPepper)
  const auditKey = configuration.auditKey === undefined ? undefined : readKeyRing('audit key', configuration.auditKey)
  const place = findAnchorFolder(configuration)
  const anchors = [...(place === undefined ? [] : readAnchors(listAnchors(place))), ...copiedAnchors.flatMap(readCopiedAnchors)]
  return readStore(configuration.store, async (db) => {
    // Under other keys every row would look altered.
    await compareKeyRing(db, 'secret pepper', pepper)
    await compareKeyRing(db, 'audit key', auditKey)
    const verdict = await verifyEvents(db, { pepper, auditKey }, { ...options, anchors })
    const id = verdict.fault?.id ?? ''
    const row = await db.selectFrom('audit_events').select('kind').where('id', '=', id).executeTakeFirst()
    // The instant in the id, because the column may be what was altered.
    const at = instantOf(id)
    const event = row && Number.isFinite(at) ? { id, at: new Date(at).toISOString(), kind: row.kind } : undefined
    return { ...verdict, event }
  })
}

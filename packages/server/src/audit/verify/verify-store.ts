// Verifies the audit log of a store while servers write to it.
import type { Kysely } from 'kysely'
import type { Configuration } from '../../configuration/configuration.ts'
import { readKeyRing } from '../../keys/read-key-ring.ts'
import { compareKeyRing } from '../../keys/ring-checks.ts'
import { readStore } from '../../store/inspect-store.ts'
import type { Schema } from '../../store/schema.ts'
import type { AuditKeys } from '../events/audit-mac.ts'
import type { LostOfNode } from '../events/kinds.ts'
import { findAnchorFolder, listAnchors, readAnchors, readCopiedAnchors, type KeptAnchor } from '../seals/anchor-files.ts'
import type { AuditFault } from '../seals/read-seals.ts'
import { countLost } from '../seals/recorded-losses.ts'
import { instantOf } from '../../node-ids.ts'
import { findFailoverLosses, type FailoverTime } from './find-failover-losses.ts'
import { verifyEvents, type AuditVerdict, type VerifyOptions } from './verify-events.ts'

export interface VerifyStoreOptions extends Pick<VerifyOptions, 'archives' | 'onProgress'> {
  /** Files of anchors, or folders of such files, in addition to those of this machine. */
  readonly copiedAnchors?: readonly string[]
}

export interface StoreVerdict extends AuditVerdict {
  /** The event that the fault names: its kind as the store has it now, its instant from the id; undefined if there is no such event. */
  readonly event: { readonly id: string; readonly at: string; readonly kind: string } | undefined
}

export type AuditSettings = Pick<Configuration, 'store' | 'readStore' | 'auditSpool' | 'secretPepper' | 'auditKey'>

/**
 * Verifies the audit log, with the anchors of this machine's servers and the given ones.
 * @throws StoreError, KeyRingError, AnchorError if the store or an anchor is unavailable, or if the pepper or the audit key is unavailable
 * or not that of the store
 */
export async function verifyAuditLog(
  configuration: AuditSettings,
  { copiedAnchors = [], ...options }: VerifyStoreOptions = {},
): Promise<StoreVerdict> {
  return readLog(configuration, copiedAnchors, async (db, keys, anchors) => {
    const verdict = await verifyEvents(db, keys, { ...options, anchors })
    const id = verdict.fault?.id ?? ''
    const row = await db.selectFrom('audit_events').select('kind').where('id', '=', id).executeTakeFirst()
    // The instant in the id, because the column may be what was altered.
    const at = instantOf(id)
    const event = row && Number.isFinite(at) ? { id, at: new Date(at).toISOString(), kind: row.kind } : undefined
    return { ...verdict, event }
  })
}

export interface FoundLosses extends FailoverTime {
  readonly nodes: readonly LostOfNode[]
  readonly lostEvents: number
  readonly lostSeals: number
  /** What would still be wrong with the log if these losses were recorded. */
  readonly remaining: AuditFault | undefined
}

/** Finds what a failover in this time can have lost. @throws as {@link verifyAuditLog} */
export async function findLossesOfFailover(
  configuration: AuditSettings,
  { copiedAnchors = [], from, to, ...options }: VerifyStoreOptions & FailoverTime,
): Promise<FoundLosses> {
  return readLog(configuration, copiedAnchors, async (db, keys, anchors) => {
    const nodes = await findFailoverLosses(db, keys, { from, to, anchors })
    const { fault: remaining } = await verifyEvents(db, keys, { ...options, anchors, presumed: nodes })
    return { from, to, nodes, ...countLost(nodes), remaining }
  })
}

/** @throws StoreError, KeyRingError, AnchorError */
export async function readLog<Result>(
  configuration: AuditSettings,
  copiedAnchors: readonly string[],
  read: (db: Kysely<Schema>, keys: AuditKeys, anchors: readonly KeptAnchor[]) => Promise<Result>,
): Promise<Result> {
  const pepper = await readKeyRing('secret pepper', configuration.secretPepper)
  const auditKey = configuration.auditKey === undefined ? undefined : await readKeyRing('audit key', configuration.auditKey)
  const place = findAnchorFolder(configuration)
  const anchors = [...(place === undefined ? [] : readAnchors(listAnchors(place))), ...copiedAnchors.flatMap(readCopiedAnchors)]
  const verify = async (db: Kysely<Schema>) => {
    // Under other keys every row would look altered.
    await compareKeyRing(db, 'secret pepper', pepper)
    await compareKeyRing(db, 'audit key', auditKey)
    return read(db, { pepper, auditKey }, anchors)
  }
  return readStore(configuration.store, verify, configuration.readStore)
}

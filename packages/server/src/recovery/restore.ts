// After the restore of a backup, revocations made since the backup are lost, and the store does not know which. So every token issued
// before now is denied, in all realms, and every node clears its cache.
import { sql } from 'kysely'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import { setup } from '../operators/operators.ts'
import { restoredKind } from '../audit/seals/compare-anchors.ts'
import type { AnchorKeeper } from '../audit/seals/keep-anchor.ts'
import type { ApplyChange } from '../change/apply-change.ts'
import { cutTokensBefore } from '../token/token-cut.ts'

export interface RecordedRestore {
  /** Tokens issued before this are denied. Seconds since the epoch. */
  readonly tokensNotBefore: number
  readonly organizations: number
  /** The last event in the backup; null if it has none. Milliseconds since the epoch. */
  readonly lastEventAt: number | null
  /** Anchors of the audit log that are newer than the backup: their files, under their new names. */
  readonly anchorsSetAside: readonly string[]
}

/**
 * The revision advances by this much: changes lost with the restore have numbers at most this far above those in the backup, so no node can
 * mistake later changes for those that it has already applied.
 */
const lostChangesAtMost = 1_000_000_000

export async function recordRestore(
  applyChange: ApplyChange,
  anchors: Pick<AnchorKeeper, 'compare' | 'reconcile'>,
): Promise<RecordedRestore> {
  const { cut } = await anchors.compare()
  const newerAnchors = cut.map(({ node, number, lastEvent }) => ({ node, number, lastEvent }))
  const recorded = await applyChange(setup, restoredKind, async ({ db, now, record }) => {
    const tokensNotBefore = cutTokensBefore(now)
    const last = await db.selectFrom('audit_events').select('at').orderBy('id', 'desc').limit(1).executeTakeFirst()
    // A later cut is kept.
    const later = sql<number>`case when tokens_not_before > ${tokensNotBefore} then tokens_not_before else ${tokensNotBefore} end`
    const { numUpdatedRows } = await db.updateTable('organizations').set({ tokens_not_before: later }).executeTakeFirstOrThrow()
    await db
      .updateTable('epoch')
      .set({ value: sql`value + ${sql.lit(lostChangesAtMost)}` })
      .execute()
    const restored = { tokensNotBefore, organizations: Number(numUpdatedRows), lastEventAt: last?.at ?? null }
    record({ subject: { realm: operatorsRealmName }, changed: 'rights', detail: { ...restored, newerAnchors } })
    return restored
  })
  // The event explains why the seals of these anchors are missing.
  return { ...recorded, anchorsSetAside: await anchors.reconcile() }
}

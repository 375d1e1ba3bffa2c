// After a backup was put back: what was revoked since then has come to life again and nobody here knows what it was. So every
// token that was issued before now is refused, in all realms, and every node forgets what it remembers.
import { sql } from 'kysely'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import { setup } from '../operators/operators.ts'
import { restoredKind } from '../audit/seals/compare-anchors.ts'
import type { AnchorKeeper } from '../audit/seals/keep-anchor.ts'
import type { ApplyChange } from '../change/apply-change.ts'
import { cutTokensBefore } from '../token/token-cut.ts'

export interface RecordedRestore {
  /** Tokens that were issued before this are refused. Seconds since the epoch. */
  readonly tokensNotBefore: number
  readonly organizations: number
  /** The last event in the backup; null where there is none. Milliseconds since the epoch. */
  readonly lastEventAt: number | null
  /** Anchors of the audit log that are newer than the backup: their files, under their new names. */
  readonly anchorsSetAside: readonly string[]
}

/**
 * Changes that the backup does not know of have numbers up to here above its own at most: no node can take the changes to come
 * for those that it has followed already.
 */
const lostChangesAtMost = 1_000_000_000

export async function recordRestore(applyChange: ApplyChange, anchors: Pick<AnchorKeeper, 'compare' | 'settle'>): Promise<RecordedRestore> {
  const { cut } = await anchors.compare()
  const newerAnchors = cut.map(({ node, number, lastEvent }) => ({ node, number, lastEvent }))
  const recorded = await applyChange(setup, restoredKind, async ({ db, now, record }) => {
    const tokensNotBefore = cutTokensBefore(now)
    const last = await db.selectFrom('audit_events').select('at').orderBy('id', 'desc').limit(1).executeTakeFirst()
    // A cut that is further ahead stays.
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
  // The event explains from now on why their seals are missing.
  return { ...recorded, anchorsSetAside: await anchors.settle() }
}

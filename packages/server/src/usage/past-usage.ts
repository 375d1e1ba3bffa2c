// Usage of the past, brought along: a demo shows two days that did not happen, and a takeover may know what another system counted.
import type { Kysely } from 'kysely'
import type { Schema } from '../store/schema.ts'
import type { PairUses } from './credential-uses.ts'
import { writeCredentialUses } from './write-credential-uses.ts'
import { writeUsage, type HourCount } from './write-usage.ts'

export interface PastUsage {
  readonly counts: readonly HourCount[]
  /** Of credentials that exist: their first and last use follow, and they and their clients are at least as old as their first use. */
  readonly uses: readonly PairUses[]
}

const rowsPerStatement = 200

/** Adds to what is there. Usage decides nothing, so there is no audit event. */
export async function addPastUsage(db: Kysely<Schema>, { counts, uses }: PastUsage): Promise<void> {
  for (let from = 0; from < counts.length; from += rowsPerStatement) await writeUsage(db, counts.slice(from, from + rowsPerStatement))
  if (uses.length > 0) await writeCredentialUses(db, uses)
  for (const [id, all] of Map.groupBy(uses, (use) => use.credential.id)) {
    const { realm, clientId } = all[0]!.credential
    const firstAt = Math.min(...all.map((use) => use.firstAt))
    const lastAt = Math.max(...all.map((use) => use.lastAt))
    await db
      .updateTable('credentials')
      .set(({ fn, val, ref }) => ({
        first_used_at: fn<number>('coalesce', [ref('first_used_at'), val(firstAt)]),
        last_used_at: fn<number>('coalesce', [ref('last_used_at'), val(lastAt)]),
        created_at: firstAt,
      }))
      .where('id', '=', id)
      .where('created_at', '>', firstAt)
      .execute()
    await db
      .updateTable('clients')
      .set({ created_at: firstAt })
      .where('realm', '=', realm)
      .where('client_id', '=', clientId)
      .where('created_at', '>', firstAt)
      .execute()
  }
}

// What was refused, for explanations and for the lists of operators and integrators: noted in memory and written in batches, or inserted
// with the report of a guard. It is thinned under a flood; the audit log is the record that counts everything.
import { setImmediate as otherRequests } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import type { Schema } from '../store/schema.ts'
import type { Store } from '../store/store.ts'
import { insertRefusals, rowsPerStatement, toRow, type RefusalRow } from './insert-refusals.ts'
import { nameClients, withNameToFind } from './name-clients.ts'
import type { RefusalCounters, RefusalFate } from './refusal-counters.ts'
import type { Refusal, Refusals } from './refusal.ts'
import type { Thinning } from './thinning.ts'

export interface RefusalLog extends Refusals {
  /** Inserts those that are kept, in the transaction of a report. Resolves with what became of them, to be counted after the commit. */
  insert(db: Kysely<Schema>, refusals: readonly Refusal[], now: number): Promise<Readonly<Record<RefusalFate, number>>>
  readonly counters: RefusalCounters
  /** Writes pending refusals. */
  write(): Promise<void>
  close(): Promise<void>
}

interface RefusalLogOptions {
  readonly store: Pick<Store, 'backgroundPool'>
  readonly thinning: Thinning
  readonly counters: RefusalCounters
  readonly onFailure: (error: Error) => void
  readonly limits?: { readonly pending: number }
}

interface Pending {
  readonly refusal: Refusal
  readonly isSample: boolean
}

const intervalMs = 1000

/** @param limits of what waits for the store: the oldest stays */
export function createRefusalLog({ store, thinning, counters, onFailure, limits = { pending: 20_000 } }: RefusalLogOptions): RefusalLog {
  const db = store.backgroundPool
  const perStatement = rowsPerStatement(db)
  let pending: Pending[] = []
  let lastWrite: Promise<void> = Promise.resolve()
  const timer = setInterval(() => void write(), intervalMs).unref()

  /** One after the other; what cannot be written stays for the next time. */
  function write(): Promise<void> {
    return (lastWrite = lastWrite.then(async () => {
      while (pending.length > 0) {
        const batch = pending.slice(0, perStatement)
        try {
          const named = await nameClients(
            db,
            batch.map(({ refusal }) => refusal),
          )
          await insertRefusals(
            db,
            named.map((refusal, index) => toRow(refusal, batch[index]!.isSample)),
          )
        } catch (error) {
          return onFailure(error as Error)
        }
        pending = pending.slice(batch.length)
        for (const { refusal } of batch) counters.count(refusal.realm, 'kept')
        await otherRequests() // SQLite writes without answering them.
      }
    }))
  }

  return {
    counters,
    note(refusal) {
      const fate = pending.length < limits.pending ? thinning.admit(refusal, refusal.at) : 'thinned'
      if (fate === 'thinned') return counters.count(refusal.realm, 'thinned')
      pending.push({ refusal: withNameToFind(refusal), isSample: fate === 'sample' })
      if (pending.length % (10 * perStatement) === 0) void write()
    },
    async insert(transaction, refusals, now) {
      const rows: RefusalRow[] = []
      for (const refusal of refusals) {
        const fate = thinning.admit(refusal, now)
        if (fate !== 'thinned') rows.push(toRow(refusal, fate === 'sample'))
      }
      let kept = 0
      for (let at = 0; at < rows.length; at += perStatement) kept += await insertRefusals(transaction, rows.slice(at, at + perStatement))
      return { kept, thinned: refusals.length - rows.length, duplicate: rows.length - kept }
    },
    write,
    async close() {
      clearInterval(timer)
      await write()
    },
  }
}

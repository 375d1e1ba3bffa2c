// What is kept of requests besides the audit log: uses of secrets and credentials, counts, refusals, and what guards report. All of it is
// written later, and no request waits for it but the report of a guard.
import type { ApplyChange } from './change/apply-change.ts'
import type { Cache } from './cache/cache.ts'
import type { Clock } from './clock.ts'
import type { Realm } from './realms/realm.ts'
import { createRefusalCounters } from './refusals/refusal-counters.ts'
import { createRefusalLog, type RefusalLog } from './refusals/refusal-log.ts'
import { createThinning } from './refusals/thinning.ts'
import { createReportWriter, type ReportWriter } from './reports/report-writer.ts'
import { createSecretUsage, type SecretUsage } from './rotation/secret-usage.ts'
import type { Store } from './store/store.ts'
import { createCredentialUses } from './usage/credential-uses.ts'
import { createUsageCounts, type UsageCounts } from './usage/usage-counts.ts'

interface RequestRecordsOptions {
  readonly store: Store
  readonly realms: ReadonlyMap<string, Realm>
  readonly cache: Cache
  readonly applyChange: ApplyChange
  readonly now: Clock
  /** Tells in the log that `what` could not be written. */
  readonly warnOf: (what: string) => (error: Error) => void
}

export interface RequestRecords {
  readonly usage: SecretUsage
  /** Counts tokens, calls and refusals. */
  readonly usageCounts: UsageCounts
  readonly refusals: RefusalLog
  readonly reportWriter: ReportWriter
  /** Writes what is counted in memory. */
  writeUsage(): Promise<void>
  /** Writes pending records. No request may follow. */
  close(): Promise<void>
}

export function createRequestRecords({ store, realms, cache, applyChange, now, warnOf }: RequestRecordsOptions): RequestRecords {
  const credentialUses = createCredentialUses({ store, onFailure: warnOf('the addresses from which credentials are used') })
  const onFailure = warnOf('last-used times of secrets')
  const usage = createSecretUsage({ store, realms, cache, applyChange, credentialUses, onFailure })
  const usageCounts = createUsageCounts({ store, now, onFailure: warnOf('counts of tokens and calls') })
  const refusals = createRefusalLog({
    store,
    thinning: createThinning(),
    counters: createRefusalCounters(['', ...realms.keys()]),
    onFailure: warnOf('refusals'),
  })
  const reportWriter = createReportWriter({ store, refusals })

  return {
    usage,
    usageCounts,
    refusals,
    reportWriter,
    writeUsage: async () => void (await Promise.all([usage.write(), credentialUses.write(), usageCounts.write()])),
    async close() {
      await reportWriter.close() // It counts what was reported.
      await Promise.all([usage.close(), credentialUses.close(), usageCounts.close(), refusals.close()])
    },
  }
}

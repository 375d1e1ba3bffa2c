// Periodic maintenance, run by every node: ends rotation windows, reminds of due secrets, checks known cuts, deletes expired rows and old
// counts, gives disk space back. Each step is a transaction that checks whether another node has made it already.
import { answersKeptMs } from '../api/idempotency.ts'
import { pruneArrivals } from '../audit/arrivals.ts'
import { deleteExpiredAssertions } from '../clients/used-assertions.ts'
import { deletionsKeptMs } from '../organizations/remove-clients.ts'
import type { Clock } from '../clock.ts'
import { deleteEndedChallenges } from '../people/passkey-challenge.ts'
import { deleteEndedSessions } from '../sessions/sessions.ts'
import { describeFailure } from '../store/store-errors.ts'
import { pruneGuards } from '../refusals/prune-guards.ts'
import { pruneRefusals } from '../refusals/prune-refusals.ts'
import type { FutureCutAlarm } from '../token/future-cuts.ts'
import { checkKnownCuts } from './check-cuts.ts'
import { endWindows, remindOfSecrets, warnOfWindows, type SecretSteps } from './secret-steps.ts'
import { pruneUsage } from '../usage/prune-usage.ts'

export interface MaintenanceOptions extends SecretSteps {
  readonly clock: Clock
  readonly futureCuts: FutureCutAlarm
}

const changesKeptMs = 7 * 86_400_000
const intervalMs = 60_000

const firstRunMs = 5000

export interface Maintenance {
  /** Runs maintenance once; resolves when everything that is due is done, up to the bounds of one run. */
  run(): Promise<void>
  /** Runs shortly after the start, when the first requests have been answered, and then every minute. */
  start(): void
  /** Waits for a running maintenance. */
  stop(): Promise<void>
}

export function createMaintenance(options: MaintenanceOptions): Maintenance {
  let lastRun: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let first: NodeJS.Timeout | undefined
  const run = () => (lastRun = lastRun.catch(() => {}).then(() => maintain(options)))
  const runOrWarn = () =>
    void run().catch((err: unknown) => options.log.warn(describeFailure(err), 'periodic cleanup failed; retrying in 60 s'))
  return {
    run,
    start() {
      timer = setInterval(runOrWarn, intervalMs).unref()
      first = setTimeout(runOrWarn, firstRunMs).unref()
    },
    async stop() {
      clearInterval(timer)
      clearTimeout(first)
      await lastRun.catch(() => {})
    },
  }
}

async function maintain(options: MaintenanceOptions): Promise<void> {
  const now = options.clock()
  await endWindows(options, now)
  await warnOfWindows(options, now)
  await remindOfSecrets(options, now)
  const { db } = options.store
  await checkKnownCuts(db, options.futureCuts)
  await db
    .deleteFrom('idempotency_keys')
    .where('created_at', '<=', now - answersKeptMs)
    .execute()
  await db
    .deleteFrom('changes')
    .where('at', '<=', now - changesKeptMs)
    // The last row distinguishes the history of this database from others.
    .where('number', '<', (last) => last.selectFrom('epoch').select('value'))
    .execute()
  await db.deleteFrom('revoked_tokens').where('expires_at', '<=', now).execute()
  await db
    .deleteFrom('deleted_clients')
    .where('deleted_at', '<=', now - deletionsKeptMs)
    .execute()
  await deleteExpiredAssertions(db, now)
  await deleteEndedSessions(options.store.backgroundPool, now)
  await deleteEndedChallenges(options.store.backgroundPool, now)
  await pruneArrivals(options.store.backgroundPool)
  await pruneRefusals(options.store.backgroundPool, now)
  await pruneGuards(options.store.backgroundPool, now)
  await pruneUsage(options.store.backgroundPool, now)
  await options.store.releaseSpace()
}

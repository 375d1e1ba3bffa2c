// Periodic maintenance, run by every node: ends rotation windows, reminds of due secrets, checks known cuts, deletes expired rows and old counts, gives disk space back. Each step is a
// transaction that checks whether another node has made it already.
import { answersKeptMs } from '../api/idempotency.ts'
import { AbandonedChange, unlessAbandoned } from '../change/abandon-change.ts'
import { lockClient } from '../clients/lock-client.ts'
import { deleteExpiredAssertions } from '../clients/used-assertions.ts'
import { deletionsKeptMs } from '../organizations/remove-clients.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Realm } from '../realms/realm.ts'
import { toSecret } from '../cache/read-secrets.ts'
import type { Actor, ApplyChange } from '../change/apply-change.ts'
import { oneOf } from '../store/dialects.ts'
import { describeFailure } from '../store/store-errors.ts'
import type { Store } from '../store/store.ts'
import { pruneGuards } from '../refusals/prune-guards.ts'
import { pruneRefusals } from '../refusals/prune-refusals.ts'
import type { FutureCutAlarm } from '../token/future-cuts.ts'
import { checkKnownCuts } from './check-cuts.ts'
import { pruneUsage } from '../usage/prune-usage.ts'
import { dueOf, selectDueWindows, selectUnreminded } from '../rotation/due-secrets.ts'

export interface MaintenanceOptions {
  readonly store: Store
  readonly realms: ReadonlyMap<string, Realm>
  readonly applyChange: ApplyChange
  readonly clock: Clock
  readonly log: Pick<Log, 'warn'>
  readonly futureCuts: FutureCutAlarm
}

/** The maximum number of changes of each kind in one run: a clock that jumps months ahead must not cause a burst. */
const maxPerRun = 200
const changesKeptMs = 7 * 86_400_000
const intervalMs = 60_000

const firstRunMs = 5000

const maintenanceActor: Actor = {
  kind: 'system',
  via: 'system',
  realm: 'operators',
  clientId: 'sweep',
  organizationId: 'sweep',
  address: 'local',
}

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
  await remind(options, now)
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
  await pruneRefusals(options.store.backgroundPool, now)
  await pruneGuards(options.store.backgroundPool, now)
  await pruneUsage(options.store.backgroundPool, now)
  await options.store.releaseSpace()
}

/** Whether this node made the change; another node may have been faster. */
function isMade(change: Promise<void>): Promise<boolean> {
  return unlessAbandoned(
    change.then(() => true),
    () => false,
  )
}

/**
 * Ends the windows that are over by deleting the old secret. The only secret of a client is kept after its expiry, so that the audit log
 * can state the reason of a denial.
 */
async function endWindows({ store, realms, applyChange, log }: MaintenanceOptions, now: number): Promise<void> {
  const ended = await store.db
    .selectFrom('credentials as old')
    .innerJoin('credentials as new', 'new.client', 'old.client')
    .innerJoin('clients', 'clients.id', 'old.client')
    .select(['old.id', 'old.last_used_at', 'new.id as new_id', 'new.first_used_at', 'clients.realm', 'clients.client_id'])
    .where('old.id', 'in', store.db.selectFrom('credentials').select('id').where('expires_at', '<=', now))
    .where('old.kind', '=', 'client_secret')
    .whereRef('new.kind', '=', 'old.kind')
    .whereRef('new.created_at', '>', 'old.created_at')
    .where('clients.realm', 'in', oneOf(store.db, [...realms.keys()]))
    .limit(maxPerRun)
    .execute()
  for (const { id, last_used_at: lastUsedAt, new_id: secretId, first_used_at, realm, client_id: clientId } of ended) {
    const step = applyChange(maintenanceActor, 'rotation.end', async (change) => {
      const client = await lockClient(change, realms.get(realm)!, clientId)
      const { numDeletedRows } = await change.db
        .deleteFrom('credentials')
        .where('id', '=', id)
        .where('expires_at', '<=', change.now)
        .executeTakeFirstOrThrow()
      if (numDeletedRows === 0n) throw new AbandonedChange()
      change.record({
        subject: { realm, organizationId: client.organization_id, clientId },
        changed: 'client',
        detail: { secretId, endedSecretId: id, lastUsedAt },
      })
    })
    if ((await isMade(step)) && first_used_at === null)
      log.warn(
        { realm, clientId, secretId },
        'a rotation ended by its window, and its new secret was never used: this client gets no tokens until it has the new secret',
      )
  }
}

/** Warns once before a window ends whose new secret has not been used; once for all nodes together, and again if the window is extended. */
async function warnOfWindows({ store, realms, applyChange, log }: MaintenanceOptions, now: number): Promise<void> {
  const due = await selectDueWindows(store.db, now)
    .unreminded.where('clients.realm', 'in', oneOf(store.db, [...realms.keys()]))
    .limit(maxPerRun)
    .execute()
  for (const { id, realm, client_id: clientId, organization_id: organizationId, expires_at: expiresAt } of due) {
    const detail = { secretId: id, due: 'window', dueAt: new Date(expiresAt ?? now).toISOString() }
    const step = applyChange(maintenanceActor, 'secrets.remind', async ({ db, now: remindedAt, record }) => {
      const { numUpdatedRows } = await db
        .updateTable('credentials')
        .set({ reminded_at: remindedAt })
        // Checked again inside the transaction: another node may have done it, or the new secret was used meanwhile.
        .where('id', 'in', db.selectFrom(selectDueWindows(db, remindedAt).unreminded.where('old.id', '=', id).as('due')).select('due.id'))
        .executeTakeFirstOrThrow()
      if (numUpdatedRows === 0n) throw new AbandonedChange()
      record({ subject: { realm, organizationId, clientId }, changed: 'client', detail })
    })
    if (await isMade(step))
      log.warn(
        { realm, clientId, ...detail },
        'the window of a rotation ends soon, and the new secret is unused: when it ends, this client will get no tokens',
      )
  }
}

/** Reminds of due secrets, once each. */
async function remind({ store, realms, applyChange, log }: MaintenanceOptions, now: number): Promise<void> {
  const due = await selectUnreminded(store.db, [...realms.values()], now)
    .orderBy('credentials.created_at')
    .limit(maxPerRun)
    .execute()
  for (const row of due) {
    const { realm, organization_id: organizationId, client_id: clientId } = row
    const { reason, dueAt } = dueOf(toSecret(row), realms.get(realm)!.secretRotation)
    const detail = { secretId: row.id, due: reason, dueAt: new Date(dueAt).toISOString() }
    const step = applyChange(maintenanceActor, 'secrets.remind', async ({ db, now: remindedAt, record }) => {
      const { numUpdatedRows } = await db
        .updateTable('credentials')
        .set({ reminded_at: remindedAt })
        .where('id', '=', row.id)
        .where('reminded_at', 'is', null)
        .executeTakeFirstOrThrow()
      if (numUpdatedRows === 0n) throw new AbandonedChange()
      record({ subject: { realm, organizationId, clientId }, changed: 'client', detail })
    })
    if (await isMade(step)) {
      const what = reason === 'age' ? 'is due for rotation' : 'expires soon; rotate it'
      log.warn({ realm, clientId, ...detail }, `a client secret ${what}`)
    }
  }
}

// Periodic maintenance, run by every node: ends rotation windows, reminds of due secrets, deletes expired rows. Each step is a
// transaction that checks whether another node has made it already.
import { sql } from 'kysely'
import { answersKeptMs } from '../api/idempotency.ts'
import { AbandonedChange, unlessAbandoned } from '../change/abandon-change.ts'
import { lockClient } from '../clients/lock-client.ts'
import { deletionsKeptMs } from '../organizations/remove-clients.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Realm } from '../realms/realm.ts'
import { toSecret } from '../cache/read-organizations.ts'
import type { ApplyChange } from '../change/apply-change.ts'
import { describeFailure } from '../store/store-errors.ts'
import type { Store } from '../store/store.ts'
import { dueOf, selectDueSecrets, selectDueWindows, selectUnreminded } from '../rotation/due-secrets.ts'

export interface MaintenanceOptions {
  readonly store: Store
  readonly realms: ReadonlyMap<string, Realm>
  readonly applyChange: ApplyChange
  readonly clock: Clock
  readonly log: Pick<Log, 'warn'>
}

/** At most so many of each kind in one run, so that a clock that jumps months ahead makes no storm. */
const maxPerRun = 200
const changesKeptMs = 7 * 86_400_000
const intervalMs = 60_000

const firstRunMs = 5000

const maintenanceActor = { realm: 'operators', clientId: 'sweep', organizationId: 'sweep', address: 'local', requestId: 'sweep' }

export interface Maintenance {
  /** Resolves when everything that is over is done with, up to what one run may do. */
  run(): Promise<void>
  /** Runs soon, when the first requests have been answered, and then every minute. */
  start(): void
  /** Waits for a run that is under way. */
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
  let left = maxPerRun
  for (const realm of options.realms.values()) left -= await remind(options, realm, now, left)
  const { db } = options.store
  await db
    .deleteFrom('idempotency_keys')
    .where('created_at', '<=', now - answersKeptMs)
    .execute()
  await db
    .deleteFrom('changes')
    .where('at', '<=', now - changesKeptMs)
    // The last one tells the history of this database from others.
    .where('number', '<', (last) => last.selectFrom('epoch').select('value'))
    .execute()
  await db.deleteFrom('revoked_tokens').where('expires_at', '<=', now).execute()
  await db
    .deleteFrom('deleted_clients')
    .where('deleted_at', '<=', now - deletionsKeptMs)
    .execute()
}

/** Whether this node made the change; another one may have been faster. */
function isMade(change: Promise<void>): Promise<boolean> {
  return unlessAbandoned(
    change.then(() => true),
    () => false,
  )
}

/** The only secret of a client stays in the store when it has ended, so that the audit log can tell why it is refused. */
async function endWindows({ store, realms, applyChange, log }: MaintenanceOptions, now: number): Promise<void> {
  const ended = await store.db
    .selectFrom('client_secrets as old')
    .innerJoin('client_secrets as new', 'new.client', 'old.client')
    .innerJoin('clients', 'clients.id', 'old.client')
    .select(['old.id', 'old.last_used_at', 'new.id as new_id', 'new.first_used_at', 'clients.realm', 'clients.client_id'])
    .where('old.id', 'in', store.db.selectFrom('client_secrets').select('id').where('expires_at', '<=', now))
    .whereRef('new.created_at', '>', 'old.created_at')
    .where('clients.realm', 'in', [...realms.keys()])
    .limit(maxPerRun)
    .execute()
  for (const { id, last_used_at: lastUsedAt, new_id: secretId, first_used_at, realm, client_id: clientId } of ended) {
    const step = applyChange(maintenanceActor, 'rotation.end', async (change) => {
      const client = await lockClient(change, realms.get(realm)!, clientId)
      const { numDeletedRows } = await change.db
        .deleteFrom('client_secrets')
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

/** Before the old secret ends whether the new one is used or not. Once for each end of a window, on all nodes together. */
async function warnOfWindows({ store, realms, applyChange, log }: MaintenanceOptions, now: number): Promise<void> {
  const due = await selectDueWindows(store.db, now)
    .unreminded.where('clients.realm', 'in', [...realms.keys()])
    .limit(maxPerRun)
    .execute()
  for (const { id, realm, client_id: clientId, organization_id: organizationId, expires_at: expiresAt } of due) {
    const detail = { secretId: id, due: 'window', dueAt: new Date(expiresAt ?? now).toISOString() }
    const step = applyChange(maintenanceActor, 'secrets.remind', async ({ db, now: remindedAt, record }) => {
      const { numUpdatedRows } = await db
        .updateTable('client_secrets')
        .set({ reminded_at: remindedAt })
        // Asked again inside the transaction: meanwhile another node may have done it, or the new secret was used.
        .where('id', 'in', db.selectFrom(selectDueWindows(db, remindedAt).unreminded.where('old.id', '=', id).as('due')).select('due.id'))
        .executeTakeFirstOrThrow()
      if (numUpdatedRows === 0n) throw new AbandonedChange()
      record({ subject: { realm, organizationId, clientId }, changed: 'client', detail })
    })
    if (await isMade(step))
      log.warn(
        { realm, clientId, ...detail },
        'the window of a rotation ends soon, and the new secret is unused: then this client will get no tokens',
      )
  }
}

/** Returns how many. */
async function remind({ store, applyChange, log }: MaintenanceOptions, realm: Realm, now: number, most: number): Promise<number> {
  if (most <= 0) return 0
  const due = await selectDueSecrets(store.db, realm, now)
    .where('client_secrets.id', 'in', selectUnreminded(store.db, realm, now))
    // Written so that SQLite does not begin with all clients of the realm: of 300,000 none may be due.
    .where(sql`clients.realm || ''`, '=', realm.name)
    .orderBy('client_secrets.created_at')
    .limit(most)
    .execute()
  for (const row of due) {
    const { reason, dueAt } = dueOf(toSecret(row), realm.secretRotation)
    const detail = { secretId: row.id, due: reason, dueAt: new Date(dueAt).toISOString() }
    const step = applyChange(maintenanceActor, 'secrets.remind', async ({ db, now: remindedAt, record }) => {
      const { numUpdatedRows } = await db
        .updateTable('client_secrets')
        .set({ reminded_at: remindedAt })
        .where('id', '=', row.id)
        .where('reminded_at', 'is', null)
        .executeTakeFirstOrThrow()
      if (numUpdatedRows === 0n) throw new AbandonedChange()
      record({ subject: { realm: realm.name, organizationId: row.organization_id, clientId: row.client_id }, changed: 'client', detail })
    })
    if (await isMade(step)) {
      const what = reason === 'age' ? 'is due for rotation' : 'expires soon; rotate it'
      log.warn({ realm: realm.name, clientId: row.client_id, ...detail }, `a client secret ${what}`)
    }
  }
  return due.length
}

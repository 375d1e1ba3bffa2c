// What time brings about: old secrets whose window has ended are deleted, due secrets are reminded of, and what nobody can ask
// for any more goes. Every node does it; each step is a transaction that finds out whether another node was faster.
import { sql } from 'kysely'
import { answersKeptMs } from '../api/idempotency.ts'
import { lockClient } from '../clients/lock-client.ts'
import type { Clock } from '../clock.ts'
import type { Realm } from '../realms/realm.ts'
import { toSecret } from '../cache/read-organizations.ts'
import type { Actor, ApplyChange } from '../change/apply-change.ts'
import { describeFailure } from '../store/store-errors.ts'
import type { Store } from '../store/store.ts'
import { dueOf, selectDueSecrets, selectDueWindows, selectUnreminded } from '../rotation/due-secrets.ts'

export interface MaintenanceOptions {
  readonly store: Store
  readonly realms: ReadonlyMap<string, Realm>
  readonly applyChange: ApplyChange
  readonly clock: Clock
  readonly log: { warn(what: object, message: string): void }
}

/** At most so many of each kind in one run, so that a clock that jumps months ahead makes no storm. */
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
    void run().catch((err: unknown) => options.log.warn(describeFailure(err), 'what is over could not be swept; trying again in a minute'))
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
    .execute()
  await db.deleteFrom('revoked_tokens').where('expires_at', '<=', now).execute()
}

/** Another node was faster. */
class DoneAlready extends Error {
  override name = 'DoneAlready'
}

async function unlessDone(work: Promise<void>): Promise<boolean> {
  try {
    await work
    return true
  } catch (error) {
    if (error instanceof DoneAlready) return false
    throw error
  }
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
      if (numDeletedRows === 0n) throw new DoneAlready()
      change.concerns({ realm, organizationId: client.organization_id, clientId }, { secretId, endedSecretId: id, lastUsedAt })
    })
    if ((await unlessDone(step)) && first_used_at === null)
      log.warn({ realm, clientId, secretId }, 'a rotation has ended by its window, and its new secret was never used')
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
    const step = applyChange(maintenanceActor, 'secrets.remind', async ({ db, now: remindedAt, concerns }) => {
      const { numUpdatedRows } = await db
        .updateTable('client_secrets')
        .set({ reminded_at: remindedAt })
        // Asked again inside the transaction: meanwhile another node may have done it, or the new secret was used.
        .where('id', 'in', db.selectFrom(selectDueWindows(db, remindedAt).unreminded.where('old.id', '=', id).as('due')).select('due.id'))
        .executeTakeFirstOrThrow()
      if (numUpdatedRows === 0n) throw new DoneAlready()
      concerns({ realm, organizationId, clientId }, detail)
    })
    if (await unlessDone(step))
      log.warn(
        { realm, clientId, ...detail },
        'the window of a rotation ends soon, and nobody has used the new secret: that client would get no tokens',
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
    const step = applyChange(maintenanceActor, 'secrets.remind', async ({ db, now: remindedAt, concerns }) => {
      const { numUpdatedRows } = await db
        .updateTable('client_secrets')
        .set({ reminded_at: remindedAt })
        .where('id', '=', row.id)
        .where('reminded_at', 'is', null)
        .executeTakeFirstOrThrow()
      if (numUpdatedRows === 0n) throw new DoneAlready()
      concerns({ realm: realm.name, organizationId: row.organization_id, clientId: row.client_id }, detail)
    })
    if (await unlessDone(step)) {
      const what = reason === 'age' ? 'is old enough to be rotated' : 'ends soon; rotate it'
      log.warn({ realm: realm.name, clientId: row.client_id, ...detail }, `a client secret ${what}`)
    }
  }
  return due.length
}

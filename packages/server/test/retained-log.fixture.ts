// An audit log of several nodes in a store of its own, with its retention, whose steps a test can interrupt.
import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KyselyPlugin } from 'kysely'
import { createAuditLog } from '../src/audit/audit-log.ts'
import { createAuditChain } from '../src/audit/events/audit-chain.ts'
import { createAuditMac } from '../src/audit/events/audit-mac.ts'
import type { ChangeEvent } from '../src/audit/events/audit-event.ts'
import type { PieceLimits } from '../src/audit/retention/collect-piece.ts'
import { createEventSealer } from '../src/audit/seals/seal-events.ts'
import { verifyEvents } from '../src/audit/verify/verify-events.ts'
import { createEventWriter } from '../src/audit/write-events.ts'
import type { ApplyChange, Change } from '../src/change/apply-change.ts'
import type { AuditSettings } from '../src/configuration/retention-settings.ts'
import { createNodeName } from '../src/node-ids.ts'
import { openStore } from '../src/store/store.ts'
import type { RemovalStep } from '../src/upkeep/remove-due-events.ts'
import { createAuditRetention } from '../src/upkeep/retain-audit.ts'

export const day = 86_400_000

export interface LogOptions {
  readonly location?: string
  readonly keep?: Partial<AuditSettings['keep']>
  readonly archive?: string
  readonly limits?: Partial<PieceLimits>
}

export type EventOfClass = 'token' | 'refusal' | 'change'

export async function aRetainedLog({ location = 'sqlite::memory:', keep = { tokens: 86_400 }, archive, limits }: LogOptions = {}) {
  const store = await openStore(location)
  const folder = mkdtempSync(join(tmpdir(), 'countersign-retention-'))
  const keys = { pepper: { versions: new Map([[1, createSecretKey(randomBytes(32))]]), currentVersion: 1 } }
  const mac = createAuditMac(keys)
  let now = Date.UTC(2026, 0, 1)
  const clock = () => now

  const closing: (() => Promise<void>)[] = []
  function aNode() {
    const chain = createAuditChain(createNodeName(), mac)
    const audit = createAuditLog({ writeToStore: createEventWriter(store.tokenPool), chain, clock, onFailure: assert.fail })
    const sealer = createEventSealer({ db: store.backgroundPool, chain, clock: () => now, onFailure: assert.fail })
    const record = (event: ChangeEvent) =>
      store.transact(async (db) => {
        const end = await audit.record(db, event, now)
        end(true)
      })
    closing.push(async () => {
      await audit.close()
      await sealer.close()
    })
    return {
      node: chain.node,
      seal: sealer.seal,
      audit,
      async write(event: EventOfClass) {
        now++
        if (event === 'token') await audit.append({ kind: 'token.request', outcome: 'success', clientId: 'acme' })
        else if (event === 'refusal') await audit.append({ kind: 'token.request', outcome: 'refused', reason: 'wrong-secret' })
        else await record({ kind: 'partners.authorize', outcome: 'success', detail: { partner: 'p', by: { realm: 'r', client: 'c' } } })
      },
      /** Skips a number, as an event does that could not be stored. */
      skip: () => chain.skip(chain.stamp({ kind: 'request', outcome: 'refused' }, now)),
    }
  }
  const own = aNode()
  await own.seal()

  const applyChange = (async (_actor, kind, work) =>
    store.transact(async (db) => {
      const records: { kind?: string; detail: object }[] = []
      const result = await work({ db, now, record: (one: never) => void records.push(one) } as unknown as Change)
      for (const one of records)
        (
          await own.audit.record(
            db,
            { kind: one.kind ?? kind, outcome: 'success', detail: { ...one.detail, by: { realm: 'r', client: 'c' } } } as ChangeEvent,
            now,
          )
        )(true)
      return result
    })) as ApplyChange

  const log: string[] = []
  /** @param stopsAt the step, or the number of a statement that deletes, at which the server dies */
  function retention(stopsAt?: RemovalStep | number, { settings = {} }: { settings?: Partial<AuditSettings> } = {}) {
    let deletions = 0
    const dying: KyselyPlugin = {
      transformQuery({ node }) {
        if (node.kind === 'DeleteQueryNode' && ++deletions === stopsAt) throw new Error('killed')
        return node
      },
      transformResult: async ({ result }) => result,
    }
    return createAuditRetention({
      settings: {
        keep: { tokens: 'forever', refusals: 'forever', changes: 'forever', ...keep },
        archive: archive ?? folder,
        retentionStore: undefined,
        ...settings,
      },
      store,
      retentionStore: {
        db: store.db.withPlugin(dying),
        whileAlone: (work) => work().then(() => true),
        refuseWithoutRight: async () => {},
        close: async () => {},
      },
      mac,
      applyChange,
      clock,
      incomplete: () => undefined,
      log: {
        error: (details: unknown) => void log.push(JSON.stringify(details)),
        info: (line: unknown) => void log.push(String(line)),
      } as never,
      limits: { events: 50, bytes: 1_000_000, rows: 7, deletedRows: 7, ...limits },
      onStep(step) {
        if (step === stopsAt) throw new Error('killed')
      },
    })
  }

  return {
    db: store.db,
    store,
    folder,
    log,
    keys,
    mac,
    own,
    aNode,
    now: clock,
    advance: (milliseconds: number) => void (now += milliseconds),
    retention,
    remove: async (stopsAt?: RemovalStep | number) => retention(stopsAt).run({ pauses: 0 }),
    files: () => readdirSync(folder).toSorted(),
    count: async () =>
      Number(
        (
          await store.db
            .selectFrom('audit_events')
            .select((query) => query.fn.countAll().as('count'))
            .executeTakeFirstOrThrow()
        ).count,
      ),
    verify: async (archives: readonly string[] = [folder]) => verifyEvents(store.db, keys, { archives }),
    async close() {
      for (const one of closing) await one()
      await store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export type RetainedLog = Awaited<ReturnType<typeof aRetainedLog>>

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { CompiledQuery, createQueryId, type Kysely, type RootOperationNode } from 'kysely'
import { aTestStore } from '../../../test/store/test-store.fixture.ts'
import { openStore } from '../../store/store.ts'
import { idFrom } from '../../node-ids.ts'
import type { EventRow } from '../events/event-row.ts'
import type { AuditKind } from '../events/kinds.ts'
import type { Schema } from '../../store/schema.ts'
import { createEventWriter } from '../write-events.ts'
import type { AuditFilter } from './audit-filter.ts'
import { searchAudit, type AuditRange } from './search-audit.ts'

const folder = mkdtempSync(join(tmpdir(), 'countersign-search-'))
const database = await aTestStore(join(folder, 'store.db'))
const store = await openStore(database.location)
after(async () => {
  await store.close()
  await database.close()
  rmSync(folder, { recursive: true })
})

/** A hundred events, a second apart: every tenth a denial, every 25th a change, each of a client by the last digit. */
const events = Array.from({ length: 100 }, (_, i): EventRow => {
  const isChange = i % 25 === 24
  return {
    id: `${idFrom(i * 1000)}-0a1b2c3d-${i.toString(16).padStart(8, '0')}`,
    at: i * 1000,
    kind: isChange ? 'clients.update' : 'token.request',
    outcome: i % 10 === 0 ? 'refused' : 'success',
    reason: i % 10 === 0 ? 'wrong-secret' : null,
    realm: i < 50 ? 'prod' : 'nt24-idp',
    organization_id: `organization-${i % 2}`,
    client_id: `client_${i % 10}`,
    address: null,
    request_id: `${idFrom(Math.max(0, i * 1000 - 20))}-0a1b2c3d-${i.toString(16).padStart(8, '0')}`,
    detail: isChange ? '{"enabled":false,"by":{"realm":"operators","client":"operator_1"}}' : '{"x":"\\"client\\":\\"operator_1\\""}',
    mac: '',
    // Of the four changes the oldest and the newest are of the earlier version: two versions ran side by side.
    ...((i === 49 || i === 74) && {
      actor_kind: 'operator',
      actor_id: 'operator_1',
      actor_realm: 'operators',
      actor_via: 'api',
      on_behalf_of: null,
      caller_request_id: `caller-${i}`,
      trace_id: null,
      layout: 2,
    }),
  }
})
await createEventWriter(store.db)(events)

const everything: AuditRange = { from: undefined, to: undefined, after: undefined }
const seconds = (rows: readonly { at: number }[]) => rows.map(({ at }) => at / 1000)

/** The seconds of the events found by following the cursor to the end, and the number of searches. */
async function searchAll(filter: AuditFilter, range: Partial<AuditRange>, limit: number, bounds = { rowsInWindow: 7, windows: 3 }) {
  const found: number[] = []
  let pages = 0
  for (let cursor: string | undefined; ; pages++) {
    const { rows, next } = await searchAudit(store.db, filter, { ...everything, ...range, after: cursor }, limit, bounds)
    assert.ok(rows.length <= limit)
    found.push(...seconds(rows))
    if (next === null) return { found, pages: pages + 1 }
    cursor = next
  }
}

const descending = (...values: number[]) => values.toSorted((a, b) => b - a)
const multiplesOf = (n: number) => descending(...Array.from({ length: Math.ceil(100 / n) }, (_, i) => i * n))

for (const limit of [1, 3, 7, 8, 50, 1000]) {
  test(`pages of ${limit} contain every event once, newest first, across windows`, async () => {
    for (const bounds of [{ rowsInWindow: 1, windows: 3 }, { rowsInWindow: 7, windows: 1 }, { rowsInWindow: 100, windows: 1 }, undefined])
      assert.deepEqual((await searchAll({}, {}, limit, bounds)).found, multiplesOf(1))
  })
}

const filters: [AuditFilter, number[]][] = [
  [{ outcome: 'refused' }, multiplesOf(10)],
  [{ kinds: ['clients.update'] }, [99, 74, 49, 24]],
  [{ realm: 'prod', kinds: ['clients.update'] }, [49, 24]],
  [{ organization: 'organization-1', outcome: 'refused' }, []],
  [{ client: 'client_0' }, multiplesOf(10)],
  [{ client: 'operator_1' }, [99, 74, 49, 24]],
  [{ actor: 'operator_1' }, [99, 74, 49, 24]],
  [{ actor: 'operator_1', realm: 'prod' }, [49, 24]],
  [{ actor: 'operatorX1' }, []],
  [{ actor: 'client_0' }, []],
  [{ request: events[42]!.request_id! }, [42]],
  [{ request: events[42]!.request_id!, kinds: ['clients.update'] }, []],
  [{ request: 'caller-49' }, [49]],
  [{ request: 'nothing' }, []],
  [{ client: 'operator-1' }, []],
  [{ client: 'operatorX1' }, []],
  [{ kinds: ["x' or 1=1 --" as AuditKind] }, []],
  [{ reason: "x' or 1=1 --" }, []],
  [{ changes: true }, [99, 74, 49, 24]],
  [{ changes: true, realm: 'prod' }, [49, 24]],
  [{ changes: true, realms: ['nt24-idp'] }, [99, 74]],
  [{ changes: true, organization: 'organization-1' }, [99, 49]],
  [{ changes: true, client: 'client_4' }, [74, 24]],
  [{ changes: true, client: 'operator_1' }, [99, 74, 49, 24]],
  [{ changes: true, outcome: 'refused' }, []],
  [{ changes: true, request: 'caller-49' }, [49]],
  [{ client: 'client_0', outcome: 'refused' }, multiplesOf(10)],
  [{ organization: 'organization-0', outcome: 'refused' }, multiplesOf(10)],
  [{ kinds: ['clients.update', 'clients.create'] }, [99, 74, 49, 24]],
  [{ kinds: ['clients.update', 'token.request'], outcome: 'refused', client: 'client_0' }, multiplesOf(10)],
  [{ kinds: ['clients.update', 'rotation.start'], organization: 'organization-0' }, [74, 24]],
  [{ reason: 'wrong-secret' }, multiplesOf(10)],
]
for (const [filter, expected] of filters) {
  test(`abuse 160: ${JSON.stringify(filter)} finds ${expected.length} events`, async () => {
    assert.deepEqual((await searchAll(filter, {}, 3)).found, expected)
  })
}

for (const limit of [1, 2, 3, 50]) {
  test(`pages of ${limit} of an actor contain every change once, whichever version wrote it`, async () => {
    for (const bounds of [{ rowsInWindow: 1, windows: 1 }, { rowsInWindow: 2, windows: 1 }, undefined])
      assert.deepEqual((await searchAll({ actor: 'operator_1' }, {}, limit, bounds)).found, [99, 74, 49, 24])
  })
}

test('a search for a request reads the minute after it, independent of the length of the log', async () => {
  const { found, pages } = await searchAll({ request: events[0]!.request_id! }, {}, 50, { rowsInWindow: 70, windows: 1 })
  assert.deepEqual([found, pages], [[0], 1])
  assert.deepEqual((await searchAll({ request: events[42]!.request_id! }, { from: 43_000 }, 50)).found, [])
})

/** A log of 20,000 tokens and 20 changes, half of them of the earlier version. */
async function aLargeLog() {
  const large = await aTestStore(join(folder, 'large.db'))
  const { db, isShared, close } = await openStore(large.location)
  const tokens = Array.from({ length: 20_000 }, (_, i) => {
    const change = i % 1000 === 7 && events[i % 2000 === 7 ? 49 : 99]
    const id = `${idFrom(i * 1000)}-0a1b2c3d-${i.toString(16).padStart(8, '0')}`
    return { ...(change || { ...events[1]!, layout: 2 }), id, request_id: id }
  })
  await createEventWriter(db)(tokens)
  await large.query('analyze')
  return { db, isShared, close: async () => void (await close(), await large.close()) }
}

let largeLog: ReturnType<typeof aLargeLog> | undefined
after(async () => (await largeLog)?.close())

/** The query plan of each statement of a search. */
async function plansOf(filter: AuditFilter): Promise<string[]> {
  const { db, isShared } = await (largeLog ??= aLargeLog())
  const nodes: RootOperationNode[] = []
  const transformQuery = ({ node }: { node: RootOperationNode }) => (nodes.push(node), node)
  await searchAudit(db.withPlugin({ transformQuery, transformResult: async ({ result }) => result }), filter, everything, 50)
  return Promise.all(nodes.map((node) => planOf(db, node, isShared)))
}

async function planOf(db: Kysely<Schema>, node: RootOperationNode, isPostgres: boolean): Promise<string> {
  const { sql, parameters } = db.getExecutor().compileQuery(node, createQueryId())
  const explained = CompiledQuery.raw(`explain ${isPostgres ? '' : 'query plan '}${sql}`, [...parameters])
  return JSON.stringify((await db.executeQuery(explained)).rows)
}

for (const [what, filter, index] of [
  ['a request', { request: `${idFrom(5000)}-0a1b2c3d-00000005` }, /primary key|audit_events_pkey|audit_events_changes/i],
  ['a request that is not there', { request: `${idFrom(5000)}-0a1b2c3d-0000ffff` }, /primary key|audit_events_pkey/i],
  ['changes', { changes: true }, /audit_events_changes/],
  ['changes of an organization', { changes: true, organization: 'organization-0' }, /audit_events_organization/],
  ['refusals of an organization', { outcome: 'refused', organization: 'organization-0' }, /audit_events_organization/],
  ['changes of a client', { changes: true, client: 'client_0' }, /audit_events_(?:client|actor|older_actor)/],
  ['kinds of changes', { kinds: ['clients.update', 'clients.create'] }, /audit_events_changes/],
  ['the request id of a caller', { request: 'caller-49' }, /audit_events_caller|primary key|audit_events_pkey|autoindex/i],
  ['an actor', { actor: 'operator_1' }, /audit_events_(?:actor|older_actor)/],
] as const) {
  test(`no statement of a search for ${what} reads the whole table`, async () => {
    const plans = await plansOf(filter)
    assert.ok(plans.length >= 2)
    for (const plan of plans) {
      assert.match(plan, index)
      assert.doesNotMatch(plan, /seq scan/i)
    }
  })
}

test('a request is found with the changes that follow it within a minute, and nothing that only looks alike', async () => {
  const own = await aTestStore(join(folder, 'request.db'))
  const { db, close } = await openStore(own.location)
  try {
    const request_id = `${idFrom(1_000_000)}-0a1b2c3d-00000001`
    const event = (at: number, number: number, more: Partial<EventRow>): EventRow => ({
      ...events[1]!,
      id: `${idFrom(at)}-0a1b2c3d-${number.toString(16).padStart(8, '0')}`,
      at,
      request_id,
      ...more,
    })
    await createEventWriter(db)([
      event(1_000_020, 2, {}),
      event(1_004_000, 3, { kind: 'rotation.prove' }),
      event(1_050_000, 4, { kind: 'rotation.prove' }),
      event(1_000_030, 5, { request_id: `${idFrom(1_000_000)}-0a1b2c3e-00000001` }),
      event(1_061_000, 6, { kind: 'rotation.prove' }),
    ])
    for (const limit of [1, 2, 50]) {
      const found: number[] = []
      let cursor: string | undefined
      do {
        const page = await searchAudit(db, { request: request_id }, { ...everything, after: cursor }, limit)
        found.push(...page.rows.map(({ at }) => at))
        cursor = page.next ?? undefined
      } while (cursor !== undefined)
      assert.deepEqual(found, [1_050_000, 1_004_000, 1_000_020])
    }
  } finally {
    await close()
    await own.close()
  }
})

test('a range includes its first instant and excludes its last', async () => {
  assert.deepEqual((await searchAll({}, { from: 10_000, to: 13_000 }, 50)).found, [12, 11, 10])
  assert.deepEqual((await searchAll({}, { from: 10_001, to: 13_001 }, 50)).found, [13, 12, 11])
  assert.deepEqual((await searchAll({}, { from: 13_000, to: 10_000 }, 50)).found, [])
  assert.equal((await searchAll({}, { from: -1e12, to: 2 ** 47 }, 50)).found.length, 100)
})

test('abuse 160: a search without a result stops after its windows and returns a cursor', async () => {
  const { rows, next } = await searchAudit(store.db, { reason: 'none' }, everything, 50, { rowsInWindow: 7, windows: 3 })
  assert.deepEqual([rows, next], [[], events[100 - 21]!.id])
  assert.deepEqual(await searchAll({ reason: 'none' }, {}, 50), { found: [], pages: 5 })
})

test('a page ends when its events are too long together', async () => {
  const large = await openStore('sqlite::memory:')
  const detail = JSON.stringify({ x: 'x'.repeat(1_500_000) })
  await createEventWriter(large.db)(events.slice(0, 5).map((event) => Object.assign({}, event, { detail })))
  const { rows, next } = await searchAudit(large.db, {}, everything, 50)
  assert.deepEqual([seconds(rows), next], [[4, 3], events[3]!.id])
  await large.close()
})

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openStore } from '../../store/store.ts'
import { idFrom } from '../../node-ids.ts'
import type { EventRow } from '../events/event-row.ts'
import { createEventWriter } from '../write-events.ts'
import { searchAudit, type AuditFilter, type AuditRange } from './search-audit.ts'

const store = await openStore('sqlite::memory:')
after(() => store.close())

/** A hundred events, a second apart: every tenth refused, every 25th a change, every one of a client by the last digit. */
const events = Array.from({ length: 100 }, (_, i): EventRow => {
  const isChange = i % 25 === 24
  return {
    id: `${idFrom(i * 1000)}-0a1b2c3d-${i.toString(16).padStart(8, '0')}`,
    at: i * 1000,
    kind: isChange ? 'clients.update' : 'token.request',
    outcome: i % 10 === 0 ? 'refused' : 'success',
    reason: null,
    realm: i < 50 ? 'prod' : 'nt24-idp',
    organization_id: `organization-${i % 2}`,
    client_id: `client_${i % 10}`,
    address: null,
    request_id: null,
    detail: isChange ? '{"enabled":false,"by":{"realm":"operators","client":"operator_1"}}' : '{"x":"\\"client\\":\\"operator_1\\""}',
    mac: '',
  }
})
await createEventWriter(store.db)(events)

const everything: AuditRange = { from: undefined, to: undefined, after: undefined }
const seconds = (rows: readonly { at: number }[]) => rows.map(({ at }) => at / 1000)

/** The seconds of what is found, asking again until the end; and how often it was asked. */
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
  test(`pages of ${limit}, whatever the windows, show every event once, the newest first`, async () => {
    for (const bounds of [{ rowsInWindow: 1, windows: 3 }, { rowsInWindow: 7, windows: 1 }, { rowsInWindow: 100, windows: 1 }, undefined])
      assert.deepEqual((await searchAll({}, {}, limit, bounds)).found, multiplesOf(1))
  })
}

const filters: [AuditFilter, number[]][] = [
  [{ outcome: 'refused' }, multiplesOf(10)],
  [{ kind: 'clients.update' }, [99, 74, 49, 24]],
  [{ realm: 'prod', kind: 'clients.update' }, [49, 24]],
  [{ organization: 'organization-1', outcome: 'refused' }, []],
  [{ client: 'client_0' }, multiplesOf(10)],
  [{ client: 'operator_1' }, [99, 74, 49, 24]],
  [{ client: 'operator-1' }, []],
  [{ client: 'operatorX1' }, []],
  [{ kind: "x' or 1=1 --" }, []],
]
for (const [filter, expected] of filters) {
  test(`abuse 160: ${JSON.stringify(filter)} finds ${expected.length} events`, async () => {
    assert.deepEqual((await searchAll(filter, {}, 3)).found, expected)
  })
}

test('a range holds its first instant and not its last', async () => {
  assert.deepEqual((await searchAll({}, { from: 10_000, to: 13_000 }, 50)).found, [12, 11, 10])
  assert.deepEqual((await searchAll({}, { from: 10_001, to: 13_001 }, 50)).found, [13, 12, 11])
  assert.deepEqual((await searchAll({}, { from: 13_000, to: 10_000 }, 50)).found, [])
  assert.equal((await searchAll({}, { from: -1e12, to: 2 ** 47 }, 50)).found.length, 100)
})

test('abuse 160: a search that finds nothing stops after its windows and says where to go on', async () => {
  const { rows, next } = await searchAudit(store.db, { kind: 'none' }, everything, 50, { rowsInWindow: 7, windows: 3 })
  assert.deepEqual([rows, next], [[], events[100 - 21]!.id])
  assert.deepEqual(await searchAll({ kind: 'none' }, {}, 50), { found: [], pages: 5 })
})

test('a page ends where its events together are long', async () => {
  const large = await openStore('sqlite::memory:')
  const detail = JSON.stringify({ x: 'x'.repeat(1_500_000) })
  await createEventWriter(large.db)(events.slice(0, 5).map((event) => Object.assign({}, event, { detail })))
  const { rows, next } = await searchAudit(large.db, {}, everything, 50)
  assert.deepEqual([seconds(rows), next], [[4, 3], events[3]!.id])
  await large.close()
})

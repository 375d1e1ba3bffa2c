import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, suite, test } from 'node:test'
import { openStore, type Store } from '../store/store.ts'
import { aTestStore, type TestStore } from '../../test/store/test-store.fixture.ts'
import { createCredentialUses, maxPairs } from './credential-uses.ts'
import { pruneUsage } from './prune-usage.ts'
import { readUsage } from './read-usage.ts'
import { createUsageCounts, maxRoutes } from './usage-counts.ts'
import { startOf } from './usage-steps.ts'
import type { UsageEntry } from './usage.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const now = Date.UTC(2026, 2, 29, 0, 30)

suite('bounds of usage', () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-usage-'))
  let database: TestStore
  let store: Store
  let failures: Error[] = []

  before(async () => {
    database = await aTestStore(join(folder, 'store.db'))
    store = await openStore(database.location)
  })
  beforeEach(async () => {
    failures = []
    for (const table of ['usage', 'credential_uses']) await database.query(`delete from ${table}`)
  })
  after(async () => {
    await store.close()
    await database.close()
    rmSync(folder, { recursive: true })
  })

  const aNode = ({ maxKeys, at = () => now }: { maxKeys?: number; at?: () => number } = {}) =>
    createUsageCounts({ store, now: at, onFailure: (error) => void failures.push(error), ...(maxKeys !== undefined && { maxKeys }) })
  const aCall = (entry: Partial<UsageEntry> = {}): UsageEntry => ({
    realm: 'r',
    clientId: 'c',
    organizationId: 'o',
    what: 'call',
    subject: 'GET /v1/a',
    outcome: 'allowed',
    count: 1,
    at: now,
    ...entry,
  })
  const sum = async (where = 'true') =>
    Number((await database.query<{ n: number }>(`select coalesce(sum(count), 0) as n from usage where ${where}`))[0]?.n)
  const number = async (what: string, from: string) =>
    Number((await database.query<{ n: number }>(`select count(${what}) as n from ${from}`))[0]?.n)

  test('abuse 174: 100,000 clients fill a bounded number of keys; the rest counts as others, and nothing is lost', async () => {
    const node = aNode({ maxKeys: 2000 })
    for (let client = 0; client < 100_000; client++) node.count(aCall({ clientId: `c${client}`, subject: null, what: 'token' }))
    await node.close()
    assert.equal(await number('*', `usage where step = 'hour'`), 2001)
    assert.deepEqual([await sum(`step = 'hour'`), await sum(`step = 'day'`)], [100_000, 100_000])
    assert.equal(await sum(`step = 'day' and client_id = ''`), 98_000)
  })

  test('of 10,000 routes of a client, 20 a day have a name, over two nodes, restarts and hours', async () => {
    const nodes = [aNode(), aNode()]
    for (let route = 0; route < 10_000; route++) nodes[route % 2]!.count(aCall({ subject: `GET /v1/${route}` }))
    await Promise.all([nodes[0]!.close(), nodes[1]!.write()])
    const later = aNode({ at: () => now + hourMs })
    for (let route = 20_000; route < 20_100; route++) later.count(aCall({ subject: `GET /v1/${route}`, at: now + hourMs }))
    await later.close()
    for (let route = 30_000; route < 30_100; route++) nodes[1]!.count(aCall({ subject: `GET /v1/${route}` }))
    await nodes[1]!.close()
    // Two nodes that write their first routes at the same moment do not see each other's.
    assert.ok((await number('distinct subject', `usage where step = 'day' and subject <> ''`)) <= 2 * maxRoutes)
    assert.deepEqual([await sum(`step = 'hour'`), await sum(`step = 'day'`)], [10_200, 10_200])
  })

  test('a new day has routes of its own, and begins at midnight UTC, also where the clocks change that night', async () => {
    const node = aNode({ at: () => now + 2 * hourMs })
    for (const hour of [-1, 0, 1, 2]) node.count(aCall({ at: now + hour * hourMs }))
    await node.close()
    const rows = await database.query<{ start: number; count: number }>(`select start, count from usage where step = 'day' order by start`)
    assert.deepEqual(
      rows.map(({ start, count }) => [Number(start), Number(count)]),
      [
        [Date.UTC(2026, 2, 28), 1],
        [Date.UTC(2026, 2, 29), 3],
      ],
    )
    assert.equal(await number('distinct start', `usage where step = 'hour'`), 4)
  })

  test('an instant ahead, or of more than a day ago, counts as now: the clock that said so is wrong', async () => {
    const node = aNode()
    for (const at of [now + 1, now + 400 * dayMs, now - 2 * dayMs, 0, Number.MAX_SAFE_INTEGER]) node.count(aCall({ at }))
    await node.close()
    assert.deepEqual(
      (await database.query<{ start: number }>(`select start from usage where step = 'hour'`)).map(({ start }) => Number(start)),
      [Date.UTC(2026, 2, 29)],
    )
  })

  test('counts of two nodes that write the same rows at once add up', async () => {
    const nodes = [aNode(), aNode()]
    for (let round = 0; round < 5; round++) {
      for (const node of nodes) for (let client = 0; client < 40; client++) node.count(aCall({ clientId: `c${client}`, count: 3 }))
      await Promise.all(nodes.map((node) => node.write()))
    }
    await Promise.all(nodes.map((node) => node.close()))
    assert.deepEqual(failures, [])
    assert.deepEqual([await sum(`step = 'hour'`), await sum(`step = 'day'`)], [1200, 1200])
  })

  test('a series over many days lets other requests in between, also of an organization', async () => {
    const counted = { realm: 'r', organization_id: 'o', step: 'day', what: 'token', subject: '', outcome: 'issued', count: 1 } as const
    for (let day = 0; day < 25; day++) {
      const ofDay = Array.from({ length: 1000 }, (_, client) => ({
        ...counted,
        client_id: `c${client}`,
        start: startOf('day', now) - day * dayMs,
      }))
      await store.db.insertInto('usage').values(ofDay).execute()
    }
    let turns = 0
    let isOver = false
    const turn = () => {
      turns++
      if (!isOver) setImmediate(turn)
    }
    setImmediate(turn)
    try {
      for (const organizationId of [undefined, 'o']) {
        turns = 0
        await readUsage(store.db, { realm: 'r', organizationId }, 'outcome', { step: 'day', from: undefined, to: undefined }, now)
        assert.ok(turns >= 15, `${turns}`)
      }
    } finally {
      isOver = true
    }
  })

  test('what could not be written is kept, and written with what came meanwhile', async () => {
    const node = aNode()
    node.count(aCall())
    await database.query('alter table usage rename to gone')
    await node.write()
    await database.query('alter table gone rename to usage')
    assert.equal(failures.length, 1)
    node.count(aCall())
    await node.close()
    assert.deepEqual([await sum(`step = 'hour'`), await number('*', 'usage')], [2, 2])
  })

  test('of a credential, 32 pairs of address and program are kept, over nodes; the rest counts without address', async () => {
    const uses = () => createCredentialUses({ store, onFailure: (error) => void failures.push(error) })
    const authenticated = {
      client: { realm: 'r', clientId: 'c', organization: { id: 'o' }, secrets: [{ id: 's', lastFour: 'Ab3x' }] },
      credential: { id: 's', kind: 'client_secret' as const },
    }
    for (const node of [uses(), uses()]) {
      for (let one = 0; one < 100; one++) node.note(authenticated, `10.0.0.${one}`, `program/${one % 3}`, now + one, false)
      for (let one = 0; one < 50; one++) node.note(authenticated, `2001:db8::${one}`, 'program', now + one, false)
      await node.close()
    }
    assert.equal(await number('*', `credential_uses where address <> ''`), maxPairs)
    assert.equal(await number('*', `credential_uses where address = '' and label = 'Ab3x'`), 1)
    const [row] = await database.query<{ total: number; first: number; last: number }>(
      'select sum(count) as total, min(first_at) as first, max(last_at) as last from credential_uses',
    )
    assert.deepEqual([row?.total, row?.first, row?.last].map(Number), [300, now, now + 99])
    assert.deepEqual(failures, [])
  })

  test('uses that an operator waits for are written and told after a second, others after ten', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] })
    let told = 0
    const uses = createCredentialUses({
      store: { backgroundPool: store.backgroundPool, hintUses: () => void told++ },
      onFailure: (error) => void failures.push(error),
    })
    const client = { realm: 'r', clientId: 'c', organization: { id: 'o' }, secrets: [] }
    const credential = { id: 'k', kind: 'public_key' as const }
    uses.note({ client, credential }, '10.0.0.1', 'p', now, false)
    t.mock.timers.tick(9000)
    await uses.write()
    assert.equal(told, 0)
    uses.note({ client, credential }, '10.0.0.1', 'p', now + 1, true)
    t.mock.timers.tick(1000)
    await uses.write()
    await Promise.resolve()
    assert.equal(told, 1)
    t.mock.timers.tick(3000)
    assert.equal(told, 1)
    await uses.close()
    assert.equal(await number('*', 'credential_uses'), 1)
  })

  test('IPv6 addresses of one network are one', async () => {
    const uses = createCredentialUses({ store, onFailure: (error) => void failures.push(error) })
    const client = { realm: 'r', clientId: 'c', organization: { id: 'o' }, secrets: [] }
    for (let one = 0; one < 50; one++)
      uses.note({ client, credential: { id: 'k', kind: 'public_key', keyId: 'kid' } }, `2001:db8:0:1::${one}`, 'p', now, true)
    await uses.close()
    assert.deepEqual(
      (await database.query<{ address: string; label: string; count: number }>('select address, label, count from credential_uses')).map(
        ({ address, label, count }) => [address, label, Number(count)],
      ),
      [['2001:db8:0:1::/64', 'kid', 50]],
    )
  })

  test('hours are kept for 8 days, days for 400, uses of credentials for 400 days after the last one', async () => {
    let at = now - 401 * dayMs
    const node = aNode({ at: () => at })
    const uses = createCredentialUses({ store, onFailure: (error) => void failures.push(error) })
    for (const age of [401, 399, 9, 7]) {
      at = now - age * dayMs
      node.count(aCall({ at }))
      await node.write()
      const client = { realm: 'r', clientId: 'c', organization: { id: 'o' }, secrets: [] }
      uses.note({ client, credential: { id: `k${age}`, kind: 'public_key' } }, '10.0.0.1', undefined, at, false)
    }
    await Promise.all([node.close(), uses.close()])
    await pruneUsage(store.backgroundPool, now)
    assert.equal(await number('*', `usage where step = 'hour'`), 1)
    assert.equal(await number('*', `usage where step = 'day'`), 3)
    assert.deepEqual(
      (await database.query<{ credential: string }>('select credential from credential_uses order by credential')).map(
        ({ credential }) => credential,
      ),
      ['k399', 'k7', 'k9'],
    )
  })
})

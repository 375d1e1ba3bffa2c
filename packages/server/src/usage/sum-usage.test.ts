import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { openStore, type Store } from '../store/store.ts'
import { sumByColumn, sumByStep, usageParts } from './sum-usage.ts'
import { hourMs } from './usage-steps.ts'

const range = { step: 'hour', from: 0, to: 24 * hourMs } as const
/** Rows of each hour: one for each client. */
const rows: Readonly<Record<number, number>> = { 1: 12_000, 3: 100, 5: 6_000, 20: 40, 23: 10 }

suite('sums of usage on SQLite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-usage-'))
  let store: Store

  before(async () => {
    store = await openStore(`sqlite:${join(folder, 'store.db')}`)
    for (const [hour, count] of Object.entries(rows)) {
      const made = Array.from({ length: count }, (_, client) => ({
        realm: 'r',
        client_id: `client-${client}`,
        organization_id: `organization-${client % 2}`,
        step: 'hour' as const,
        start: Number(hour) * hourMs,
        what: 'token' as const,
        subject: '',
        outcome: 'issued',
        count: 2,
      }))
      for (let at = 0; at < made.length; at += 1000)
        await store.db
          .insertInto('usage')
          .values(made.slice(at, at + 1000))
          .execute()
    }
  })
  after(async () => {
    await store.close()
    rmSync(folder, { recursive: true })
  })

  const sizesOf = async (filter: { readonly organizationId?: string; readonly since?: number }, from: number = range.from) => {
    const sizes: number[] = []
    for await (const { rows: part, isAll } of usageParts(store.db, { realm: 'r', ...filter }, { ...range, from })) {
      const counted = await part.select(({ fn }) => fn.countAll<number>().as('count')).executeTakeFirstOrThrow()
      sizes.push(Number(counted.count) * (isAll ? -1 : 1))
    }
    return sizes.filter((size) => size !== 0)
  }

  test('many rows are read in parts, and the hours after them at once', async () => {
    assert.deepEqual(await sizesOf({}), [5000, 5000, 2000, 100, 5000, 1000, 50])
    assert.deepEqual(await sizesOf({ organizationId: 'organization-1' }), [5000, 1000, 3075])
    assert.deepEqual(await sizesOf({ since: 5 * hourMs + 1 }), [50])
  })

  test('few rows are one part, and the only one', async () => {
    assert.deepEqual(await sizesOf({}, 6 * hourMs), [-50])
    assert.deepEqual(await sizesOf({ organizationId: 'organization-2' }), [])
  })

  test('each row counts once, in its hour and by its organization', async () => {
    const hours = new Map<number, number>()
    for await (const { key, start, count } of sumByStep(store.db, { realm: 'r' }, range, 'outcome', ['issued'])) {
      assert.equal(key, 'issued')
      hours.set(start / hourMs, (hours.get(start / hourMs) ?? 0) + count)
    }
    assert.deepEqual(Object.fromEntries(hours), Object.fromEntries(Object.entries(rows).map(([hour, count]) => [hour, 2 * count])))
    const half = Object.values(rows).reduce((sum, count) => sum + count, 0)
    const byOrganization = await sumByColumn(store.db, { realm: 'r' }, range, 'organization_id', 10)
    assert.deepEqual([...byOrganization].toSorted(), [
      ['organization-0', half],
      ['organization-1', half],
    ])
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { QueryObserver } from '@tanstack/query-core'
import { queries } from './reads.ts'

const kept = () =>
  queries
    .getQueryCache()
    .getAll()
    .map(({ queryKey: [, page] }) => page)

test('of a hundred pages of a list, the last ones are kept for the way back, and the one on the screen', async (t) => {
  t.after(() => queries.clear()) // And its timers.
  const show = async (page: number) => {
    const observer = new QueryObserver(queries, { queryKey: ['clients.list', page], queryFn: () => page })
    const leave = observer.subscribe(() => {})
    await queries.fetchQuery({ queryKey: ['clients.list', page], queryFn: () => page })
    return leave
  }
  const leaveFirst = await show(0)
  for (let page = 1; page <= 100; page++) {
    const leave = await show(page)
    leave()
  }
  await pause() // It is tidied in the turn after.
  assert.deepEqual(kept(), [0, ...Array.from({ length: 20 }, (_, number) => 81 + number)])
  leaveFirst()
  await pause()
  assert.equal(kept().length, 20)
})

test('names that are read once for many rows stay', async (t) => {
  t.after(() => queries.clear())
  for (let partner = 0; partner < 30; partner++) await queries.fetchQuery({ queryKey: ['find', partner], queryFn: () => 'Alder Retail' })
  const leave = new QueryObserver(queries, { queryKey: ['partners.list', 0], queryFn: () => [] }).subscribe(() => {})
  leave()
  await pause()
  assert.equal(kept().length, 31)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectPages } from './collect-pages.ts'

/** A list of so many numbers, in pages of three. */
function aList(length: number) {
  const asked: (string | undefined)[] = []
  const readPage = async (after: string | undefined) => {
    asked.push(after)
    const start = Number(after ?? 0)
    const end = Math.min(start + 3, length)
    return { items: Array.from({ length: end - start }, (_, index) => start + index), next: end < length ? String(end) : null }
  }
  return { readPage, asked }
}

test('a list is read to its end, and the count goes up with each page', async () => {
  const { readPage, asked } = aList(8)
  const counts: number[] = []
  const { items, isCut } = await collectPages(readPage, 100, (count) => counts.push(count))
  assert.deepEqual([items, isCut, counts, asked], [[0, 1, 2, 3, 4, 5, 6, 7], false, [0, 3, 6], [undefined, '3', '6']])
})

test('a list that is longer than the bound is cut there, and says so', async () => {
  const { readPage, asked } = aList(8)
  const { items, isCut } = await collectPages(readPage, 5, () => {})
  assert.deepEqual([items, isCut, asked.length], [[0, 1, 2, 3, 4], true, 2])
})

test('a list of exactly the bound is whole', async () => {
  assert.equal((await collectPages(aList(6).readPage, 6, () => {})).isCut, false)
  assert.equal((await collectPages(aList(7).readPage, 6, () => {})).isCut, true)
})

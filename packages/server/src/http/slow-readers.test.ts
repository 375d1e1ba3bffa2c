import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSlowReaderCheck } from './slow-readers.ts'

const limits = { stalledMs: 13_000, graceMs: 15_000, leastBytesPerSecond: 16_384 }

/**
 * The second in which a peer with this many unread bytes is found, or undefined if it has read them before.
 * @param takenIn what the peer takes in a second
 */
function secondOfEnd(bytes: number, takenIn: (second: number) => number): number | undefined {
  let second = 0
  const check = createSlowReaderCheck(limits, () => second * 1000)
  const socket = { bytesWritten: bytes, writableLength: bytes }
  for (; socket.writableLength > 0; second++) {
    if (check([socket]).length > 0) return second
    socket.writableLength -= Math.min(takenIn(second), socket.writableLength)
  }
  return undefined
}

/** What a peer takes in each second, and when a response of 1 MiB to it ends. */
const readers = [
  ['nothing', () => 0, 13],
  ['2 kB every 8 s', (second: number) => (second % 8 === 7 ? 2000 : 0), 16],
  ['one byte a second', () => 1, 16],
  ['a lot, and then nothing', (second: number) => (second === 0 ? 900_000 : 0), 14],
  ['a lot, and then a byte every 12 s', (second: number) => (second === 0 ? 500_000 : second % 12 === 0 ? 1 : 0), 46],
  ['just below the least rate', () => 16_000, undefined],
  ['the least rate', () => 16_384, undefined],
  ['the least rate, in lumps', (second: number) => (second % 8 === 0 ? 8 * 16_384 : 0), undefined],
] as const
for (const [what, takenIn, expected] of readers) {
  test(`fault 2.2: a peer that takes ${what} of 1 MiB is ${expected ? `found in second ${expected}` : 'not found'}`, () => {
    assert.equal(secondOfEnd(1_048_576, takenIn), expected)
  })
}

test('fault 2.2: a response ends after 15 s and its size at the least rate, however long the peer goes on', () => {
  for (const size of [100_000, 1_000_000, 50_000_000]) {
    const end = secondOfEnd(size, () => 16_384 * 0.9)
    assert.ok(end === undefined || end <= 15 + size / 16_384 + 1, `${size} bytes: ${end}`)
  }
})

test('a peer that has taken everything begins anew with its next response', () => {
  let now = 0
  const check = createSlowReaderCheck(limits, () => now)
  const socket = { bytesWritten: 1000, writableLength: 1000 }
  const found = [0, 12_000, 0, 12_000].map((wait, step) => {
    now += wait
    socket.writableLength = step === 2 ? 0 : 1000
    return check([socket]).length
  })
  assert.deepEqual(found, [0, 0, 0, 0])
})

test('a stream has no deadline while its peer takes anything at all, and ends when it takes nothing for 13 s', () => {
  let now = 0
  const check = createSlowReaderCheck(
    limits,
    () => now,
    () => true,
  )
  const socket = { bytesWritten: 60_000, writableLength: 60_000 }
  for (; now < 3_600_000; now += 1000) {
    assert.deepEqual(check([socket]), [], `second ${now / 1000}`)
    if (now % 12_000 === 0) socket.writableLength--
  }
  const stalledSince = now
  while (check([socket]).length === 0) now += 1000
  assert.ok(now - stalledSince <= 13_000)
})

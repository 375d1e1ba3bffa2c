import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { AdminRequestError } from '@countersign/admin'
import { followEvents, type FollowedPage, type FollowOptions } from './audit-follow.ts'
import { readCursorFile, writeCursorFile } from './cursor-file.ts'
import { aFolder } from './demo.fixture.ts'

/** A log of numbered events that is read three at a time, and what a follower did in order. */
function aLog(events: number, { failures = [] as unknown[], start = undefined as string | undefined, isEndless = false } = {}) {
  const done: string[] = []
  const left = [...failures]
  const readPage = async (after = '0'): Promise<FollowedPage> => {
    if (left.length > 0) throw left.shift()
    const first = Number(after)
    const last = Math.min(events, first + 3)
    const items = Array.from({ length: last - first }, (_, i) => ({ id: String(first + i + 1) }))
    return { items: items as unknown as FollowedPage['items'], next: String(last), upToDate: last === events }
  }
  const options: FollowOptions = {
    readPage,
    start,
    isEndless,
    write: async (text) => {
      for (const line of text.trimEnd().split('\n')) done.push((JSON.parse(line) as { id: string }).id)
    },
    keep: (cursor) => void done.push(`keep ${cursor}`),
    say: (message) => void done.push(message.replace(/:.*/s, '')),
    isStopped: () => done.filter((step) => step.startsWith('wait')).length >= 7,
    wait: async (ms) => void done.push(`wait ${ms}`),
  }
  return { options, done }
}

const unavailable = new AdminRequestError(503, { title: 'The store is away' })
const lost = Object.assign(new TypeError('fetch failed'), { cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }) })

test('a page is printed before its cursor is kept, and the last one ends an export that does not follow', async () => {
  const { options, done } = aLog(7)
  await followEvents(options)
  assert.deepEqual(done, ['1', '2', '3', 'keep 3', '4', '5', '6', 'keep 6', '7', 'keep 7'])
})

test('a follower polls every two seconds, and goes on where another ended', async () => {
  const { options, done } = aLog(5, { start: '3', isEndless: true })
  await followEvents(options)
  assert.deepEqual(done, ['4', '5', 'keep 5', ...Array.from({ length: 7 }, () => 'wait 2000')])
})

test('a follower outlives a server that is restarted or without its database, with growing pauses', async () => {
  const { options, done } = aLog(1, { failures: [unavailable, lost, unavailable] })
  await followEvents(options)
  assert.deepEqual(done, [
    'The audit log cannot be read now',
    'wait 1000',
    'wait 2000',
    'wait 4000',
    'The server answers again; going on where the export was.',
    '1',
    'keep 1',
  ])
})

test('a denial ends a follower', async () => {
  const denied = new AdminRequestError(403, { title: 'No' })
  await assert.rejects(followEvents(aLog(1, { failures: [denied] }).options), denied)
})

test('a follower whose output cannot be written keeps no cursor', async () => {
  const { options, done } = aLog(1)
  await assert.rejects(followEvents({ ...options, write: () => Promise.reject(new Error('EPIPE')) }), /EPIPE/)
  assert.deepEqual(done, [])
})

test('the cursor file is replaced as a whole, and anything else in it is an error', () => {
  const file = join(aFolder(), 'cursor')
  assert.equal(readCursorFile(file), undefined)
  writeCursorFile(file, 'oldest.019bc187c860.12.')
  writeFileSync(`${file}.new`, 'half') // A crash in the middle of the next one.
  assert.equal(readCursorFile(file), 'oldest.019bc187c860.12.')
  writeCursorFile(file, 'oldest.019bc187c861.12.')
  assert.deepEqual([readFileSync(file, 'utf8'), existsSync(`${file}.new`)], ['oldest.019bc187c861.12.\n', false])
  writeFileSync(file, '{"id": 1}\n')
  assert.throws(() => readCursorFile(file), /does not contain a cursor/)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDecisionLog } from './log-decisions.ts'
import { createLineRate } from './line-rate.ts'
import { createLog } from './log.ts'

test('a peer gets its share of the lines of a second, all of them the whole, and what is left out is told', () => {
  const told: number[] = []
  let now = 0
  const rate = createLineRate({ perSecond: 5, perPeer: 2, clock: () => now, onDropped: (count) => told.push(count) })
  const admitted = (peer: string, times: number) => Array.from({ length: times }, () => rate.admit(peer)).filter(Boolean).length
  assert.deepEqual([admitted('a', 4), admitted('b', 4), admitted('c', 4), admitted('d', 4)], [2, 2, 1, 0])
  now = 1000
  assert.equal(admitted('a', 1), 1)
  assert.deepEqual(told, [11])
  now = 2000
  assert.equal(admitted('a', 1), 1)
  assert.deepEqual(told, [11])
})

test('strangers keep neither one another, nor proxies, nor refusals of clients out of the log', () => {
  const lines: string[] = []
  const log = createDecisionLog(
    createLog('info', (line) => lines.push(line)),
    () => 0,
  )
  const from = (peer: string, code = 'untrusted-peer') => {
    const before = lines.length
    log.refusedProxy(code, peer, 'no proxy')
    return lines.length - before
  }
  for (let sent = 0; sent < 1000; sent++) from('192.0.2.1')
  assert.equal(lines.length, 5)
  assert.equal(from('192.0.2.2'), 1)
  for (let sent = 0; sent < 1000; sent++) from(`198.51.100.${sent}`)
  assert.equal(lines.length, 50)
  assert.equal(from('127.0.0.1', 'invalid-request'), 1)
  log.decided({ outcome: 'invalid-token' } as Parameters<typeof log.decided>[0])
  assert.equal(lines.length, 52)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeAudit, describeBytes, describeClock, describeLag, nameOfCheck, stateOfKey, stateOfNode } from './health-words.ts'

test('a clock that the database is ahead of is behind', () => {
  assert.deepEqual([null, 0, 0.0124, -6.2, 61].map(describeClock), ['–', 'exact', '0.012 s behind', '6.2 s ahead', '61 s behind'])
})

test('a node that gets no requests is worse than one with warnings', () => {
  assert.deepEqual(stateOfNode({ ready: false }, 3), ['bad', 'gets no requests'])
  assert.deepEqual(stateOfNode({ ready: true }, 1), ['warn', '1 warning'])
  assert.deepEqual(stateOfNode({ ready: true }, 0), ['ok', 'ready'])
  assert.deepEqual(stateOfNode({ ready: null }, 0), ['off', 'silent'])
})

test('a key that signs is overdue, without a reserve, or as it should be', () => {
  assert.deepEqual(stateOfKey({ overdue: true, reserves: 0 }), ['warn', 'overdue'])
  assert.deepEqual(stateOfKey({ overdue: false, reserves: 0 }), ['warn', 'no reserve'])
  assert.deepEqual(stateOfKey({ overdue: false, reserves: 1 }), ['ok', 'signs'])
})

test('audit events that wait say where', () => {
  const spool = { inUse: true, events: 412, bytes: 81_000, damagedFiles: 0 }
  const audit = { waiting: 0, sealAgeSeconds: 1, spool: null }
  assert.equal(describeAudit({ audit }), 'all stored')
  assert.equal(describeAudit({ audit: { ...audit, waiting: 3 } }), '3 on their way')
  assert.equal(describeAudit({ audit: { ...audit, spool } }), '412 events wait in the spool, 81 kB')
  assert.equal(describeAudit({ audit: { ...audit, spool: { ...spool, events: 0, damagedFiles: 1 } } }), 'all stored, 1 damaged file')
  assert.equal(describeAudit({ audit: null }), '–')
})

test('sizes, ages and checks are told in words; an unknown check keeps its name', () => {
  assert.deepEqual([512, 4096, 81_000, 1_250_000, 3e12].map(describeBytes), ['512 B', '4.1 kB', '81 kB', '1.3 MB', '3.0 TB'])
  assert.deepEqual([null, 0.42, 61].map(describeLag), ['–', '0.4 s ago', '61 s ago'])
  assert.deepEqual(['store', 'of-next-year'].map(nameOfCheck), ['Database', 'of-next-year'])
})

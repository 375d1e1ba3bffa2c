import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import { createAuditMac } from './audit-mac.ts'
import { findFault, protectedValues, toRow, type EventRow, type StoredEvent } from './event-row.ts'

const ring = (...bytes: number[]) => ({
  versions: new Map(bytes.map((byte, index) => [index + 1, createSecretKey(Buffer.alloc(32, byte))])),
  currentVersion: bytes.length,
})
const pepper = ring(1)
const mac = createAuditMac({ pepper })
const nothingAdded = {
  actor_kind: null,
  actor_id: null,
  actor_realm: null,
  actor_via: null,
  on_behalf_of: null,
  caller_request_id: null,
  trace_id: null,
}

/** A row as written by the version that knew only layout 1, under 32 bytes of 1, with its MAC. */
const ofLayout1: StoredEvent = {
  id: '019b7763d800-0a1b2c3d-00000001',
  at: 1_767_225_600_000,
  kind: 'clients.update',
  outcome: 'success',
  reason: null,
  realm: 'prod',
  organization_id: 'o-1',
  client_id: 'client_1',
  address: '127.0.0.1',
  request_id: 'request-1',
  detail: '{"enabled":false,"by":{"realm":"operators","client":"operator_1"}}',
  mac: '1:4KRfgzTlDK_nFGxv7imBof',
  layout: 1,
  ...nothingAdded,
}

const actor = { kind: 'operator', id: 'operator_1', realm: 'operators', via: 'api' } as const
const detail = { enabled: false, by: { realm: 'operators', client: 'operator_1' } }

function written(added: object = {}, by = mac): StoredEvent {
  const row = toRow('019b7763d800-0a1b2c3d-00000001', { kind: 'clients.update', outcome: 'success', detail, ...added }, 1)
  row.mac = by.make(protectedValues(row))
  return { ...nothingAdded, ...row } as StoredEvent
}

test('a row of layout 1 is as the earlier version wrote it, also in a store without the added columns', () => {
  const { layout: _, ...before } = ofLayout1
  const names = Object.keys(nothingAdded)
  const withoutAdded = Object.fromEntries(Object.entries(before).filter(([name]) => !names.includes(name))) as unknown as StoredEvent
  for (const row of [ofLayout1, withoutAdded]) assert.equal(findFault(row, mac), undefined)
})

for (const [what, added] of Object.entries({
  'nothing added': {},
  'an actor': { actor },
  'an actor on behalf of another': { actor: { ...actor, onBehalfOf: 'ada' } },
  'what the caller calls its request': { callerRequestId: 'a-1' },
  'a trace': { traceId: '4bf92f3577b34da6a3ce929d0e0e4736' },
  'all of it': { actor, callerRequestId: 'a-1', traceId: '4bf92f3577b34da6a3ce929d0e0e4736' },
})) {
  test(`a row of layout 2 with ${what} verifies, and does not if any column is altered`, () => {
    const row = written(added)
    assert.equal(findFault(row, mac), undefined)
    for (const column of Object.keys(nothingAdded)) assert.equal(findFault({ ...row, [column]: 'other' }, mac), 'altered', column)
    for (const [column, value] of Object.entries(row)) {
      if (value !== null && column !== 'layout') assert.notEqual(findFault({ ...row, [column]: null }, mac), undefined, column)
    }
  })
}

test('abuse 238: an event whose layout was altered does not verify', () => {
  for (const row of [ofLayout1, written({ actor }), written()]) {
    for (const layout of [0, 1, 2, 3, -1]) if (layout !== row.layout) assert.notEqual(findFault({ ...row, layout }, mac), undefined)
  }
})

test('abuse 238: columns that layout 1 does not cover must be empty in its rows', () => {
  for (const column of Object.keys(nothingAdded)) assert.equal(findFault({ ...ofLayout1, [column]: 'operator_2' }, mac), 'altered')
})

test('a value cannot be moved to the next column', () => {
  const row = written({ callerRequestId: 'a-1' })
  assert.equal(findFault({ ...row, caller_request_id: null, trace_id: 'a-1' }, mac), 'altered')
})

test('with an audit key its current version is used, and a MAC names its key', () => {
  const both = createAuditMac({ pepper, auditKey: ring(2, 3) })
  const row = written({}, both)
  assert.match(row.mac, /^a2:/)
  assert.equal(findFault(row, both), undefined)
  assert.equal(findFault(ofLayout1, both), undefined, 'rows from before are under the pepper')
  assert.equal(findFault(row, mac), 'missing-key')
  assert.equal(mac.findMissingKey(row.mac), 'version 2 of the audit key')
  const retired = createAuditMac({ pepper: ring(9), auditKey: ring(2, 3) })
  assert.equal(findFault(row, retired), undefined, 'the pepper is of no matter for it')
  assert.equal(findFault({ ...row, mac: row.mac.slice(1) }, both), 'missing-key')
  assert.equal(findFault({ ...row, mac: row.mac.replace('a2', 'a1') }, both), 'altered')
})

test('the rows of most tokens have no added columns, so their writes cost no more than before', () => {
  const columns = (row: EventRow) => Object.keys(row).length
  assert.deepEqual([columns(toRow('', { kind: 'request', outcome: 'refused' }, 1)), columns(written({ actor }))], [13, 20])
})

import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { test } from 'node:test'
import { createAuditMac, type AuditKeys } from '../events/audit-mac.ts'
import { protectedValues, toRow, type StoredEvent } from '../events/event-row.ts'
import type { RemovedRow } from '../events/kinds.ts'
import { createNamePattern } from './name-pattern.ts'
import { collectNameRemovals, removalKind, valuesSince } from './recorded-removals.ts'

const ring = (...bytes: number[]) => ({
  versions: new Map(bytes.map((byte, index) => [index + 1, createSecretKey(Buffer.alloc(32, byte))])),
  currentVersion: bytes.length,
})
const pepper = ring(1)
const both: AuditKeys = { pepper, auditKey: ring(2, 3) }

const nothingAdded = {
  actor_kind: null,
  actor_id: null,
  actor_realm: null,
  actor_via: null,
  on_behalf_of: null,
  caller_request_id: null,
  trace_id: null,
}

function written(id: string, kind: 'request' | typeof removalKind, detail: object, keys: AuditKeys): StoredEvent {
  const row = toRow(id, { kind, outcome: 'success', detail } as Parameters<typeof toRow>[1], 1)
  row.mac = createAuditMac(keys).make(protectedValues(row))
  return { ...nothingAdded, ...row } as StoredEvent
}

/** A record of the removal from this row, made with these keys. */
function aRecord(row: StoredEvent, keys: AuditKeys, times = 1): StoredEvent {
  const mac = createAuditMac(keys).make(valuesSince(row, times))
  const rows: RemovedRow[] = [{ event: row.id, members: ['detail.name'], times, mac }]
  return written(`00000000000${times}-0a1b2c3d-0000000${times}`, removalKind, { rows, removedBy: 'root@db1' }, keys)
}

const changed = (row: StoredEvent): StoredEvent => ({ ...row, detail: '{"name":"(removed)"}' })
const original = written('000000000000-0a1b2c3d-00000001', 'request', { name: 'Anna' }, both)

test('a row of layout 1 is as its removal left it, and its added columns stay empty', () => {
  const columns = { ...changed(original), layout: 1 }
  const { findFault } = collectNameRemovals([aRecord(columns, both)], createAuditMac(both))
  assert.equal(findFault(columns), undefined)
  assert.equal(findFault({ ...columns, trace_id: 'x' }), 'altered')
  assert.equal(findFault({ ...columns, layout: 2 }), 'altered')
})

test('abuse 238: a record under the pepper, or under an older audit key, explains no row under a newer one', () => {
  const older: AuditKeys = { pepper, auditKey: ring(2) }
  for (const keys of [{ pepper }, older]) {
    const { records, findFault } = collectNameRemovals([aRecord(changed(original), keys)], createAuditMac(both))
    assert.equal(records.length, 1)
    assert.equal(findFault(changed(original)), 'altered')
  }
  const underPepper = written(original.id, 'request', { name: 'Anna' }, { pepper })
  assert.equal(collectNameRemovals([aRecord(changed(underPepper), both)], createAuditMac(both)).findFault(changed(underPepper)), undefined)
})

test('without the key of a record it is unknown whether the row is as it was left', () => {
  const { findFault, findMissingKey } = collectNameRemovals([aRecord(changed(original), both)], createAuditMac({ pepper }))
  const underPepper = { ...changed(original), mac: written(original.id, 'request', {}, { pepper }).mac }
  assert.deepEqual([findFault(underPepper), findMissingKey(underPepper)], ['missing-key', 'version 2 of the audit key'])
})

test('a name is found as whole words, in any case and Unicode form, and with special characters', () => {
  const cases = [
    ['Ann', 'Annual report by ANN.', 'Annual report by (removed).'],
    ['José Núñez', 'from jose\u0301   NU\u0301N\u0303EZ', 'from (removed)'],
    ["O'Neil (Jr.)", "O'Neil (Jr.), CEO", '(removed), CEO'],
    ['李小龙', '李小龙, 李小', '(removed), 李小'],
  ]
  for (const [name = '', text = '', expected] of cases) assert.equal(createNamePattern(name).removeFrom(text), expected)
  assert.equal(createNamePattern('Anna').removeFrom('Ann\u0303'), 'Ann\u0303', 'a text without the name stays as it is')
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventsAsCsv, eventsAsLines, organizationsAsCsv } from './export-formats.ts'

const event = {
  id: '0199-1',
  at: '2026-11-28T02:10:44.000Z',
  kind: 'organizations.update',
  outcome: 'success' as const,
  reason: null,
  realm: 'prod',
  organizationId: null,
  clientId: '=cmd|calc',
  address: null,
  requestId: null,
  callerRequestId: null,
  traceId: null,
  actor: { kind: 'operator', id: '+ada', realm: 'operators', via: 'console', onBehalfOf: '@mallory' },
  detail: { reason: '-1, "done"\r\n' },
}

test('a row has a cell for each heading, and the file begins with the mark of UTF-8', () => {
  const [heads, row] = eventsAsCsv.write([event]).split('\r\n')
  assert.ok(heads!.startsWith('\ufeffat,kind,outcome,'))
  assert.match(row!, /^2026-11-28T02:10:44\.000Z,organizations\.update,success,,/)
})

test('abuse 160: names, reasons and details that begin like a formula are texts in a spreadsheet', () => {
  const [, row] = eventsAsCsv.write([event]).split('\r\n')
  for (const cell of [`'=cmd|calc`, `'+ada`, `'@mallory`]) assert.ok(row!.includes(`,${cell},`), cell)
  assert.ok(row!.includes(`"{""reason"":""-1, \\""done\\""\\r\\n""}"`))
})

test('JSON lines have the event as it is', () => {
  assert.deepEqual(JSON.parse(eventsAsLines.write([event]).trimEnd()), event)
})

test('an organization without a standing leaves those cells empty', () => {
  const organization = { id: 'i', slug: 'acme', name: 'Acme, Inc', status: 'active', createdAt: '2026-01-01T00:00:00.000Z' }
  const [, row] = organizationsAsCsv.write([organization as never]).split('\r\n')
  assert.equal(row, 'i,acme,"Acme, Inc",active,,,,,,2026-01-01T00:00:00.000Z')
})

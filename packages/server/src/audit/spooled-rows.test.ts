import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { pepperOf } from './audit-spool.fixture.ts'
import { createAuditChain } from './events/audit-chain.ts'
import { createAuditMac } from './events/audit-mac.ts'
import { formatRows, parseRows, startOfRow } from './spooled-rows.ts'

const mac = createAuditMac({ pepper: pepperOf(1) })
const chain = createAuditChain('0123abcd', mac)
const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constant(startOfRow), fc.constant('"}\n{"id":"\\'))
const optional = fc.option(text, { nil: undefined })
const row = fc
  .record({ clientId: optional, reason: optional, callerRequestId: optional, traceId: optional })
  .map((facts) => chain.stamp({ kind: 'request', outcome: 'refused', ...facts }, 1))

test('spooled rows are read as they were written, whatever callers sent', () => {
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 5 }), (rows) => {
      assert.deepEqual(parseRows(formatRows(rows).toString(), mac), { rows, damaged: 0 })
    }),
  )
})

test('fault 9.8: a damaged byte costs at most the row in which it is, wherever it is', () => {
  const byte = fc.integer({ min: 0, max: 255 })
  fc.assert(
    fc.property(row, row, row, fc.nat(), byte, (first, second, third, at, value) => {
      const bytes = formatRows([first, second, third])
      bytes[at % bytes.length] = value
      const { rows, damaged } = parseRows(bytes.toString(), mac)
      const known = new Map([first, second, third].map((written) => [written.id, written]))
      for (const found of rows) assert.deepEqual(found, known.get(found.id))
      assert.ok(rows.length >= 2 && (rows.length === 3 || damaged > 0))
    }),
  )
})

test('fault 9.8: arbitrary text contains no row and fails nothing', () => {
  fc.assert(fc.property(text, fc.json(), (any, json) => assert.deepEqual(parseRows(`${any}\n${json}`, mac).rows, [])))
})

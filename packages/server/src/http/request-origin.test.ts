import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generateClientSecret } from '../keys/secret-format.ts'
import { startTestServer } from '../../test/test-server.fixture.ts'
import { readCallerRequestId, readTraceId } from './request-origin.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const parent = '00f067aa0ba902b7'
const ourId = /^[0-9a-f]{12}-[0-9a-f]{8}-[0-9a-f]{8}$/

test('a request always gets our id, and the id of the caller is recorded beside it', async () => {
  const { requestToken, auditEvents, log, shutDown } = await startTestServer({ nodes: 1 })
  const headers = { 'x-request-id': 'trace-1.a_b', traceparent: `00-${traceId}-${parent}-01` }
  const response = await requestToken('prod', {}, headers)
  const id = String(response.headers['x-request-id'])
  assert.match(id, ourId)
  const event = (await auditEvents()).find(({ request_id }) => request_id === id)
  assert.deepEqual([event?.caller_request_id, event?.trace_id], ['trace-1.a_b', traceId])
  await shutDown()
  const access = log.map((line) => JSON.parse(line) as Record<string, unknown>).find((line) => line['requestId'] === id)
  assert.deepEqual([access?.['callerRequestId'], access?.['traceId']], ['trace-1.a_b', traceId])
})

const callerIds: [string | string[] | undefined, string | undefined][] = [
  ['trace-1.a_b', 'trace-1.a_b'],
  ['x'.repeat(64), 'x'.repeat(64)],
  ['x'.repeat(65), undefined],
  ['', undefined],
  ['a b', undefined],
  ['a\nb', undefined],
  ['\u001B[31m', undefined],
  ['a, b', undefined],
  [['a', 'b'], undefined],
  [undefined, undefined],
  [generateClientSecret(), undefined],
  [`req-${generateClientSecret()}`, undefined],
  ['csk_with-a-typo', undefined],
  ['eyJhbGciOiJFUzI1NiJ9', undefined],
]
for (const [header, expected] of callerIds) {
  test(`abuse 024: the X-Request-Id ${JSON.stringify(header)?.slice(0, 30)} is ${expected === undefined ? 'dropped' : 'recorded'}`, () => {
    assert.equal(readCallerRequestId(header), expected)
  })
}

const traceParents: [string, string | undefined][] = [
  [`00-${traceId}-${parent}-01`, traceId],
  [`00-${traceId}-${parent}-00`, traceId],
  [`00-${traceId}-${parent}-01-more`, undefined],
  [`00-${traceId}-${parent}-01-`, undefined],
  [`01-${traceId}-${parent}-01`, traceId],
  [`01-${traceId}-${parent}-01-more`, traceId],
  [`01-${traceId}-${parent}-01more`, undefined],
  [`01-${traceId}-${parent}-01-${'a'.repeat(300)}`, undefined],
  [`ff-${traceId}-${parent}-01`, undefined],
  [`00-${'0'.repeat(32)}-${parent}-01`, undefined],
  [`00-${traceId}-${'0'.repeat(16)}-01`, undefined],
  [`00-${traceId.toUpperCase()}-${parent}-01`, undefined],
  [`00-${traceId}-${parent}`, undefined],
  [`00-${traceId}-${parent}-01, 00-${traceId}-${parent}-01`, undefined],
  [`00-${traceId}-${parent}-01\n`, undefined],
  ['', undefined],
]
for (const [header, expected] of traceParents) {
  test(`W3C Trace Context §3.2: the traceparent ${JSON.stringify(header).slice(0, 80)} is ${expected === undefined ? 'ignored' : 'continued'}`, () => {
    assert.equal(readTraceId(header), expected)
  })
}

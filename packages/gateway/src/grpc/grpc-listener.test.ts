import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { status } from '@grpc/grpc-js'
import { organizationId, partnerId } from '@countersign/guard/guard.fixture'
import type { CheckRequest, CheckResponse, HeaderOption } from './check-messages.ts'
import { maxMessageLength } from './grpc-listener.ts'
import { aCheck, startGrpcFront } from './grpc.fixture.ts'

const orders = `/v1/partners/${partnerId}/orders?page=2`

function headersOf(options: readonly HeaderOption[] = []): Record<string, string> {
  return Object.fromEntries(options.map(({ header }) => [header.key, header.value ?? '']))
}

function denialOf({ status: { code }, deniedResponse, okResponse }: CheckResponse) {
  assert.equal(code, 7)
  assert.equal(okResponse, undefined)
  assert.ok(deniedResponse)
  const { type } = JSON.parse(deniedResponse.body) as { type: string }
  return { status: deniedResponse.status.code, code: type.split('/').at(-1), headers: headersOf(deniedResponse.headers) }
}

test('an allowed request is answered with every identity header, also an empty one', async (t) => {
  const { gateway, check } = await startGrpcFront(t)
  const answer = await check(aCheck('GET', orders, [['authorization', `Bearer ${gateway.token()}`]]))
  assert.equal(answer.status.code ?? 0, 0)
  const headers = headersOf(answer.okResponse?.headers)
  assert.equal(headers['x-auth-organization-id'], organizationId)
  assert.equal(headers['x-auth-partner-id'], partnerId)
  assert.equal(headers['x-auth-requestor-id'], '')
  assert.equal(headers['cache-control'], undefined)
  assert.ok(answer.okResponse?.headers.every(({ append, keepEmptyValue }) => !append.value && keepEmptyValue))
  assert.deepEqual(Object.keys(headersOf(answer.okResponse?.responseHeadersToAdd)), ['x-request-id'])
  assert.equal(gateway.decided[0]?.address, '198.51.100.7')
})

test('a denial is the whole response, with its status, challenge and problem', async (t) => {
  const { check } = await startGrpcFront(t)
  const { status: httpStatus, code, headers } = denialOf(await check(aCheck('GET', orders, [['host', 'api.example.com']])))
  assert.deepEqual([httpStatus, code], [401, 'missing-token'])
  assert.equal(headers['www-authenticate'], 'Bearer realm="nt24-idp"')
  assert.equal(headers['content-type'], 'application/problem+json')
  assert.match(headers['x-request-id'] ?? '', /^[0-9a-f]{12}-/)
})

test('abuse 272: two tokens are 400, sent as two headers or as Envoy joins them', async (t) => {
  const { gateway, check } = await startGrpcFront(t)
  const [one, two] = [`Bearer ${gateway.token()}`, `Bearer ${gateway.token()}`]
  const repeated = await check(aCheck('GET', orders, [['authorization', one], ['authorization', two]])) // prettier-ignore
  const joined = { method: 'GET', path: orders, headers: { authorization: `${one},${two}` } }
  for (const answer of [repeated, await check({ attributes: { request: { http: joined } } })])
    assert.deepEqual([denialOf(answer).status, denialOf(answer).code], [400, 'several-tokens'])
})

const authorization = { authorization: 'Bearer e30.e30.e30' }
const incomplete: Record<string, CheckRequest> = {
  'no attributes': {},
  'no request': { attributes: {} },
  'no HTTP request': { attributes: { request: {} } },
  'no method': { attributes: { request: { http: { path: orders, headers: authorization } } } },
  'no path': { attributes: { request: { http: { method: 'GET', headers: authorization } } } },
  'no headers': { attributes: { request: { http: { method: 'GET', path: orders } } } },
  'headers in both forms': {
    attributes: {
      request: { http: { method: 'GET', path: orders, headers: authorization, headerMap: { headers: [{ key: 'host', value: 'a' }] } } },
    },
  },
  'another path in its headers': {
    attributes: { request: { http: { method: 'GET', path: orders, headers: { ...authorization, ':path': '/health' } } } },
  },
  'too many headers': aCheck(
    'GET',
    orders,
    Array.from({ length: 201 }, (_, at) => [`x-${at}`, ''] as const),
  ),
}

for (const [what, request] of Object.entries(incomplete)) {
  test(`abuse 276: a question with ${what} is denied`, async (t) => {
    const { gateway, check } = await startGrpcFront(t)
    assert.deepEqual([denialOf(await check(request)).status, gateway.decided.length], [400, 0])
  })
}

test('abuse 276: a question that is too large is an error, and so denied', async (t) => {
  const { gateway, check } = await startGrpcFront(t)
  const large = aCheck('GET', orders, [['authorization', `Bearer ${gateway.token()}`], ['cookie', 'x'.repeat(maxMessageLength)]]) // prettier-ignore
  await assert.rejects(check(large), { code: status.RESOURCE_EXHAUSTED })
  assert.equal(gateway.decided.length, 0)
})

test('only configured peers get a connection', async (t) => {
  const { gateway, check, address, strangers } = await startGrpcFront(t, { networks: ['192.0.2.0/24'] })
  const socket = connect(Number(address.split(':')[1]), '127.0.0.1')
  await new Promise((resolve) => socket.once('close', resolve))
  assert.deepEqual(strangers, ['127.0.0.1'])
  await assert.rejects(check(aCheck('GET', orders, [['host', 'a']]), { deadline: Date.now() + 2000 }))
  assert.equal(gateway.decided.length, 0)
})

test('a decision that fails is an error, and so denied', async (t) => {
  const { check } = await startGrpcFront(t, { decide: () => Promise.reject(new Error('a defect')) })
  await assert.rejects(check(aCheck('GET', orders, [['host', 'a']])), { code: status.UNAVAILABLE })
})

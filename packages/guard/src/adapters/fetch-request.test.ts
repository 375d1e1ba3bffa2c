import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { readAccessToken } from '../access-token.ts'
import { readCallerRequestId } from '../request-ids.ts'
import { FetchGuardRequest, rawHeadersOf, splitCredentials, textParams, withHeaders } from './fetch-request.ts'

const noParams = { params: {}, route: undefined, needsRequestor: false, readers: undefined }

/** As a runtime hands over fields that were sent in this order. */
function readFrom(url: string, ...fields: readonly string[]) {
  const headers = new Headers()
  for (const value of fields) headers.append('authorization', value)
  return readAccessToken(new FetchGuardRequest(new Request(url, { headers }), noParams))
}

const orders = 'https://api.example.com/v1/orders'
const repeated: readonly (readonly string[])[] = [
  ['Bearer a', 'Bearer b'],
  ['Bearer a', 'Basic b'],
  ['Basic a', 'Bearer b'],
  ['Basic a', 'Basic b'],
  ['Basic a', 'Negotiate'],
  ['Digest username="a", realm="b"', 'Bearer c'],
  ['Digest username="a", realm="b"', 'Digest username="c"'],
  ['', 'Bearer a'],
  ['Bearer a', ''],
  ['', ''],
  ['Bearer a, Bearer b'],
  ['Bearer a,Bearer b'],
  ['Bearer a', 'Bearer b', 'Bearer c'],
]

for (const fields of repeated)
  test(`abuse 272: ${JSON.stringify(fields)} are several tokens, joined as they are`, () => {
    const denial = readFrom(orders, ...fields)
    assert.equal(typeof denial === 'string' ? denial : denial.code, 'several-tokens')
  })

for (const field of ['Digest username="a", realm="b", uri="/c"', 'Digest username = "a", realm = "b"', 'Basic a'])
  test(`abuse 272: ${field} is one field, and no token`, () => {
    const denial = readFrom(orders, field)
    assert.equal(typeof denial === 'string' ? denial : denial.code, 'malformed-authorization')
  })

test('one token is read as it is', () => {
  assert.equal(readFrom(orders, 'Bearer a.b.c'), 'a.b.c')
  assert.deepEqual(splitCredentials('Bearer a.b.c'), ['Bearer a.b.c'])
})

test('abuse 112: a token in the query is seen beside one in the header, one in a fragment is no part of the request', () => {
  for (const [url, code] of [
    [`${orders}?access_token=b`, 'several-tokens'],
    [`${orders}?x=1&access%5Ftoken=b#c`, 'several-tokens'],
    [`${orders}?x=1#?access_token=b`, undefined],
    [`${orders}#?access_token=b`, undefined],
  ] as const) {
    const read = readFrom(url, 'Bearer a')
    assert.equal(typeof read === 'string' ? undefined : read.code, code, url)
  }
})

test('a request whose body was read before is asked about all the same', async () => {
  const request = new Request(orders, { method: 'POST', body: '{}', headers: { authorization: 'Bearer a' } })
  await request.text()
  assert.equal(readAccessToken(new FetchGuardRequest(request, noParams)), 'a')
})

test('the guard reads no header that the base does not pass', () => {
  const sources = globSync('*.ts', { cwd: `${import.meta.dirname}/..` }).filter((name) => !/\.(test|fixture)\.ts$/.test(name))
  const reads = /readSingleHeader\([^()]*?, '([^']+)'\)|rawHeaders\b.*\.(?:find|filter)/g
  const read = sources.flatMap((name) => Array.from(readFileSync(`${import.meta.dirname}/../${name}`, 'utf8').matchAll(reads)))
  assert.ok(read.length > 4)
  const passed = new Set(rawHeadersOf(() => 'x'))
  for (const [text, name] of read) assert.ok(name !== undefined && passed.has(name), text)
})

test('an address, or an id of the API, that cannot be read is left out', () => {
  const fail = () => {
    throw new Error('no connection')
  }
  const readers = { readAddress: fail, readRequestId: fail }
  const { address, requestId } = new FetchGuardRequest(new Request(orders), { ...noParams, readers })
  assert.deepEqual([address, requestId], [undefined, undefined])
})

test('an id of the form of our own, which a caller can choose where the API takes its header, is not the id of a denial', () => {
  const read = (id: string) => {
    const readers = { readAddress: undefined, readRequestId: () => id }
    return new FetchGuardRequest(new Request(orders), { ...noParams, readers }).requestId
  }
  assert.equal(read('0199c5e2a4b0-1f2e3d4c-0000002a'), undefined)
  assert.equal(read('ray-1'), 'ray-1')
})

test('a header that says where the request comes from is not believed', () => {
  const headers = { 'x-forwarded-for': '203.0.113.1', 'cf-connecting-ip': '203.0.113.2', 'x-real-ip': '203.0.113.3', 'x-request-id': 'a' }
  const { address, requestId } = new FetchGuardRequest(new Request(orders, { headers }), noParams)
  assert.deepEqual([address, requestId], [undefined, undefined])
})

test('the id of the caller is read for reports, and the requestor where one is required', () => {
  const headers = new Headers({ 'x-request-id': 'job-7', 'requestor-id': 'a' })
  headers.append('Requestor-ID', 'b')
  const read = (more: object) => new FetchGuardRequest(new Request(orders, { headers }), { ...noParams, ...more })
  assert.deepEqual([read({}).callerRequestId, read({}).rawHeaders], ['job-7', []])
  assert.deepEqual(read({ needsRequestor: true }).rawHeaders, ['requestor-id', 'a, b'])
  headers.append('X-Request-Id', 'job-8')
  assert.equal(readCallerRequestId(read({})), null)
})

test('a parameter that is a list is none that a requirement can be met by', () => {
  const params = textParams({ sellerId: ['5f0d2c4e-8a61-4c37-b7d9-1e2f3a4b5c02'], name: 'a' })
  assert.deepEqual({ ...params }, { name: 'a' })
  assert.equal(params['constructor'], undefined)
})

const rate = { ratelimit: '"standard";r=0;t=1' }

test('the rate is added to a response that cannot be changed, unless the handler said it', async () => {
  for (const response of [Response.json([]), Response.redirect('https://api.example.com/b'), await fetch('data:text/plain,a')])
    assert.equal(withHeaders(response, rate).headers.get('ratelimit'), rate.ratelimit)
  assert.equal(withHeaders(Response.json([], { headers: { RateLimit: 'own' } }), rate).headers.get('ratelimit'), 'own')
  const again = new Response(null, { status: 204 })
  assert.equal(withHeaders(again, rate).status, 204)
  assert.equal(withHeaders(again, { ratelimit: 'of another' }).headers.get('ratelimit'), 'of another')
  assert.equal(withHeaders(Response.error(), rate).type, 'error')
  assert.equal(withHeaders(undefined as unknown as Response, rate), undefined)
})

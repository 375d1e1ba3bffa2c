// The decision table: the guard's decisions and their order, tested at the sample APIs. Two rows are missing: the demo has no
// suspended organization (6), and a caller cannot make keys or entitlements unavailable.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import {
  alterSignature,
  basic,
  bearer,
  callApi,
  clientOf,
  decodeToken,
  metadataOf,
  newTokenOf,
  postForm,
  readBearerError,
  readJson,
  sendRaw,
  systemOf,
  tokenOf,
  type SystemName,
} from './target.fixture.ts'

interface Row {
  readonly what: string
  readonly call: () => Promise<Response>
  readonly status: number
  readonly problem: string
  /** The members `error` and `scope` of the challenge; absent if there is no challenge. */
  readonly challenge?: { readonly error?: string; readonly scope?: string }
}

const unknownId = '00000000-0000-4000-8000-000000000000'
const ada = requestorId('ada')
const bob = requestorId('bob')

function requestorId(name: string): string {
  const requestor = systemOf('partner-api').requestors?.[name]
  assert.ok(requestor, `The target has no requestor "${name}"`)
  return requestor.id
}

function partnerOf(slug: string): string {
  return clientOf('novatrade24', slug).partnerIds[0]!
}

/** A call with a token of a client of the same system. */
async function callAs(slug: string, name: SystemName, route: string, headers: Record<string, string> = {}): Promise<Response> {
  return callWith(await tokenOf(name, slug), name, route, headers)
}

function callWith(token: string, name: SystemName, route: string, headers: Record<string, string> = {}): Promise<Response> {
  const [method = '', path = ''] = route.split(' ')
  return callApi(name, path, { method, headers: { ...bearer(token), ...headers } })
}

const orders = (partnerId: string) => `GET /v1/partners/${partnerId}/orders`
const kyc = (partnerId: string) => `POST /v1/partners/${partnerId}/kyc`
const payments = 'POST /payments'
const customer = 'GET /customers/42'

const rows: readonly Row[] = [
  {
    what: '1: no credentials, before the partner',
    call: () => callApi('novatrade24', `/v1/partners/${unknownId}/orders`),
    status: 401,
    problem: 'missing-token',
    challenge: {},
  },
  {
    what: '1: no credentials, before the Requestor-ID',
    call: () => callApi('partner-api', '/payments', { method: 'POST' }),
    status: 401,
    problem: 'missing-token',
    challenge: {},
  },
  {
    what: '2: two spaces, before the token is verified',
    call: () => callApi('novatrade24', '/v1/me', { headers: { authorization: 'Bearer  nonsense' } }),
    status: 401,
    problem: 'malformed-authorization',
    challenge: { error: 'invalid_request' },
  },
  {
    what: '3: an altered token, before the missing DPA of its organization',
    call: async () => callWith(alterSignature(await tokenOf('novatrade24', 'delta')), 'novatrade24', orders(unknownId)),
    status: 401,
    problem: 'invalid-token',
    challenge: { error: 'invalid_token' },
  },
  {
    what: '3: a token of another realm',
    call: async () => callWith(await tokenOf('ptv'), 'novatrade24', 'GET /v1/me'),
    status: 401,
    problem: 'invalid-token',
    challenge: { error: 'invalid_token' },
  },
  {
    what: '3: a token of another profile, before the Requestor-ID',
    call: async () => callWith(await tokenOf('nxtsoft'), 'partner-api', payments),
    status: 401,
    problem: 'invalid-token',
    challenge: { error: 'invalid_token' },
  },
  {
    what: '7: a missing DPA, before the partner',
    call: () => callAs('delta', 'novatrade24', orders(unknownId)),
    status: 403,
    problem: 'dpa-missing',
  },
  {
    what: '7: an outdated DPA, before the partner',
    call: () => callAs('cobalt', 'novatrade24', orders(unknownId)),
    status: 403,
    problem: 'dpa-outdated',
  },
  {
    what: '7: an outdated DPA, on a partner of its own',
    call: () => callAs('cobalt', 'novatrade24', orders(partnerOf('cobalt'))),
    status: 403,
    problem: 'dpa-outdated',
  },
  {
    what: '8: a token without the scope',
    call: () => callAs('guard', 'nxtsoft', 'POST /transactions/mock'),
    status: 403,
    problem: 'insufficient-scope',
    challenge: { error: 'insufficient_scope', scope: 'transactions/post' },
  },
  {
    what: '9: a partner that does not exist',
    call: () => callAs('acme', 'novatrade24', orders(unknownId)),
    status: 403,
    problem: 'partner-not-authorized',
  },
  {
    what: '9: the partner of another organization',
    call: () => callAs('acme', 'novatrade24', orders(partnerOf('borealis'))),
    status: 403,
    problem: 'partner-not-authorized',
  },
  {
    what: '9: a partner of its own in upper case',
    call: () => callAs('acme', 'novatrade24', orders(partnerOf('acme').toUpperCase())),
    status: 403,
    problem: 'partner-not-authorized',
  },
  {
    what: '9: the partner of another organization, before the capability',
    call: () => callAs('borealis', 'novatrade24', kyc(partnerOf('acme'))),
    status: 403,
    problem: 'partner-not-authorized',
  },
  {
    what: '10: a capability that the organization lacks',
    call: () => callAs('borealis', 'novatrade24', kyc(partnerOf('borealis'))),
    status: 403,
    problem: 'capability-missing',
  },
  {
    what: '11: no Requestor-ID',
    call: () => callAs('acme', 'partner-api', customer),
    status: 400,
    problem: 'requestor-id-missing',
  },
  {
    what: '11: a Requestor-ID that is not a UUID',
    call: () => callAs('acme', 'partner-api', customer, { 'requestor-id': 'ada' }),
    status: 400,
    problem: 'requestor-id-malformed',
  },
  {
    what: '11: two Requestor-IDs, although each is valid',
    call: async () => {
      const { authorization } = bearer(await tokenOf('partner-api'))
      const lines = [`Authorization: ${authorization}`, `Requestor-ID: ${ada}`, `Requestor-ID: ${ada}`]
      return sendRaw('GET', `${systemOf('partner-api').apiUrl}/customers/42`, lines)
    },
    status: 400,
    problem: 'requestor-id-malformed',
  },
  {
    what: '12: a requestor that the organization does not have',
    call: () => callAs('acme', 'partner-api', customer, { 'requestor-id': unknownId }),
    status: 403,
    problem: 'requestor-unknown',
  },
  {
    what: '12: a requestor without the permission',
    call: () => callAs('acme', 'partner-api', payments, { 'requestor-id': bob }),
    status: 403,
    problem: 'requestor-not-permitted',
  },
]

for (const { what, call, status, problem, challenge } of rows) {
  test(`The decision table, row ${what}: ${status} ${problem}`, async () => {
    const response = await call()
    assert.equal(response.status, status)
    assert.deepEqual(readBearerError(response), challenge)
    assert.equal(problemOf(await readJson(response)), problem)
  })
}

function problemOf({ type }: Record<string, unknown>): string | undefined {
  return String(type).split('/problems/')[1]
}

const open: Record<string, { call: () => Promise<Response>; status: number }> = {
  'GET /v1/me': { call: () => callAs('acme', 'novatrade24', 'GET /v1/me'), status: 200 },
  'GET /v1/me with an outdated DPA': { call: () => callAs('cobalt', 'novatrade24', 'GET /v1/me'), status: 200 },
  'GET /v1/me without a DPA': { call: () => callAs('delta', 'novatrade24', 'GET /v1/me'), status: 200 },
  'orders of an authorized partner': { call: () => callAs('acme', 'novatrade24', orders(partnerOf('acme'))), status: 200 },
  'KYC with the capability': { call: () => callAs('acme', 'novatrade24', kyc(partnerOf('acme'))), status: 202 },
  'orders without the capability': { call: () => callAs('borealis', 'novatrade24', orders(partnerOf('borealis'))), status: 200 },
  'creating a natural person without a requestor': { call: () => callAs('acme', 'partner-api', 'POST /natural-persons'), status: 201 },
  'creating a legal entity without a requestor': { call: () => callAs('acme', 'partner-api', 'POST /legal-entities'), status: 201 },
  'a command of a requestor without permissions': {
    call: () => callAs('acme', 'partner-api', customer, { 'requestor-id': bob }),
    status: 200,
  },
  'a payment of a permitted requestor': { call: () => callAs('acme', 'partner-api', payments, { 'requestor-id': ada }), status: 201 },
  'the routes of ptv': { call: () => callAs('acme', 'ptv', 'GET /routes'), status: 200 },
  'planning a route at ptv': { call: () => callAs('acme', 'ptv', 'POST /routes/plan'), status: 202 },
  'a transaction with the scope': { call: () => callAs('acme', 'nxtsoft', 'POST /transactions/mock'), status: 201 },
}
for (const [what, { call, status }] of Object.entries(open)) {
  test(`The decision table: ${what} is answered with ${status}`, async () => {
    assert.equal((await call()).status, status)
  })
}

// These tests wait for time to pass, so they run concurrently.
suite('The decision table, changes over time', { concurrency: true }, () => {
  test('The decision table, row 4: an expired token is denied, before the partner check', async () => {
    const token = await newTokenOf('novatrade24', 'golf')
    await until(Number(decodeToken(token).claims['exp']) * 1000)
    const response = await callWith(token, 'novatrade24', orders(unknownId))
    assert.equal(response.status, 401)
    assert.deepEqual(readBearerError(response), { error: 'invalid_token' })
    assert.equal(problemOf(await readJson(response)), 'expired-token')
  })

  test('The decision table, row 5: a revoked token is denied within seconds', async () => {
    const token = await newTokenOf('novatrade24')
    assert.equal((await callWith(token, 'novatrade24', 'GET /v1/me')).status, 200)
    const { revocation_endpoint: url } = await metadataOf('novatrade24')
    await postForm(url, { token }, { authorization: basic(clientOf('novatrade24')) })
    const deadline = Date.now() + 10_000
    let response = await callWith(token, 'novatrade24', 'GET /v1/me')
    while (response.status === 200 && Date.now() < deadline) {
      await until(Date.now() + 250)
      response = await callWith(token, 'novatrade24', 'GET /v1/me')
    }
    assert.equal(response.status, 401)
    assert.equal(problemOf(await readJson(response)), 'invalid-token')
  })

  test('The decision table, row 13: denied requests do not count against the rate of the tier, and the rate is limited', async () => {
    const token = await newTokenOf('novatrade24', 'golf')
    for (let i = 0; i < 10; i++) assert.equal((await callWith(token, 'novatrade24', orders(unknownId))).status, 403)
    const responses = await Promise.all(Array.from({ length: 12 }, () => callWith(token, 'novatrade24', orders(partnerOf('golf')))))
    const limited = responses.filter(({ status }) => status === 429)
    assert.ok(limited.length > 0)
    const { headers } = limited[0]!
    assert.match(headers.get('retry-after') ?? '', /^[1-9]\d*$/)
    assert.equal(headers.get('ratelimit-policy'), '"trial";q=5;w=10')
    assert.match(headers.get('ratelimit') ?? '', /^"trial";r=0;t=\d+$/)
    assert.equal(problemOf(await readJson(limited[0]!)), 'rate-limited')
  })
})

async function until(instant: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  setTimeout(resolve, Math.max(0, instant - Date.now()))
  return promise
}

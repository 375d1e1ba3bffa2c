import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { generateClientSecret } from '../keys/secret-format.ts'
import { exchangeRaw } from '../../test/raw-exchange.fixture.ts'
import { shareTestServer, startTestServer, tokenRequest } from '../../test/test-server.fixture.ts'

interface Line {
  readonly msg: string
  readonly level: number
  readonly requestId?: string
  readonly [name: string]: unknown
}

async function startLogged(settings = '') {
  const server = await startTestServer({ settings, nodes: 1 })
  /** The access lines so far; the last ones are written when the server stops. */
  const accesses = async (): Promise<Line[]> => {
    await server.shutDown()
    return server.log.map((text) => JSON.parse(text) as Line).filter(({ msg }) => msg === 'request')
  }
  return { ...server, accesses }
}

test('a request is logged as one line: caller, route, duration and outcome', async () => {
  const { aClient, requestToken, accesses } = await startLogged()
  const client = await aClient('prod')
  await requestToken('prod', tokenRequest(client), { 'x-request-id': 'from-outside-1' })
  const [line, ...more] = (await accesses()).filter(({ callerRequestId }) => callerRequestId === 'from-outside-1')
  assert.deepEqual(more, [])
  const { level, method, route, status, realm, clientId, address } = line!
  assert.deepEqual(
    { level, method, route, status, realm, clientId, address },
    {
      level: 30,
      method: 'POST',
      route: '/auth/realms/prod/protocol/openid-connect/token',
      status: 200,
      realm: 'prod',
      clientId: client.clientId,
      address: '127.0.0.1',
    },
  )
  assert.ok(Number(line!['durationMs']) > 0 && Number.isInteger(line!['time']))
})

test('an authenticated caller is named, also if the request is rejected afterwards', async () => {
  const { aClient, requestAdmin, tokenOf, request, operator, accesses } = await startLogged()
  const client = await aClient('prod')
  await request({ url: '/auth/realms/prod/v1/me', headers: { authorization: `Bearer ${await tokenOf('prod', client)}` } })
  await requestAdmin('organizations.get', { params: { realm: 'prod', organization: 'none' } })
  const lines = await accesses()
  const [me, admin] = [lines.find(({ route }) => String(route).endsWith('/v1/me')), lines.at(-1)]
  assert.deepEqual([me?.['clientId'], admin?.['clientId'], admin?.['status']], [client.clientId, operator.clientId, 404])
})

test('a client that could not be authenticated is not named', async () => {
  const { aClient, requestToken, accesses } = await startLogged()
  const client = await aClient('prod')
  await requestToken('prod', tokenRequest({ ...client, clientSecret: generateClientSecret() }))
  const line = (await accesses()).at(-1)!
  assert.deepEqual([line['status'], line['clientId']], [401, undefined])
})

test('the route is logged as its pattern, and an unknown path has none', async () => {
  const { request, accesses } = await startLogged()
  await request({ url: '/problems/missing-token?secret=canary' })
  await request({ url: '/canary' })
  const lines = await accesses()
  assert.deepEqual(lines.map(({ route }) => route).slice(-2), ['/problems/:code', null])
  assert.doesNotMatch(JSON.stringify(lines), /canary/)
})

test('probes are not logged', async () => {
  const { request, accesses } = await startLogged()
  await request({ url: '/readyz' })
  assert.equal((await accesses()).filter(({ route }) => route === '/readyz').length, 0)
})

for (const settings of ['accessLog: false', 'logLevel: warn']) {
  test(`with ${settings} requests are not logged`, async () => {
    const { request, accesses } = await startLogged(settings)
    await request({ url: '/problems' })
    assert.deepEqual(await accesses(), [])
  })
}

test('every line about a request carries its id, and so does the error that the caller sees', async () => {
  const { aClient, requestToken, request, tokenOf, operator, hideAuditPlaces, log, accesses, expectErrors } = await startLogged()
  expectErrors()
  const client = await aClient('prod')
  const authorization = `Bearer ${await tokenOf('operators', operator)}`
  const giveBack = await hideAuditPlaces()
  const token = await requestToken('prod', tokenRequest(client), { 'x-request-id': 'failing-token' })
  const url = '/admin/v1/realms/prod/organizations/acme'
  const headers = { authorization, 'x-request-id': 'failing-change', 'if-match': '*' }
  const change = await request({ method: 'PATCH', url, headers, payload: { name: 'New' } })
  await giveBack()
  await accesses()
  const ids = [token, change].map((response) => String(response.headers['x-request-id']))
  assert.equal(change.json().instance, `urn:request:${ids[1]}`)
  for (const [index, callerId] of ['failing-token', 'failing-change'].entries()) {
    const lines = log.filter((text) => text.includes(`"requestId":"${ids[index]}"`))
    assert.equal(lines.length, 2)
    assert.ok(lines.every((text) => text.includes(`"callerRequestId":"${callerId}"`)))
  }
})

/** Failures before a handler runs, at an OAuth endpoint and elsewhere. */
const failures = {
  'a wrong method at the token endpoint': { method: 'GET', url: '/partner-api/oauth/token' },
  'a realm that does not exist': { method: 'POST', url: '/realms/none/token' },
  'a body that is too large': { method: 'POST', url: '/partner-api/oauth/token', payload: 'a'.repeat(3_000_000) },
  'a path that cannot be decoded': { method: 'GET', url: '/%ff' },
  'a parameter that is too long': { method: 'GET', url: `/problems/${'a'.repeat(300)}` },
  'a compressed token request': { method: 'POST', url: '/partner-api/oauth/token', headers: { 'content-encoding': 'gzip' } },
  'no token': { method: 'GET', url: '/v1/me' },
} as const

suite('responses to failing requests, and secrets in log lines', () => {
  const shared = shareTestServer()

  for (const [what, failing] of Object.entries(failures)) {
    test(`the response to ${what} carries the request id`, async () => {
      const { request } = shared()
      const response = await request({ ...failing, headers: 'headers' in failing ? failing.headers : {} })
      assert.ok(response.statusCode >= 400)
      assert.match(String(response.headers['x-request-id']), /^[0-9a-f]{12}-[0-9a-f]{8}-[0-9a-f]{8}$/)
    })
  }

  test('abuse 287: members with the name of a secret are redacted in a log line, at any depth', async () => {
    const { app, log } = shared()
    const secrets = { authorization: 'Basic canary', client_secret: 'canary', access_token: 'canary', cookie: 'canary', token: 'canary' }
    const before = log.length
    app.log.warn({ ...secrets, headers: secrets, request: { headers: secrets } }, 'something that should not be logged')
    const written = log.slice(before).join('')
    assert.match(written, /\[redacted\]/)
    assert.doesNotMatch(written, /canary/)
  })
})

test('abuse 287: a line break in caller input does not start a new log line', async () => {
  const { listen, accesses } = await startLogged()
  await exchangeRaw(await listen(), ['GET /problems HTTP/1.1', 'Host: a', 'X-Request-Id: a{"level":60}', 'Connection: close', '', ''])
  const line = (await accesses()).at(-1)
  assert.match(String(line?.requestId), /^[0-9a-f]{12}-[0-9a-f]{8}-[0-9a-f]{8}$/)
  assert.equal(line?.['callerRequestId'], undefined)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generateClientSecret } from '../keys/secret-format.ts'
import { exchangeRaw, postLines } from '../../test/raw-exchange.fixture.ts'
import { ConnectionRefused, OAuthError } from '../errors.ts'
import { startTestServer, tokenRequest } from '../../test/test-server.fixture.ts'
import { createAddressProtection } from './address-protection.ts'

const tokenPath = '/auth/realms/prod/protocol/openid-connect/token'
const start = 1_767_225_600_000

function aProtection({ requestsPerSecond = 50, limit = 5, action = 'reject' as 'close' | 'reject' } = {}) {
  const failedAuthentications = { limit, within: 60, blockFor: 300, action }
  return createAddressProtection({ addressProtection: { requestsPerSecond, failedAuthentications } }, () => 0)
}

/** Returns how many of `count` requests at one instant are admitted. */
function admittedOf(count: number, admit: () => void): number {
  let admitted = 0
  for (let i = 0; i < count; i++) {
    try {
      admit()
      admitted++
    } catch (error) {
      assert.ok(error instanceof OAuthError || error instanceof ConnectionRefused)
    }
  }
  return admitted
}

test('seed 003: 50 requests per second are admitted, further ones are rejected', () => {
  const protection = aProtection()
  assert.equal(
    admittedOf(60, () => protection.admit('203.0.113.9', start)),
    50,
  )
  assert.equal(
    admittedOf(60, () => protection.admit('203.0.113.9', start + 2000)),
    50,
  )
})

test('abuse 179: using up the limit at the end of a second leaves no requests for the start of the next', () => {
  const protection = aProtection()
  const admitted = [990, 1010].map((later) => admittedOf(50, () => protection.admit('203.0.113.9', start + later)))
  assert.deepEqual(admitted, [50, 0])
})

test('addresses are limited separately', () => {
  const protection = aProtection()
  admittedOf(60, () => protection.admit('203.0.113.9', start))
  assert.equal(
    admittedOf(50, () => protection.admit('203.0.113.10', start)),
    50,
  )
})

test('the addresses of one IPv6 subscriber are counted together', () => {
  const protection = aProtection()
  let host = 0
  assert.equal(
    admittedOf(60, () => protection.admit(`2001:db8:0:1::${(++host).toString(16)}`, start)),
    50,
  )
  assert.equal(
    admittedOf(50, () => protection.admit('2001:db8:0:2::1', start)),
    50,
  )
})

/** An address in one of the networks (/64) of a site, whose households (/56) have 256 networks each. */
const inNetwork = (network: number) => `2001:db8:7:${network.toString(16)}::1`

/** Networks, and how many of some requests from each are admitted at once. */
const floods = [
  ['a household', Array.from({ length: 256 }, (_, network) => network), 200],
  ['a site', Array.from({ length: 256 }, (_, household) => household << 8), 800],
  ['a site, by eight networks of each household', Array.from({ length: 2048 }, (_, number) => number << 5), 800],
] as const
for (const [what, networks, expected] of floods) {
  test(`fault 2.5: the networks of ${what} together have ${expected / 50} times the limit of one`, () => {
    const protection = aProtection()
    const admitted = networks.map((network) => admittedOf(networks.length > 256 ? 1 : 8, () => protection.admit(inNetwork(network), start)))
    assert.equal(
      admitted.reduce((sum, count) => sum + count, 0),
      expected,
    )
    protection.admit('2001:db8:8::1', start)
  })
}

test('fault 2.5: a busy network leaves its neighbours their own limit', () => {
  const protection = aProtection()
  admittedOf(1000, () => protection.admit(inNetwork(1), start))
  assert.deepEqual(
    [2, 3].map((network) => admittedOf(60, () => protection.admit(inNetwork(network), start))),
    [50, 50],
  )
})

test('fault 2.5: failed logins from many networks of a household block a client there, and from many households in their site', () => {
  const protection = aProtection({ limit: 5 })
  const isBlocked = (network: number) => admittedOf(1, () => protection.refuseBlocked(inNetwork(network), 'acme', start)) === 0
  for (let network = 0; network < 19; network++) protection.recordFailure(inNetwork(network), 'acme', start)
  assert.equal(isBlocked(0x80), false)
  protection.recordFailure(inNetwork(19), 'acme', start)
  assert.deepEqual([isBlocked(0x80), isBlocked(0x100)], [true, false])
  for (let household = 1; household <= 60; household++) protection.recordFailure(inNetwork(household << 8), 'acme', start)
  assert.deepEqual([isBlocked(0x4000), isBlocked(0xff00)], [true, true])
  protection.refuseBlocked('2001:db8:8::1', 'acme', start)
})

test('fault 2.5: an IPv4 address and its mapped spelling are counted together', () => {
  const protection = aProtection()
  admittedOf(50, () => protection.admit('203.0.113.9', start))
  for (const address of ['::ffff:203.0.113.9', '::ffff:cb00:7109', '64:ff9b::203.0.113.9'])
    assert.throws(() => protection.admit(address, start), OAuthError, address)
  protection.admit('::ffff:203.0.113.10', start)
})

test('fault 9.5: a block that was made while the clock was an hour ahead ends when the clock is right, and can be made again', () => {
  const protection = aProtection()
  const hour = 3_600_000
  const fail = (at: number) => {
    for (let i = 0; i < 5; i++) protection.recordFailure('203.0.113.9', 'acme', at)
  }
  fail(start + hour)
  assert.throws(() => protection.refuseBlocked('203.0.113.9', 'acme', start + hour), OAuthError)
  assert.doesNotThrow(() => protection.refuseBlocked('203.0.113.9', 'acme', start))
  fail(start + 1000)
  assert.throws(() => protection.refuseBlocked('203.0.113.9', 'acme', start + 2000), OAuthError)
})

test('seed 003: continuous failed logins block a client at its address for a while', () => {
  const protection = aProtection({ action: 'close' })
  for (let i = 0; i < 5; i++) protection.recordFailure('203.0.113.9', 'acme', start)
  assert.throws(() => protection.refuseBlocked('203.0.113.9', 'acme', start + 299_999), ConnectionRefused)
  protection.refuseBlocked('203.0.113.9', 'acme', start + 300_000)
  protection.refuseBlocked('203.0.113.10', 'acme', start)
})

test('failures that are spread over more than the window do not block', () => {
  const protection = aProtection()
  for (let i = 0; i < 20; i++) protection.recordFailure('203.0.113.9', 'acme', start + i * 30_000)
  protection.refuseBlocked('203.0.113.9', 'acme', start + 600_000)
})

test('abuse 054: 100 wrong secrets in one millisecond are counted as exactly 100', () => {
  const [at100, at101] = [aProtection({ limit: 100 }), aProtection({ limit: 101 })]
  for (let i = 0; i < 100; i++) for (const protection of [at100, at101]) protection.recordFailure('203.0.113.9', 'acme', start)
  assert.throws(() => at100.refuseBlocked('203.0.113.9', 'acme', start), OAuthError)
  at101.refuseBlocked('203.0.113.9', 'acme', start)
})

test('abuse 054: of concurrent wrong secrets only as many as the limit are verified', async () => {
  const { aClient, requestToken, auditEvents } = await startTestServer({ nodes: 1 })
  const client = { ...(await aClient('prod')), clientSecret: 'x' }
  const answers = await Promise.all(Array.from({ length: 50 }, () => requestToken('prod', tokenRequest(client))))
  assert.equal(answers.filter(({ statusCode }) => statusCode === 401).length, 5)
  assert.equal(answers.filter(({ statusCode }) => statusCode === 429).length, 45)
  assert.ok((await auditEvents()).some(({ reason }) => reason === 'address-blocked'))
})

test('abuse 174: 100,000 addresses take no additional memory', () => {
  const protection = aProtection()
  protection.admit('203.0.113.9', start) // The first request makes the counters.
  const before = process.memoryUsage().arrayBuffers
  for (let i = 0; i < 100_000; i++) protection.admit(`203.${i >>> 16}.${(i >>> 8) & 255}.${i & 255}`, start)
  assert.ok(process.memoryUsage().arrayBuffers <= before)
})

test('a realm without addressProtection has no limits', () => {
  const protection = createAddressProtection({ addressProtection: undefined })
  assert.equal(
    admittedOf(1000, () => protection.admit('203.0.113.9', start)),
    1000,
  )
})

test('abuse 182: a request over the limit gets JSON with Retry-After', async () => {
  const { requestToken } = await startTestServer({ nodes: 1 })
  const answers = await Promise.all(Array.from({ length: 51 }, () => requestToken('prod', {})))
  const response = answers.at(-1)!
  assert.equal(response.statusCode, 429)
  assert.equal(response.json().error, 'too_many_requests')
  assert.equal(response.json().error_uri, 'http://localhost:8080/problems/too-many-token-requests')
  assert.match(String(response.headers['retry-after']), /^[12]$/)
  assert.equal(response.headers['cache-control'], 'no-store')
})

test('abuse 182: Retry-After is spread, so that clients do not all retry at once', () => {
  const waits = [0, 0.99].map((random) => {
    const protection = createAddressProtection(
      { addressProtection: { requestsPerSecond: 1, failedAuthentications: { limit: 1, within: 1, blockFor: 1, action: 'reject' } } },
      () => random,
    )
    protection.admit('203.0.113.9', start)
    try {
      protection.admit('203.0.113.9', start)
    } catch (error) {
      return (error as OAuthError).details.retryAfterSeconds
    }
    return undefined
  })
  assert.deepEqual(waits, [1, 2])
})

test('fault 3.7: a client blocked by "reject" is told so, with the end of the block', async () => {
  const { aClient, requestToken, clock } = await startTestServer({ nodes: 1 })
  const client = await aClient('prod')
  for (let i = 0; i < 5; i++) await requestToken('prod', tokenRequest({ ...client, clientSecret: 'x' }))
  const response = await requestToken('prod', tokenRequest(client))
  assert.equal(response.statusCode, 429)
  assert.equal(response.headers['retry-after'], '300')
  assert.match(response.json().error_description, /^Blocked for a while after failed authentications\./)
  assert.equal(response.json().error_uri, 'http://localhost:8080/problems/authentication-blocked')
  clock.advance(300_000)
  assert.equal((await requestToken('prod', tokenRequest(client))).statusCode, 200)
})

const closing = `
  prod:
    issuer: /auth/realms/prod
    tokenEndpoint: ${tokenPath}
    audience: ptv-api
    addressProtection: { failedAuthentications: { limit: 3, action: close } }`

test('seed 003: a connection of a client blocked by "close" is closed without a response', async () => {
  const { listen, auditEvents } = await startTestServer({ realms: closing, nodes: 1 })
  const url = await listen()
  const attempt = () => exchangeRaw(url, postLines(tokenPath, 'grant_type=client_credentials&client_id=a&client_secret=b'))
  for (let i = 0; i < 3; i++) assert.match(await attempt(), /^HTTP\/1\.1 401 /)
  assert.equal(await attempt(), '')
  assert.equal((await auditEvents()).at(-1)?.reason, 'address-blocked')
})

test('abuse 171: a block by failed authentications at introspection applies at the token endpoint, too', async () => {
  const { aClient, postForm, requestToken } = await startTestServer({ nodes: 1 })
  const client = await aClient('prod')
  const wrong = { client_id: client.clientId, client_secret: 'x', token: 'x' }
  for (let i = 0; i < 5; i++) await postForm('/auth/realms/prod/protocol/openid-connect/token/introspect', wrong)
  assert.equal((await requestToken('prod', tokenRequest(client))).statusCode, 429)
})

test('abuse 172: an unknown client id leads to the same block as a known one', async () => {
  const { requestToken } = await startTestServer({ nodes: 1 })
  const attempt = () => requestToken('prod', tokenRequest({ clientId: 'nobody', clientSecret: 'x' }))
  const statuses = []
  for (let i = 0; i < 7; i++) statuses.push((await attempt()).statusCode)
  assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429, 429])
})

test('fault 3.7: at one address, failures of one client leave the others alone', () => {
  const protection = aProtection({ limit: 20 })
  for (let i = 0; i < 50; i++) admittedOf(1, () => protection.recordFailure('203.0.113.9', 'acme', start))
  assert.throws(() => protection.refuseBlocked('203.0.113.9', 'acme', start), OAuthError)
  protection.refuseBlocked('203.0.113.9', 'borealis', start)
  protection.recordFailure('203.0.113.9', 'borealis', start) // Its own typing error is no block.
  protection.refuseBlocked('203.0.113.10', 'acme', start)
})

test('fault 3.7: if many clients fail at one address, their failures are blocked, and a right secret is not', () => {
  const protection = aProtection({ limit: 20 })
  for (let i = 0; i < 20; i++) protection.recordFailure('203.0.113.9', `client-${i}`, start)
  assert.throws(() => protection.recordFailure('203.0.113.9', 'client-20', start), { code: 'authentication-blocked' })
  protection.refuseBlocked('203.0.113.9', 'client-20', start)
  protection.recordFailure('203.0.113.10', 'client-20', start)
})

test('fault 3.7: while an address is blocked, the failures of a client still count', () => {
  const protection = aProtection({ limit: 20 })
  for (let i = 0; i < 20; i++) protection.recordFailure('203.0.113.9', `client-${i}`, start)
  for (let i = 0; i < 20; i++) admittedOf(1, () => protection.recordFailure('203.0.113.9', 'acme', start))
  assert.throws(() => protection.refuseBlocked('203.0.113.9', 'acme', start), OAuthError)
})

test('abuse 172: a flood of client ids from blocked addresses blocks no client at another address', () => {
  const protection = aProtection({ limit: 1 })
  for (let i = 0; i < 60_000; i++) admittedOf(1, () => protection.recordFailure(`198.51.100.${i & 15}`, `client-${i}`, start))
  for (let i = 0; i < 200; i++) protection.refuseBlocked('203.0.113.9', `victim-${i}`, start)
})

for (const [what, clients] of [
  ['one client', 1],
  ['many clients', 20],
] as const) {
  test(`fault 3.7: behind a proxy that is not trusted, wrong secrets of ${what} do not block another one`, async () => {
    const { aClient, requestToken } = await startTestServer({ nodes: 1 })
    const good = await aClient('prod')
    for (let i = 0; i < 20; i++)
      await requestToken('prod', tokenRequest({ clientId: `partner-${i % clients}`, clientSecret: generateClientSecret() }))
    assert.equal((await requestToken('prod', tokenRequest(good))).statusCode, 200)
  })
}

test('abuse 169: of 500 clients at one address, one that fails does not affect the others, and their successes are not counted', async () => {
  const protection = aProtection({ limit: 20 })
  for (let i = 0; i < 30; i++) admittedOf(1, () => protection.recordFailure('203.0.113.9', 'acme', start + i))
  for (let i = 0; i < 500; i++) protection.refuseBlocked('203.0.113.9', `client-${i}`, start + 100)
})

test('abuse 170: a client that is blocked at addresses of an attacker is not at its own', () => {
  const protection = aProtection({ limit: 5 })
  for (let i = 0; i < 1000; i++) protection.recordFailure(`198.51.${i >> 8}.${i & 255}`, 'acme', start)
  for (let i = 0; i < 5; i++) protection.recordFailure('198.51.100.1', 'acme', start)
  protection.refuseBlocked('203.0.113.9', 'acme', start)
})

test('abuse 051: a client id that contains an address is not confused with another client', () => {
  const protection = aProtection({ limit: 1 })
  protection.recordFailure('203.0.113.9', 'a","203.0.113.9', start)
  protection.refuseBlocked('203.0.113.9', 'a', start)
})

test('abuse 181: a blocked request is rejected before its body is read', async () => {
  const { listen, requestToken } = await startTestServer({ nodes: 1 })
  await Promise.all(Array.from({ length: 50 }, () => requestToken('prod', {})))
  const lines = [
    `POST ${tokenPath} HTTP/1.1`,
    'Host: localhost',
    'Content-Type: text/plain',
    'Content-Length: 1000',
    'Connection: close',
    '',
    'a',
  ]
  assert.match(await exchangeRaw(await listen(), lines), /^HTTP\/1\.1 429 /)
})

// Many decisions about few tokens, and the same tokens at the guard itself.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createGuardName, createRequestIds } from '@countersign/guard'
import { aSigningKey } from '@countersign/guard/guard.fixture'
import { aRemoteGuard } from '@countersign/guard/remote.fixture'
import { aGateway, problemOf } from './gateway.fixture.ts'
import { createDecider } from './decide-request.ts'
import { createRouteTable } from './route-table.ts'
import { parseTemplate } from './route-template.ts'

test('abuse 274: of 20,000 decisions about one token at least 99 % need neither a signature check nor a request', async () => {
  const { guard, server, sign } = aRemoteGuard({ entitlementSeconds: 86_400 })
  const table = createRouteTable([{ template: parseTemplate('/v1/orders'), methods: ['GET'], requires: {} }])
  const decide = createDecider({
    guard,
    routes: () => table,
    prefix: 'x-auth-',
    partnerHeader: 'x-partner-id',
    allowsPreflights: false,
    sign: undefined,
    nextRequestId: createRequestIds(createGuardName(), Date.now),
    onDecided: () => {},
  })
  const rawHeaders = ['Authorization', `Bearer ${sign()}`]
  let passed = 0
  for (let count = 0; count < 20_000; count++)
    if ((await decide({ method: 'GET', target: '/v1/orders', rawHeaders })).status === 200) passed++
  assert.equal(passed, 20_000)
  assert.ok(server.requests.length <= 10, `${server.requests.length} requests to the server`)
})

test('abuse 274: of 20,000 decisions about one token only the first checks its signature', async () => {
  const key = aSigningKey()
  let checks = 0
  const counted = Object.defineProperty({ ...key.verificationKey }, 'verifier', { get: () => (checks++, key.verificationKey.verifier) })
  const gateway = aGateway({ guard: { key, keys: { find: () => counted } } })
  for (let count = 0; count < 20_000; count++) assert.equal((await gateway.ask('GET', '/v1/orders')).status, 200)
  assert.equal(checks, 1)
})

/** Small changes at every place of tokens that differ in kind. */
function aCorpus(gateway: ReturnType<typeof aGateway>, size: number): string[] {
  const now = gateway.clock.now() / 1000
  const whole = [
    gateway.token(),
    gateway.token({ exp: now - 100 }),
    gateway.token({ aud: 'another-api' }),
    gateway.token({ iss: 'https://evil.example' }),
    gateway.token({ iat: now + 3600 }),
    gateway.token({ scope: '' }),
    gateway.token({}, { alg: 'none' }),
    gateway.token({}, { kid: 'unknown' }),
    gateway.token({}, { typ: 'at+jwt' }),
    gateway.token({ organization_id: null }),
    gateway.token({ jti: 'x'.repeat(300) }),
    gateway.token({ client_id: 'ä', azp: 'ä' }),
  ]
  const ways: ((token: string, at: number) => string)[] = [
    (token) => token,
    (token, at) => token.slice(0, at) + token.slice(at + 1),
    (token, at) => token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1),
    (token, at) => `${token.slice(0, at)}=${token.slice(at)}`,
    (token, at) => `${token.slice(0, at)} ${token.slice(at)}`,
    (token, at) => `${token.slice(0, at)},${token.slice(at)}`,
    (token, at) => token.slice(0, at),
    (token, at) => `${token}.${token.slice(0, at)}`,
  ]
  return Array.from({ length: size }, (_, number) => {
    const token = whole[number % whole.length]!
    return ways[Math.floor(number / whole.length) % ways.length]!(token, (number * 7919) % token.length)
  })
}

test('abuse 121: 10,000 tokens get the same verdict at the gateway as at the guard', async () => {
  const gateway = aGateway()
  const corpus = aCorpus(gateway, 10_000)
  const outcomes = new Map<string, number>()
  for (const token of corpus) {
    const rawHeaders = ['Authorization', `Bearer ${token}`]
    const decision = await gateway.guard.authorize({ rawHeaders, params: {} }, { scope: 'orders:read' })
    const verdict = await gateway.decide({ method: 'GET', target: '/v1/orders', rawHeaders })
    const [ofGuard, ofGateway] = [decision.allowed ? '' : decision.code, problemOf(verdict)]
    assert.equal(ofGateway, ofGuard, token)
    outcomes.set(ofGuard, (outcomes.get(ofGuard) ?? 0) + 1)
  }
  assert.ok(outcomes.size >= 5, [...outcomes].join(' '))
})

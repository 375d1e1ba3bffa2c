import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { createHandClock } from './clock.fixture.ts'
import { createFakeTokenEndpoint, createHeldAnswer, createTestClient, oauthError, tokenUrl } from './token-endpoint.fixture.ts'
import { createTokenProvider, maxFurtherSlots } from './token-provider.ts'

test('abuse 242: 10,000 concurrent callers of a cold cache make one token request', async () => {
  const { tokens, endpoint } = createTestClient()
  const obtained = await Promise.all(Array.from({ length: 10_000 }, () => tokens.getToken()))
  assert.deepEqual(new Set(obtained), new Set(['token-1']))
  assert.equal(endpoint.requests.length, 1)
})

test('a warm call returns the same promise as the call before', async () => {
  const { tokens } = createTestClient()
  await tokens.getToken()
  assert.equal(tokens.getToken(), tokens.getToken())
})

test('over three lifetimes under traffic there is one token request per renewal, and no call fails or waits', async () => {
  const { tokens, endpoint, clock } = createTestClient()
  await tokens.getToken()
  for (let second = 0; second < 900; second++) {
    await clock.advance(1)
    const { token } = tokens.status()
    assert.ok(token === 'fresh' || token === 'due', `after ${second} s the token is ${token}`)
    await tokens.getToken()
  }
  assert.deepEqual(
    endpoint.requests.map(({ atSeconds }) => atSeconds),
    [0, 240, 480, 720],
  )
})

test('a call after the refresh time gets the current token at once, while the token is renewed in the background', async () => {
  const { tokens, endpoint, clock } = createTestClient()
  await tokens.getToken()
  await clock.advance(240)
  const { answer, release } = createHeldAnswer()
  endpoint.answer = answer
  assert.deepEqual([await tokens.getToken(), await tokens.getToken()], ['token-1', 'token-1'])
  release(endpoint.issue())
  await clock.advance(0)
  assert.equal(await tokens.getToken(), 'token-2')
  assert.equal(endpoint.requests.length, 2)
})

test('abuse 257: the first renewal after a start or a disturbance is spread widely, the ones after it by a few percent', async () => {
  const { tokens, endpoint, clock } = createTestClient({ random: () => 0.999 })
  for (let second = 0; second < 900; second++) {
    await tokens.getToken()
    await clock.advance(1)
    if (second === 599) tokens.invalidate(await tokens.getToken())
  }
  assert.deepEqual(
    endpoint.requests.map(({ atSeconds }) => atSeconds),
    [0, 61, 290, 519, 600, 661, 890],
  )
})

test('a token of five seconds is renewed at half of its life', async () => {
  const { tokens, endpoint, clock } = createTestClient()
  endpoint.expiresIn = 5
  for (let tenth = 0; tenth < 100; tenth++) {
    await tokens.getToken()
    await clock.advance(0.1)
  }
  const distances = endpoint.requests.slice(1).map(({ atSeconds }, index) => atSeconds - endpoint.requests[index]!.atSeconds)
  assert.deepEqual(
    distances.map((distance) => distance.toFixed(1)),
    ['2.5', '2.5', '2.5'],
  )
})

test('abuse 244: a token of 300 s is not fetched again by every call', async () => {
  const { tokens, endpoint, clock } = createTestClient()
  for (let second = 0; second < 240; second++) {
    await tokens.getToken()
    await clock.advance(1)
  }
  assert.equal(endpoint.requests.length, 1)
})

for (const [expiresIn, lifetimeSeconds] of [
  [undefined, 60],
  [0, 60],
  [-300, 60],
  ['abc', 60],
  [Number.NaN, 60],
  ['300', 300],
  [10 ** 12, 86_400],
] as const)
  test(`abuse 245: expires_in ${String(expiresIn)} is read as a lifetime of ${lifetimeSeconds} s`, async () => {
    const { tokens, endpoint } = createTestClient()
    endpoint.expiresIn = expiresIn
    await tokens.getToken()
    assert.equal(tokens.status().expiresInSeconds, lifetimeSeconds)
  })

test('abuse 245: with the shortest lifetime there is at least one second between two requests, and no call fails', async () => {
  const { tokens, endpoint, clock } = createTestClient({ random: () => 0.99 })
  endpoint.expiresIn = 1
  for (let tick = 0; tick < 200; tick++) {
    const token = tokens.getToken()
    await clock.advance(0.05)
    void token.catch((error: unknown) => assert.fail(String(error)))
  }
  const times = endpoint.requests.map(({ atSeconds }) => atSeconds)
  for (const [index, at] of times.slice(1).entries()) assert.ok(at - times[index]! >= 0.999, `requests at ${times.join(', ')}`)
  assert.ok(times.length >= 9)
})

const faults: [what: string, fault: () => Promise<Response> | Response][] = [
  ['500', () => oauthError(500, 'server_error')],
  ['503', () => oauthError(503, 'temporarily_unavailable')],
  ['429', () => oauthError(429, 'too_many_requests')],
  ['a timeout', () => new Promise<Response>(() => {})],
  ['a reset', () => Promise.reject(new TypeError('fetch failed'))],
]
for (const [what, fault] of faults)
  test(`abuse 247: with ${what} at the renewal the current token is served until it expires`, async () => {
    const { tokens, endpoint, clock } = createTestClient()
    await tokens.getToken()
    await clock.advance(240)
    endpoint.answer = fault
    for (let second = 240; second < 300; second++) {
      assert.equal(await tokens.getToken(), 'token-1')
      await clock.advance(1)
    }
    assert.equal(tokens.status().token, 'expired')
    const expired = assert.rejects(tokens.getToken(), { name: 'TokenRequestError' })
    await clock.advance(10)
    await expired
  })

test('abuse 247: while the endpoint asks for a pause nothing is sent, and callers without a token get the remaining time', async () => {
  const { tokens, endpoint, clock } = createTestClient({ random: () => 0.5 })
  endpoint.answer = () => oauthError(503, 'temporarily_unavailable', { 'retry-after': '30' })
  await assert.rejects(tokens.getToken(), { code: 'temporarily_unavailable', retryAfterSeconds: 30 })
  await clock.advance(10)
  await assert.rejects(tokens.getToken(), (error: Error & { code?: string; retryAfterSeconds?: number }) => {
    assert.deepEqual([error.code, error.retryAfterSeconds], ['gated', 21])
    assert.match(error.message, /^The next token request is allowed in 21 s, because the last one failed: .* temporarily_unavailable/)
    return true
  })
  assert.equal(tokens.status().gatedSeconds, 21)
  assert.equal(endpoint.requests.length, 1)
  endpoint.answer = undefined
  await clock.advance(21)
  assert.equal(await tokens.getToken(), 'token-1')
  assert.equal(tokens.status().lastFailure, undefined)
})

test('abuse 247: an outage of an hour causes about one request in half a minute, at any traffic', async () => {
  const { tokens, endpoint, clock } = createTestClient({ random: () => 0.5 })
  endpoint.answer = () => oauthError(500, 'server_error')
  for (let second = 0; second < 3600; second++) {
    await assert.rejects(tokens.getToken())
    await clock.advance(1)
  }
  assert.ok(endpoint.requests.length <= 125, `${endpoint.requests.length} requests`)
})

test('abuse 247: an endpoint that fails every tenth time gets about a ninth more requests', async () => {
  const { tokens, endpoint, clock } = createTestClient()
  let issued = 0
  endpoint.answer = () =>
    endpoint.requests.length % 10 === 0 ? oauthError(503, 'temporarily_unavailable') : ((issued += 1), endpoint.issue())
  for (let second = 0; second < 8 * 3600; second++) {
    await tokens.getToken()
    await clock.advance(1)
  }
  assert.ok(endpoint.requests.length / issued <= 1.12, `${endpoint.requests.length} requests for ${issued} tokens`)
})

test('abuse 254: a caller that aborts changes nothing for the others', async () => {
  const { tokens, endpoint, clock } = createTestClient()
  const { answer, release } = createHeldAnswer()
  endpoint.answer = answer
  const abort = new AbortController()
  const impatient = tokens.getToken({ signal: abort.signal })
  const patient = tokens.getToken({ signal: new AbortController().signal })
  const indifferent = tokens.getToken()
  abort.abort(new Error('The user went away'))
  await assert.rejects(impatient, { message: 'The user went away' })
  await clock.advance(0)
  assert.equal(endpoint.requests[0]?.init.signal?.aborted, false)
  release(endpoint.issue())
  assert.deepEqual(await Promise.all([patient, indifferent]), ['token-1', 'token-1'])
  assert.equal(endpoint.requests.length, 1)
})

test('a call with an aborted signal sends nothing', async () => {
  const { tokens, endpoint } = createTestClient()
  await assert.rejects(tokens.getToken({ signal: AbortSignal.abort() }), { name: 'AbortError' })
  assert.equal(endpoint.requests.length, 0)
})

test('abuse 255: a process that was suspended past the expiry fetches a new token before it answers', async () => {
  const { tokens, clock } = createTestClient()
  await tokens.getToken()
  await clock.advance(5 * 3600)
  assert.equal(await tokens.getToken(), 'token-2')
})

test('abuse 256: the result of an old request after invalidate() is discarded, and its waiters get the newer token', async () => {
  const { tokens, endpoint, clock } = createTestClient()
  await tokens.getToken()
  await clock.advance(240)
  const old = createHeldAnswer()
  endpoint.answer = old.answer
  await tokens.getToken()
  await clock.advance(0)
  tokens.invalidate('token-1')
  endpoint.answer = undefined
  const newer = tokens.getToken()
  await clock.advance(1)
  assert.equal(await newer, 'token-2')
  old.release(Response.json({ access_token: 'stale', token_type: 'Bearer', expires_in: 300 }))
  await clock.advance(0)
  assert.equal(await tokens.getToken(), 'token-2')
})

test('abuse 256: the failure of an old request after updateSecret() neither closes the gate nor reaches its waiters', async () => {
  const { tokens, endpoint, clock } = createTestClient({ clientSecret: 'old' })
  const old = createHeldAnswer()
  endpoint.answer = old.answer
  const waiting = tokens.getToken()
  await clock.advance(2)
  tokens.updateSecret('new')
  endpoint.answer = undefined
  old.release(oauthError(401, 'invalid_client'))
  assert.equal(await waiting, 'token-1')
  assert.deepEqual(
    endpoint.requests.map(({ secret }) => secret),
    ['old', 'new'],
  )
  assert.equal(tokens.status().lastFailure, undefined)
})

test('invalidate() drops only the current token, and 10,000 rejections of it cause one token request', async () => {
  const { tokens, endpoint, clock } = createTestClient()
  await tokens.getToken()
  await clock.advance(100)
  tokens.invalidate('another-token')
  assert.equal(await tokens.getToken(), 'token-1')
  const renewed = Array.from({ length: 10_000 }, () => {
    tokens.invalidate('token-1')
    return tokens.getToken()
  })
  assert.deepEqual(new Set(await Promise.all(renewed)), new Set(['token-2']))
  assert.equal(endpoint.requests.length, 2)
})

test('a token that is rejected right after it was issued is replaced after the minimum of one second between requests', async () => {
  const { tokens, endpoint, clock } = createTestClient()
  await tokens.getToken()
  tokens.invalidate('token-1')
  const token = tokens.getToken()
  await clock.advance(0.9)
  assert.equal(endpoint.requests.length, 1)
  await clock.advance(0.1)
  assert.equal(await token, 'token-2')
})

test('the order of a scope does not matter for the cache, and another scope or resource has its own token', async () => {
  const { tokens, endpoint } = createTestClient({ scope: 'read write' })
  const own = await tokens.getToken()
  assert.equal(await tokens.getToken({ scope: 'write read' }), own)
  assert.equal(await tokens.getToken({ scope: 'read' }), 'token-2')
  assert.equal(await tokens.getToken({ scope: 'read' }), 'token-2')
  assert.equal(await tokens.getToken({ resource: 'https://api.example.com' }), 'token-3')
  assert.deepEqual(
    endpoint.requests.map(({ form }) => [form.get('scope'), form.get('resource')]),
    [
      ['read write', null],
      ['read', null],
      ['read write', 'https://api.example.com'],
    ],
  )
})

test('a rejected scope closes only its own gate', async () => {
  const { tokens, endpoint } = createTestClient()
  endpoint.answer = ({ form }) => (form.get('scope') === 'secret' ? oauthError(400, 'invalid_scope') : endpoint.issue())
  await assert.rejects(tokens.getToken({ scope: 'secret' }), { code: 'invalid_scope' })
  await assert.rejects(tokens.getToken({ scope: 'secret' }), { code: 'gated' })
  assert.equal(await tokens.getToken({ scope: 'public' }), 'token-1')
})

test('a success that was pending before another request was told to pause does not end the pause', async () => {
  const { tokens, endpoint, clock } = createTestClient()
  const slow = createHeldAnswer()
  endpoint.answer = slow.answer
  const token = tokens.getToken({ scope: 'slow' })
  await clock.advance(0)
  endpoint.answer = () => oauthError(429, 'too_many_requests', { 'retry-after': '30' })
  await assert.rejects(tokens.getToken({ scope: 'refused' }), { code: 'too_many_requests' })
  slow.release(endpoint.issue())
  assert.equal(await token, 'token-1')
  await assert.rejects(tokens.getToken({ scope: 'next' }), { code: 'gated', retryAfterSeconds: 30 })
})

test('abuse 260: of any number of scopes only the most recent keep their token, and the default scope always keeps its token', async () => {
  const { tokens, endpoint } = createTestClient()
  await tokens.getToken()
  for (let scope = 0; scope < 5000; scope++) await tokens.getToken({ scope: `scope-${scope}` })
  assert.equal(endpoint.requests.length, 5001)
  await tokens.getToken()
  for (let recent = 0; recent < maxFurtherSlots; recent++) await tokens.getToken({ scope: `scope-${4999 - recent}` })
  assert.equal(endpoint.requests.length, 5001)
  await tokens.getToken({ scope: 'scope-0' })
  assert.equal(endpoint.requests.length, 5002)
})

test('neither inspect nor JSON shows a secret or a token', async () => {
  const { tokens } = createTestClient({ clientSecret: ['s3cret', 'older-s3cret'] })
  await tokens.getToken()
  const shown = inspect(tokens, { depth: null, showHidden: true }) + JSON.stringify(tokens) + inspect(tokens.status()) + String(tokens)
  assert.doesNotMatch(shown, /s3cret|token-1/)
})

test('status reports the state of the token', async () => {
  const { tokens, endpoint, clock } = createTestClient()
  assert.deepEqual(tokens.status(), {
    token: 'none',
    expiresInSeconds: undefined,
    grantedScope: undefined,
    gatedSeconds: 0,
    lastFailure: undefined,
  })
  endpoint.answer = () => Response.json({ access_token: 'a', token_type: 'bearer', expires_in: 300, scope: 'profile email' })
  await tokens.getToken()
  const seen = [tokens.status()]
  for (const seconds of [240, 60]) {
    await clock.advance(seconds)
    seen.push(tokens.status())
  }
  assert.deepEqual(
    seen.map(({ token, expiresInSeconds, grantedScope }) => [token, expiresInSeconds, grantedScope]),
    [
      ['fresh', 300, 'profile email'],
      ['due', 60, 'profile email'],
      ['expired', 0, 'profile email'],
    ],
  )
})

test('fault 3.2: a young token that replaced a rejected one is not dropped, and an older one is', async () => {
  const { tokens, clock } = createTestClient()
  await tokens.getToken()
  await clock.advance(1)
  tokens.invalidate('token-1')
  assert.equal(await tokens.getToken(), 'token-2')
  await clock.advance(3)
  tokens.invalidate('token-2')
  assert.equal(await tokens.getToken(), 'token-2')
  await clock.advance(1)
  tokens.invalidate('token-2')
  assert.equal(await tokens.getToken(), 'token-3')
  await clock.advance(240)
  await tokens.getToken()
  await clock.advance(1)
  assert.equal(await tokens.getToken(), 'token-4', 'renewed in time, and not because it was rejected')
  tokens.invalidate('token-4')
  assert.equal(await tokens.getToken(), 'token-5')
})

test('settled() resolves when the renewal beside a call has ended, also if it failed', async () => {
  const { tokens, endpoint, clock } = createTestClient()
  await tokens.settled()
  await tokens.getToken()
  await clock.advance(240)
  for (const fails of [false, true]) {
    const held = createHeldAnswer()
    endpoint.answer = held.answer
    await tokens.getToken()
    let isSettled = false
    const settled = tokens.settled().then(() => void (isSettled = true))
    await clock.advance(1)
    assert.equal(isSettled, false)
    held.release(fails ? new Response(null, { status: 503 }) : endpoint.issue())
    await settled
    await clock.advance(240)
  }
})

test('a token request that does not end is given up: a worker drops it with the request that began it', async () => {
  // As in a worker: nothing that the dropped request waits for comes, not even the end of its time limit.
  const timers = { isDropped: true }
  const hand = createHandClock()
  const clock = { ...hand, startTimer: (callback: () => void, ms: number) => (timers.isDropped ? () => {} : hand.startTimer(callback, ms)) }
  const endpoint = createFakeTokenEndpoint(hand)
  endpoint.answer = () => new Promise(() => {})
  const tokens = createTokenProvider({ tokenUrl, clientId: 'acme', clientSecret: 's', clock, fetch: endpoint.fetch })
  void tokens.getToken()
  timers.isDropped = false
  endpoint.answer = undefined
  await hand.advance(59)
  assert.equal(endpoint.requests.length, 1)
  await hand.advance(1)
  assert.equal(await tokens.getToken(), 'token-1')
  assert.equal(await tokens.getToken(), 'token-1')
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TokenEvent } from './token-events.ts'
import type { TokenProviderOptions } from './options.ts'
import { createHeldAnswer, createTestClient, oauthError } from './token-endpoint.fixture.ts'

function createWatchedClient(options: Partial<TokenProviderOptions> = {}) {
  const events: TokenEvent[] = []
  return { ...createTestClient({ ...options, onEvent: (event) => void events.push(event) }), events }
}

const target = { scope: '', resource: undefined }

test('a first token, a renewal and a token after an expiry are told apart, with durations and request ids', async () => {
  const { tokens, clock, endpoint, events } = createWatchedClient()
  const getTokenIn = async (seconds: number) => {
    await clock.advance(seconds)
    const { answer, release } = createHeldAnswer()
    endpoint.answer = answer
    const token = tokens.getToken()
    await clock.advance(0.25)
    const response = endpoint.issue()
    response.headers.set('x-request-id', `request-${endpoint.requests.length}`)
    release(response)
    await token
    await clock.advance(0)
  }
  for (const seconds of [0, 240, 400]) await getTokenIn(seconds)
  const common = { ...target, durationMs: 250, expiresInSeconds: 300 }
  assert.deepEqual(events, [
    { type: 'requested', ...common, requestId: 'request-1' },
    { type: 'renewed', ...common, requestId: 'request-2' },
    { type: 'requested', ...common, requestId: 'request-3' },
  ])
})

test('a failure has its code, and the pause after it is one event for any number of calls', async () => {
  const { tokens, clock, endpoint, events } = createWatchedClient({ scope: 'orders' })
  endpoint.answer = () => oauthError(503, 'temporarily_unavailable', { 'retry-after': '5', 'x-request-id': 'r-1' })
  await assert.rejects(tokens.getToken())
  await Promise.all(Array.from({ length: 100 }, () => assert.rejects(tokens.getToken(), { code: 'gated' })))
  await clock.advance(0)
  const code = 'temporarily_unavailable'
  assert.deepEqual(events, [
    {
      type: 'failed',
      scope: 'orders',
      resource: undefined,
      code,
      status: 503,
      requestId: 'r-1',
      retryAfterSeconds: 5,
      durationMs: 0,
      hasToken: false,
    },
    { type: 'gated', scope: 'orders', resource: undefined, code, retryAfterSeconds: 5 },
  ])
})

test('a failed renewal says that callers still have a token', async () => {
  const { tokens, clock, endpoint, events } = createWatchedClient()
  await tokens.getToken()
  endpoint.answer = () => oauthError(500, 'server_error')
  await clock.advance(240)
  await tokens.getToken()
  await clock.advance(0)
  assert.partialDeepStrictEqual(events[1], { type: 'failed', code: 'server_error', hasToken: true })
})

test('a token that an API rejected is an event, also if it is kept', async () => {
  const { tokens, clock, events } = createWatchedClient()
  await tokens.getToken()
  await clock.advance(5)
  tokens.invalidate('token-1')
  tokens.invalidate('another')
  await tokens.getToken()
  await clock.advance(1)
  for (let call = 0; call < 100; call++) tokens.invalidate('token-2')
  await clock.advance(0)
  assert.deepEqual(
    events.filter(({ type }) => type === 'rejected'),
    [
      { type: 'rejected', ...target, ageSeconds: 5, kept: false },
      { type: 'rejected', ...target, ageSeconds: 1, kept: true },
    ],
  )
})

test('a switch to another secret is an event', async () => {
  const { tokens, clock, endpoint, events } = createWatchedClient({ clientSecret: ['new', 'old'] })
  let valid = 'old'
  endpoint.answer = ({ secret }) => (secret === valid ? endpoint.issue() : oauthError(401, 'invalid_client'))
  await tokens.getToken()
  valid = 'new'
  await clock.advance(300)
  await tokens.getToken()
  await clock.advance(0)
  assert.deepEqual(
    events.filter(({ type }) => type === 'secret-switched'),
    [{ type: 'secret-switched', to: 'newer' }],
  )
})

test('no event has a secret or a token in it, also if the server repeats them', async () => {
  const { tokens, clock, endpoint, events } = createWatchedClient({ clientSecret: () => 's3cret' })
  endpoint.answer = ({ secret = '' }) => oauthError(401, secret, { 'x-request-id': secret })
  await assert.rejects(tokens.getToken())
  await clock.advance(600)
  endpoint.answer = () => Response.json({ access_token: 'tok3n', token_type: 'Bearer' }, { headers: { 'x-request-id': 'tok3n' } })
  await tokens.getToken()
  tokens.invalidate('tok3n')
  await clock.advance(0)
  assert.deepEqual(
    events.map(({ type }) => type),
    ['credential-reread', 'failed', 'requested', 'rejected'],
  )
  assert.doesNotMatch(JSON.stringify(events), /s3cret|tok3n/)
})

for (const [what, onEvent] of [
  ['throws', () => assert.fail('a hook of a program')],
  ['rejects', () => Promise.reject(new Error('a hook of a program'))],
  ['never settles', () => new Promise(() => {})],
  ['changes the event', (event: TokenEvent) => Object.assign(event, { type: 'other' })],
] as const)
  test(`a hook that ${what} has no effect`, async () => {
    const { tokens, clock, endpoint } = createTestClient({ onEvent })
    assert.equal(await tokens.getToken(), 'token-1')
    await clock.advance(300)
    endpoint.answer = () => oauthError(503, 'temporarily_unavailable')
    await assert.rejects(tokens.getToken(), { code: 'temporarily_unavailable' })
    await clock.advance(0)
  })

test('onEvent must be a function', () => {
  assert.throws(() => createTestClient({ onEvent: {} as () => void }), {
    name: 'TypeError',
    message: /"onEvent" must be a function; found object/,
  })
})

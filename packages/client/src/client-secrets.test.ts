import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClientSecret } from './client-secrets.ts'
import type { TokenProviderOptions } from './options.ts'
import { TokenRequestError } from './token-request-error.ts'
import { createTestClient, oauthError } from './token-endpoint.fixture.ts'

/** A client in front of an endpoint that accepts the secrets in `valid`. */
function createRotatingClient(clientSecret: ClientSecret, options: Pick<TokenProviderOptions, 'random'> = {}) {
  const valid = new Set<string | undefined>()
  let proven = 0
  const client = createTestClient({ ...options, clientSecret, onSecretProven: () => (proven += 1) })
  client.endpoint.answer = ({ secret }) => (valid.has(secret) ? client.endpoint.issue() : oauthError(401, 'invalid_client'))
  return { ...client, valid, timesProven: () => proven, secretsSent: () => client.endpoint.requests.map(({ secret }) => secret) }
}

test('abuse 250: a secret that changes on disk is picked up without a restart', async () => {
  let onDisk = 'old'
  const { tokens, clock, valid, secretsSent, timesProven } = createRotatingClient(async () => onDisk)
  valid.add('old')
  await tokens.getToken()
  assert.equal(timesProven(), 0, 'the first secret of a process is no rotation')
  onDisk = 'new'
  valid.clear()
  valid.add('new')
  await clock.advance(240)
  await tokens.getToken()
  await clock.advance(0)
  assert.equal(await tokens.getToken(), 'token-2')
  assert.deepEqual(secretsSent(), ['old', 'new'])
  assert.equal(timesProven(), 1)
})

test('abuse 250: during an overlap both secrets are tried once, and the one that worked first for a minute', async () => {
  const { tokens, clock, valid, endpoint, secretsSent, timesProven } = createRotatingClient(['new', 'old'], { random: () => 0 })
  endpoint.expiresIn = 30
  valid.add('old')
  assert.equal(await tokens.getToken(), 'token-1')
  await clock.advance(30)
  assert.equal(await tokens.getToken(), 'token-2')
  assert.deepEqual(secretsSent(), ['new', 'old', 'old'])
  assert.equal(timesProven(), 0)
})

test('a newer secret that a node did not know yet is used, and reported as proven, from the next renewal on', async () => {
  const { tokens, clock, valid, secretsSent, timesProven } = createRotatingClient(['new', 'old'])
  valid.add('old')
  await tokens.getToken()
  valid.add('new')
  for (let renewal = 0; renewal < 2; renewal++) {
    await clock.advance(300)
    await tokens.getToken()
  }
  assert.deepEqual(secretsSent(), ['new', 'old', 'new', 'new'])
  assert.equal(timesProven(), 1)
})

test('a newer secret that stays rejected is retried with backoff, up to once an hour', async () => {
  const { tokens, clock, valid, secretsSent } = createRotatingClient(['new', 'old'])
  valid.add('old')
  const failedWithin = async (hours: number) => {
    const before = secretsSent().length
    for (let renewal = 0; renewal < hours * 12; renewal++) {
      await tokens.getToken()
      await clock.advance(300)
    }
    return secretsSent()
      .slice(before)
      .filter((secret) => secret === 'new').length
  }
  assert.ok((await failedWithin(3)) <= 8)
  assert.ok((await failedWithin(10)) <= 10)
})

test('another newer secret is tried at once, regardless of the result of the previous one', async () => {
  let stored: [string, string] = ['cancelled', 'old']
  const { tokens, clock, valid, secretsSent } = createRotatingClient(() => stored)
  valid.add('old').add('new')
  for (let renewal = 0; renewal < 4; renewal++) {
    await tokens.getToken()
    await clock.advance(300)
  }
  stored = ['new', 'old']
  await tokens.getToken()
  assert.equal(secretsSent().at(-1), 'new')
})

test('abuse 250: after the old secret is revoked the new one is used, and reported as proven once', async () => {
  const { tokens, clock, valid, secretsSent, timesProven } = createRotatingClient(['new', 'old'])
  valid.add('old')
  await tokens.getToken()
  valid.clear()
  valid.add('new')
  for (let renewal = 0; renewal < 3; renewal++) {
    await clock.advance(300)
    await tokens.getToken()
  }
  assert.deepEqual(secretsSent(), ['new', 'old', 'new', 'new', 'new'])
  assert.equal(timesProven(), 1)
})

test('the newer of two secrets is used first, because only its use proves it', async () => {
  const { tokens, clock, valid, secretsSent, timesProven } = createRotatingClient(['new', 'old'])
  valid.add('old').add('new')
  await tokens.getToken()
  await clock.advance(0)
  assert.deepEqual(secretsSent(), ['new'])
  assert.equal(timesProven(), 1)
})

test('with both secrets rejected there are two requests, and then a long pause', async () => {
  const { tokens, clock, secretsSent } = createRotatingClient(['new', 'old'])
  await assert.rejects(tokens.getToken(), { code: 'invalid_client' })
  await assert.rejects(tokens.getToken(), { code: 'gated' })
  await clock.advance(0.5)
  await assert.rejects(tokens.getToken(), { code: 'gated' })
  assert.deepEqual(secretsSent(), ['new', 'old'])
})

test('an error other than invalid_client does not try the other secret', async () => {
  const { tokens, endpoint } = createRotatingClient(['new', 'old'])
  endpoint.answer = () => oauthError(503, 'temporarily_unavailable')
  await assert.rejects(tokens.getToken(), { code: 'temporarily_unavailable' })
  assert.equal(endpoint.requests.length, 1)
})

test('updateSecret keeps the current token, and the next call proves the new secret in the background', async () => {
  const { tokens, clock, valid, secretsSent, timesProven } = createRotatingClient('old')
  valid.add('old').add('new')
  await tokens.getToken()
  await clock.advance(10)
  tokens.updateSecret('new')
  assert.equal(await tokens.getToken(), 'token-1')
  await clock.advance(0)
  assert.equal(await tokens.getToken(), 'token-2')
  assert.deepEqual(secretsSent(), ['old', 'new'])
  assert.equal(timesProven(), 1)
})

test('a wrong secret is not retried during the pause, and updateSecret ends the pause', async () => {
  const { tokens, clock, valid, endpoint } = createRotatingClient('wrong', { random: () => 0.5 })
  for (let second = 0; second < 3600; second++) {
    await assert.rejects(tokens.getToken())
    await clock.advance(1)
  }
  assert.ok(endpoint.requests.length <= 30, `${endpoint.requests.length} failed logins within an hour`)
  valid.add('right')
  tokens.updateSecret('right')
  assert.equal(await tokens.getToken(), 'token-1')
})

test('updateSecret does not end a pause that the server requested', async () => {
  const { tokens, endpoint } = createRotatingClient('old')
  endpoint.answer = () => oauthError(429, 'too_many_requests', { 'retry-after': '20' })
  await assert.rejects(tokens.getToken(), { code: 'too_many_requests' })
  tokens.updateSecret('new')
  await assert.rejects(tokens.getToken(), { code: 'gated', retryAfterSeconds: 20 })
})

test('updateSecret rejects an invalid secret and keeps the old one', async () => {
  const { tokens, valid } = createRotatingClient('old')
  valid.add('old')
  assert.throws(() => tokens.updateSecret(''), { name: 'TypeError', message: /"clientSecret" must be .*; found an empty string/ })
  assert.equal(await tokens.getToken(), 'token-1')
})

test('an unreadable secret is an error without a quote of the cause, and the file is not read for every call', async () => {
  let reads = 0
  const { tokens, clock, endpoint } = createTestClient({
    clientSecret: () => {
      reads += 1
      throw Object.assign(new Error('ENOENT: no such file s3cret'), { code: 'ENOENT' })
    },
  })
  await assert.rejects(tokens.getToken(), (error: TokenRequestError) => {
    assert.deepEqual([error.code, error.cause], ['secret_unavailable', undefined])
    return /\(ENOENT\)/.test(error.message) && !error.message.includes('s3cret')
  })
  await assert.rejects(tokens.getToken(), { code: 'gated' })
  await clock.advance(1)
  await assert.rejects(tokens.getToken(), { code: 'secret_unavailable' })
  assert.deepEqual({ reads, requests: endpoint.requests.length }, { reads: 2, requests: 0 })
})

test('a function that returns no secret is an error that names the expected value', async () => {
  const { tokens } = createTestClient({ clientSecret: (() => undefined) as unknown as () => string })
  await assert.rejects(tokens.getToken(), (error: Error) => /must be a non-empty string/.test((error.cause as Error).message))
})

const damaged = {
  'white space at its end': 'csk_canary ',
  'the "\\r" of a file from Windows': 'csk_canary\r',
  'a byte order mark': '\uFEFFcsk_canary',
  'the bytes of UTF-16': 'c\0s\0k\0_\0canary\0',
  'typographic quotation marks': '“csk_canary”',
}
for (const [what, secret] of Object.entries(damaged)) {
  const isNamed = (error: Error) =>
    /"clientSecret" (?:contains|begins)/.test(error.message) && !JSON.stringify([error.message, error.stack]).includes('canary')

  test(`fault 7.12: a secret with ${what} is refused as an option and in updateSecret(), and not repeated`, () => {
    assert.throws(() => createTestClient({ clientSecret: secret }), isNamed)
    assert.throws(() => createTestClient({ clientSecret: ['csk_fine', secret] }), isNamed)
    const { tokens } = createTestClient()
    assert.throws(() => tokens.updateSecret(secret), isNamed)
  })

  test(`fault 7.12: a secret with ${what} from a function is named, and never sent`, async () => {
    const { tokens, endpoint } = createTestClient({ clientSecret: async () => ['csk_fine', secret] })
    await assert.rejects(tokens.getToken(), (error: TokenRequestError) => error.code === 'secret_unavailable' && isNamed(error))
    assert.equal(endpoint.requests.length, 0)
  })
}

test('fault 7.12: a client id with a line end is named', () => {
  assert.throws(() => createTestClient({ clientId: 'api-client-acme\r' }), /"clientId" contains a line end/)
})

test('abuse 250: a function that never returns its secret holds callers for five seconds, and is called again', async () => {
  let isReachable = false
  const never = new Promise<string>(() => {})
  const { tokens, clock, valid, secretsSent } = createRotatingClient(() => (isReachable ? 'old' : never), { random: () => 0 })
  valid.add('old')
  const refused = assert.rejects(tokens.getToken(), {
    code: 'secret_unavailable',
    message: /could not be read \(it took longer than 5 s\)/,
  })
  await clock.advance(5)
  await refused
  isReachable = true
  await clock.advance(1)
  assert.equal(await tokens.getToken(), 'token-1')
  assert.deepEqual([secretsSent(), clock.pendingTimers()], [['old'], 0])
})

test('abuse 250: a function that hangs when a secret was refused does not delay the error for longer than five seconds', async () => {
  let calls = 0
  const { tokens, clock } = createRotatingClient(() => (calls++ === 0 ? 'old' : new Promise(() => {})))
  const refused = assert.rejects(tokens.getToken(), { code: 'invalid_client' })
  await clock.advance(5)
  await refused
})

for (const [what, fail] of Object.entries({
  throws: () => {
    throw new Error('of the program')
  },
  rejects: () => Promise.reject(new Error('of the program')),
}))
  test(`an onSecretProven that ${what} neither fails the token request nor ends the process`, async () => {
    const { tokens, endpoint, clock } = createTestClient({ clientSecret: ['new', 'old'], onSecretProven: fail as () => void })
    assert.equal(await tokens.getToken(), 'token-1')
    await clock.advance(1)
    assert.equal(endpoint.requests.length, 1)
  })

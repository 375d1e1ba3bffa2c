import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { formatBasic } from '@countersign/protocol'
import { createRotatingClient, issuer, problem } from './rotation-server.fixture.ts'
import type { RotationProgress, SecretRotationOptions } from './rotation-options.ts'
import { SecretRotationError } from './secret-rotation-error.ts'

const old = 'secret-1-1001'
const next = 'secret-2-1002'
const later = 'secret-3-1003'

test('the new secret is stored, proven, confirmed once the old one is no longer in use, and then stored alone', async () => {
  const { run, server, saves, steps } = createRotatingClient()
  assert.deepEqual(await run(), { state: 'rotated', secretId: 'id-2', confirmableAt: null, windowEndsAt: null })
  assert.deepEqual(saves, [[next, old], [next]])
  assert.deepEqual(
    server.held.map(({ text }) => text),
    [next],
  )
  assert.deepEqual(steps(), ['stored', 'proven', 'waiting', 'confirmed'])
})

test('after the new secret is proven, every token is requested with it', async () => {
  const { run, server } = createRotatingClient()
  await run()
  assert.deepEqual(server.requests.filter((request) => request.startsWith('token')).slice(0, 2), [`token ${old}`, `token ${next}`])
  assert.equal(server.requests.filter((request) => request === `token ${old}`).length, 1)
})

test('changes are authenticated by a secret: the start by the old one, the confirmation by the new one', async () => {
  const { run, server } = createRotatingClient()
  await run()
  const by = (clientSecret: string) => formatBasic({ clientId: 'api-client-acme', clientSecret })
  assert.deepEqual(
    server.changes.map(({ authorization, form }) => [authorization, form]),
    [
      [by(old), ''],
      [by(next), ''],
    ],
  )
})

test('with "clientAuthentication: body" secrets and window are sent in a form', async () => {
  const { run, server } = createRotatingClient()
  await run({ clientAuthentication: 'body', window: 900_000 })
  const form = (clientSecret: string) => `client_id=api-client-acme&client_secret=${clientSecret}`
  assert.deepEqual(
    server.changes.map(({ authorization, form }) => [authorization, form]),
    [
      [null, `${form(old)}&window=900000`],
      [null, form(next)],
    ],
  )
})

test('progress names the reason for the wait, its length, and the last use of the old secret', async () => {
  const { run, progress, clock } = createRotatingClient()
  const usedAt = new Date(clock.now()).toISOString()
  await run()
  const waiting = progress.find(({ step }) => step === 'waiting') as RotationProgress & { step: 'waiting' }
  assert.equal(waiting.reason, 'old-secret-in-use')
  assert.ok(waiting.seconds > 290 && waiting.seconds <= 301, String(waiting.seconds))
  assert.equal(waiting.oldSecretLastUsedAt, usedAt)
  assert.ok(Date.parse(waiting.until) >= Date.parse(usedAt) + 300_000)
})

test('with a Date header that is a second late it waits once, not until the header has caught up', async () => {
  const { run, server, clock, steps } = createRotatingClient()
  const fetch: typeof server.fetch = async (url, init) => {
    const response = await server.fetch(url, init)
    response.headers.set('date', new Date(clock.now() - 1999).toUTCString())
    return response
  }
  await run({ fetch })
  assert.deepEqual(steps(), ['stored', 'proven', 'waiting', 'confirmed'])
})

test('a quiet period of many hours is split into several timers', async () => {
  const { begin, clock, server, progress } = createRotatingClient()
  let isQuiet = false
  const inTenHours = new Date(clock.now() + 36_000_000).toISOString()
  server.intercept = (request) => (request === 'POST /confirm' && !isQuiet ? problem(409, 'old-secret-in-use') : undefined)
  const fetch: typeof server.fetch = async (url, init) => {
    const response = await server.fetch(url, init)
    const body = response.headers.has('date') ? ((await response.clone().json()) as { state: string }) : undefined
    return body?.state === 'overlapping' ? Response.json({ ...body, confirmableAt: inTenHours }, response) : response
  }
  const result = begin({ fetch })
  await clock.advance(36_001)
  isQuiet = true
  await clock.advance(10)
  assert.equal((await result).state, 'rotated')
  assert.ok(progress.filter(({ step }) => step === 'waiting').length <= 12)
})

test('an instance that still uses the old secret delays the confirmation, and nothing fails', async () => {
  const { begin, clock, server, steps } = createRotatingClient()
  const result = begin()
  for (let minute = 0; minute < 20; minute++) {
    await clock.advance(60)
    assert.ok(server.use(minute < 10 ? old : next))
  }
  assert.equal((await result).state, 'rotated')
  assert.ok(steps().filter((step) => step === 'waiting').length >= 2)
})

test('a window that ends during the wait completes the rotation as well', async () => {
  const { begin, clock, server, saves } = createRotatingClient()
  const result = begin({ window: 900 })
  for (let second = 0; second < 1500; second += 5) {
    await clock.advance(5)
    server.use(old)
  }
  assert.equal((await result).state, 'rotated')
  assert.deepEqual(saves.at(-1), [next])
})

test('with "wait: false" it returns while both secrets are valid, and a later run ends the old one', async () => {
  const { begin, clock, server, saves, ...client } = createRotatingClient()
  const first = await begin({ wait: false })
  assert.equal(first.state, 'overlapping')
  assert.equal(first.secretId, 'id-2')
  assert.notEqual(first.confirmableAt, null)
  assert.notEqual(first.windowEndsAt, null)
  assert.equal((await begin({ wait: false })).state, 'overlapping')
  await clock.advance(400)
  assert.equal((await begin({ wait: false })).state, 'rotated')
  assert.deepEqual(saves, [[next, old], [next]])
  assert.equal(server.requests.filter((request) => request === 'POST').length, 1)
  assert.deepEqual(client.steps().at(-1), 'confirmed')
})

test('with "onlyIfDue" no rotation starts before the server reports it as due', async () => {
  const { begin, run, server, saves } = createRotatingClient()
  assert.deepEqual(await begin({ onlyIfDue: true }), { state: 'not-due', secretId: 'id-1', confirmableAt: null, windowEndsAt: null })
  assert.deepEqual(saves, [])
  server.isDue = true
  assert.equal((await run({ onlyIfDue: true })).state, 'rotated')
})

test('with "onlyIfDue" a started rotation is finished', async () => {
  const { begin, run, clock, server } = createRotatingClient()
  await begin({ wait: false })
  await clock.advance(400)
  assert.equal((await run({ onlyIfDue: true })).state, 'rotated')
  assert.equal(server.held.length, 1)
})

/** The requests of an undisturbed run; each is lost once on the way to the server and once on the way back. */
const requestsOfARun = await (async () => {
  const { run, server } = createRotatingClient()
  await run()
  return server.requests.length
})()

const ways: Record<string, Partial<SecretRotationOptions>> = {
  'by the issuer': {},
  'by the token URL, in a form': { tokenUrl: 'https://auth.example.com/token', clientAuthentication: 'body' },
}
const deadly = Object.keys(ways).flatMap((way) => Array.from({ length: requestsOfARun }, (_, fatal) => ({ way, fatal })))
for (const { way, fatal } of deadly) {
  for (const lost of ['request', 'response'] as const) {
    test(`${way}: killed when ${lost} ${fatal + 1} of ${requestsOfARun} is lost, the next runs finish it, and the stored secrets always work`, async () => {
      const client = createRotatingClient()
      const { server } = client
      let dies = true
      const fetch: typeof server.fetch = async (url, init) => {
        // From here on: a lost token request is retried once.
        if (dies && server.requests.length >= fatal && !url.endsWith('openid-configuration')) {
          if (lost === 'response') await server.fetch(url, init)
          throw new TypeError('fetch failed', { cause: Object.assign(new Error('gone'), { code: 'ECONNRESET' }) })
        }
        return server.fetch(url, init)
      }
      await assert.rejects(client.run({ ...ways[way], fetch }), { code: 'network' })
      dies = false
      assert.ok(client.stored.some((secret) => server.held.some(({ text }) => text === secret)))
      await client.clock.advance(60)
      assert.equal((await client.run(ways[way])).state, 'rotated')
      assert.deepEqual(
        client.stored,
        server.held.map(({ text }) => text),
      )
      assert.notDeepEqual(client.stored, [old])
    })
  }
}

const deaths = ['before the first save', 'after the first save', 'before the last save', 'after the last save'] as const
for (const death of deaths) {
  test(`killed ${death}, the next run finishes`, async () => {
    const client = createRotatingClient()
    const { server } = client
    const isFirst = death.includes('first')
    const save: SecretRotationOptions['save'] = (secrets) => {
      const isFatal = isFirst === (secrets.length === 2)
      if (isFatal && death.startsWith('before')) return new Promise(() => {})
      client.stored = secrets
      return isFatal ? new Promise(() => {}) : undefined
    }
    void client.begin({ save }) // Never settles: this process was killed.
    await client.clock.advance(1)
    for (let second = 0; second < 400; second++) await client.clock.advance(1)
    assert.ok(client.stored.some((secret) => server.held.some(({ text }) => text === secret)))
    await client.run({ onlyIfDue: true })
    assert.deepEqual(
      client.stored,
      server.held.map(({ text }) => text),
    )
    assert.deepEqual(client.stored, [death === 'before the first save' ? later : next])
  })
}

test('if save fails, the rotation is cancelled and the error is rethrown', async () => {
  const { begin, server, stored } = createRotatingClient()
  const full = new Error('disk full')
  await assert.rejects(begin({ save: () => Promise.reject(full) }), full)
  assert.deepEqual(
    server.held.map(({ text }) => text),
    [old],
  )
  assert.deepEqual(stored, [old])
})

for (const step of ['stored', 'proven', 'waiting', 'confirmed']) {
  test(`aborted at "${step}", it rejects with the reason, and the next run finishes`, async () => {
    const { run, server, ...client } = createRotatingClient()
    const abort = new AbortController()
    const reason = new Error('shutting down')
    const onProgress = (progress: RotationProgress) => void (progress.step === step && abort.abort(reason))
    const first = run({ signal: abort.signal, onProgress })
    if (step === 'confirmed') assert.equal((await first).state, 'rotated', 'too late: only the last save was missing')
    else await assert.rejects(first, reason)
    assert.ok((await run({ onlyIfDue: true })).state !== 'overlapping')
    assert.deepEqual(
      server.held.map(({ text }) => text),
      [next],
    )
    assert.deepEqual(client.saves.at(-1), [next])
  })
}

test('an abort during the wait leaves no timer', async () => {
  const { begin, clock } = createRotatingClient()
  const abort = new AbortController()
  const result = begin({ signal: abort.signal })
  await clock.advance(5)
  assert.equal(clock.pendingTimers(), 1)
  abort.abort()
  await assert.rejects(result, { name: 'AbortError' })
  assert.equal(clock.pendingTimers(), 0)
})

test('aborted while the server issues the new secret, it stores the secret first', async () => {
  const { begin, server, saves } = createRotatingClient()
  const abort = new AbortController()
  server.intercept = (request) => void (request === 'POST' && abort.abort())
  await assert.rejects(begin({ signal: abort.signal }), { name: 'AbortError' })
  assert.deepEqual(saves, [[next, old]])
})

test('a rotation whose new secret is used by another process is left alone', async () => {
  const { begin, server, saves } = createRotatingClient()
  server.use(server.start())
  await assert.rejects(begin(), {
    name: 'SecretRotationError',
    code: 'rotation-in-progress',
    message: /not stored here\. Nothing was changed\./,
  })
  assert.deepEqual([server.held.length, saves], [2, []])
  assert.deepEqual(server.requests, [`token ${old}`, 'GET'])
})

test('for a rotation that has just started it waits, and leaves it alone once its secret is in use', async () => {
  const { begin, server, clock, progress } = createRotatingClient()
  const others = server.start('client')
  const result = begin()
  await clock.advance(5)
  assert.equal(progress[0]?.step === 'waiting' && progress[0].reason, 'other-run')
  server.use(others)
  result.catch(() => {})
  await clock.advance(60)
  await assert.rejects(result, { code: 'rotation-in-progress' })
  assert.equal(server.held.length, 2)
})

test('with "wait: false" a rotation that has just started is an error that says when to run again', async () => {
  const { begin, server } = createRotatingClient()
  server.start('client')
  await assert.rejects(begin({ wait: false }), {
    code: 'rotation-in-progress',
    message: /In \d+ s it counts as abandoned and can be started again\. Run it again after that time\./,
  })
})

test('a rotation whose new secret was never stored is cancelled and started again', async () => {
  const { run, server, saves, steps, clock } = createRotatingClient()
  server.start('client')
  await clock.advance(3600)
  assert.equal((await run()).state, 'rotated')
  assert.deepEqual(saves, [[later, old], [later]])
  assert.equal(steps()[0], 'abandoned-rotation-cancelled')
})

for (const started of ['only just now', 'an hour ago'] as const) {
  test(`fault 1.7: a rotation that the operator has started ${started} is left alone, without an error as long as it is not due`, async () => {
    const { begin, server, clock, saves } = createRotatingClient()
    server.start('operator')
    if (started === 'an hour ago') await clock.advance(3600)
    const notDue = await begin({ onlyIfDue: true })
    assert.deepEqual([notDue.state, server.held.length], ['not-due', 2])
    for (const options of [{}, { wait: false }, { onlyIfDue: true }]) {
      server.isDue = 'onlyIfDue' in options
      await assert.rejects(begin(options), {
        code: 'rotation-of-the-operator',
        message: /The operator started a rotation at 1970-01-01T00:16:40\.000Z .* Nothing was changed\. Ask the operator/,
      })
    }
    assert.deepEqual([server.held.length, server.changes, saves], [2, [], []])
  })
}

test('fault 1.7: a rotation without information about who started it is left alone', async () => {
  const { begin, server } = createRotatingClient()
  server.start()
  const fetch: typeof server.fetch = async (url, init) => {
    const response = await server.fetch(url, init)
    return url.endsWith('secret-rotation')
      ? Response.json({ ...((await response.json()) as object), startedBy: undefined }, response)
      : response
  }
  await assert.rejects(begin({ fetch }), { code: 'server-too-old' })
  assert.equal(server.held.length, 2)
})

for (const code of ['malformed-authorization', 'missing-token'])
  test(`a server of 0.1.0, which accepts only tokens and answers ${code}, is named in the error`, async () => {
    const { begin, server } = createRotatingClient()
    server.intercept = (request) => (request === 'POST' ? problem(401, code) : undefined)
    await assert.rejects(begin(), { code: 'server-too-old', message: /takes tokens alone\. Update the server/ })
  })

test('a rotation by the operator whose new secret is stored alone is finished', async () => {
  const client = createRotatingClient()
  client.stored = [client.server.start()]
  assert.equal((await client.run()).state, 'rotated')
  assert.deepEqual(client.saves, [[next]])
})

test('a stored new secret whose rotation was cancelled is replaced by another', async () => {
  const client = createRotatingClient()
  client.stored = [client.server.start(), old]
  client.server.cancel()
  assert.equal((await client.run()).state, 'rotated')
  assert.deepEqual(client.saves, [[later, old], [later]])
})

test('if the window of a stored pair ended long ago, a new rotation is started', async () => {
  const { begin, run, clock, saves } = createRotatingClient()
  await begin({ wait: false })
  await clock.advance(30 * 86_400)
  assert.equal((await run()).state, 'rotated')
  assert.deepEqual(saves, [[next, old], [next], [later, next], [later]])
})

test('a request to a node that does not know the new secret yet is repeated', async () => {
  const { run, server } = createRotatingClient()
  let refusals = 0
  server.intercept = (request) => (request === `token ${next}` && refusals++ < 2 ? problem(401, 'invalid-client') : undefined)
  assert.equal((await run()).state, 'rotated')
})

test('a stored new secret that a node does not know yet is retried, and not treated as lost', async () => {
  const { begin, run, server, clock, saves } = createRotatingClient()
  await begin({ wait: false })
  await clock.advance(400)
  let refusals = 0
  server.intercept = (request) => (request === `token ${next}` && refusals++ < 2 ? problem(401, 'invalid-client') : undefined)
  assert.equal((await run()).state, 'rotated')
  assert.deepEqual(saves, [[next, old], [next]])
})

test('a new secret that stays rejected is an error after four attempts, and both secrets are stored', async () => {
  const { run, server, saves } = createRotatingClient()
  server.intercept = (request) => (request === `token ${next}` ? problem(401, 'invalid-client') : undefined)
  await assert.rejects(run(), { code: 'new-secret-refused', message: /Run it again: the old secret is still good/ })
  assert.equal(server.requests.filter((request) => request === `token ${next}`).length, 4)
  assert.deepEqual(saves, [[next, old]])
})

test('the old secret is not ended as long as the store does not return the new one', async () => {
  const { run, server } = createRotatingClient()
  await assert.rejects(run({ save: () => {} }), { code: 'secret-not-stored', message: /save\(\) .* "clientSecret"/ })
  assert.equal(server.held.length, 2)
})

for (const tokenLifetimeSeconds of [300, 3600]) {
  test(`a rotation that another party replaces during the wait is left alone, with tokens of ${tokenLifetimeSeconds} s`, async () => {
    const { begin, server, clock, stored } = createRotatingClient()
    server.tokenLifetimeSeconds = tokenLifetimeSeconds
    const result = begin()
    result.catch(() => {})
    await clock.advance(5)
    server.cancel()
    server.use(server.start())
    await clock.advance(320)
    // A token of the cancelled secret is accepted until it expires.
    await assert.rejects(result, { code: tokenLifetimeSeconds === 3600 ? 'rotation-in-progress' : 'invalid_client' })
    assert.deepEqual(
      server.held.map(({ text }) => text),
      [later, ...stored],
    )
  })
}

test('a server that never records the use of the new secret is polled a few times', async () => {
  const { run, server } = createRotatingClient()
  server.intercept = (request) => (request === 'POST /confirm' ? problem(409, 'new-secret-unproven') : undefined)
  await assert.rejects(run(), { code: 'new-secret-unproven' })
  assert.equal(server.requests.filter((request) => request === 'POST /confirm').length, 6)
})

test('the error contains code, status, remedy and page of the problem', async () => {
  const { begin, server } = createRotatingClient()
  server.intercept = (request) => (request === 'POST' ? problem(409, 'rotation-in-progress') : undefined)
  await assert.rejects(begin(), {
    name: 'SecretRotationError',
    code: 'rotation-in-progress',
    status: 409,
    remedy: 'Remedy of rotation-in-progress.',
    message:
      '"https://auth.example.com/realms/nt24-idp/v1/me/secret-rotation" returned an error: rotation-in-progress. About rotation-in-progress. ' +
      'Remedy of rotation-in-progress. See https://auth.example.com/problems/rotation-in-progress',
  })
})

test('the error contains the Retry-After of a server that limits the steps of a rotation', async () => {
  const { begin, server } = createRotatingClient()
  const limited = () => Response.json({}, { status: 429, headers: { 'retry-after': '90' } })
  server.intercept = (request) => (request === 'POST' ? limited() : undefined)
  await assert.rejects(begin(), { name: 'SecretRotationError', status: 429, retryAfterSeconds: 90 })
})

const strangeAnswers: Record<string, readonly [() => Response, code: string]> = {
  'a page of a proxy': [() => new Response('<h1>hello</h1>'), 'invalid_response'],
  'an array': [() => Response.json([]), 'invalid_response'],
  'an unknown state': [() => Response.json({ state: 'odd', secrets: [], due: {} }), 'invalid_response'],
  'no secrets': [() => Response.json({ state: 'stable', secrets: [], due: { isDue: false } }), 'unknown-secret'],
  'a 404': [() => new Response('', { status: 404 }), 'not-found'],
  'a 500': [() => new Response('', { status: 500 }), 'invalid_response'],
  'a redirect': [() => new Response(null, { status: 302, headers: { location: 'https://evil.example' } }), 'redirect'],
}
for (const [what, [answer, code]] of Object.entries(strangeAnswers)) {
  test(`${what} instead of the rotation is the error "${code}", and nothing is started`, async () => {
    const { begin, server } = createRotatingClient()
    server.intercept = (request) => (request === 'GET' ? answer() : undefined)
    await assert.rejects(begin(), { name: 'SecretRotationError', code })
    assert.deepEqual(server.requests, [`token ${old}`, 'GET'])
  })
}

test('a start whose response lacks the secret is an error, and the next run starts again', async () => {
  const { begin, run, server, clock } = createRotatingClient()
  const rotation = { state: 'issued', secrets: [], startedAt: null, due: { isDue: false }, clientSecret: null }
  server.intercept = (request) => (request === 'POST' ? (server.start('client'), Response.json(rotation, { status: 201 })) : undefined)
  await assert.rejects(begin(), { code: 'new-secret-not-shown' })
  server.intercept = () => undefined
  await clock.advance(60)
  assert.equal((await run()).state, 'rotated')
})

test('no error contains a secret, even if the server echoes it', async () => {
  const { begin, server } = createRotatingClient()
  server.intercept = (request) => (request === 'POST' ? Response.json({ detail: `You are ${old}` }, { status: 400 }) : undefined)
  await assert.rejects(
    begin(),
    (error) => error instanceof SecretRotationError && !inspect(error, { depth: 9, showHidden: true }).includes(old),
  )
})

test('a secret that the server rejects is the error of the token request', async () => {
  const client = createRotatingClient()
  client.stored = ['wrong', 'stale']
  await assert.rejects(client.begin(), { name: 'TokenRequestError', code: 'invalid_client' })
})

const wrongOptions: Record<string, readonly [object, RegExp]> = {
  'an unknown one': [{ sav: 1 }, /rotateSecret: unknown option "sav"/],
  'no save': [{ save: undefined }, /"save" must be a function; found undefined/],
  'a window in words': [{ window: '7d' }, /"window" must be a whole number of seconds above 0; found string/],
  'a wait that is a number': [{ wait: 0 }, /"wait" must be true or false; found number/],
  'a rotation URL without TLS': [{ rotationUrl: 'http://auth.example.com/x' }, /"rotationUrl" must be an absolute https URL/],
  'an issuer without TLS': [{ issuer: 'http://auth.example.com' }, /"issuer" must be an absolute https URL/],
  'an empty secret': [{ clientSecret: '' }, /"clientSecret" must be a non-empty string/],
}
for (const [what, [options, message]] of Object.entries(wrongOptions)) {
  test(`${what} among the options is rejected before anything is sent`, async () => {
    const { begin, server } = createRotatingClient()
    await assert.rejects(begin(options), { name: 'TypeError', message })
    assert.deepEqual(server.requests, [])
  })
}

test('with a token URL, the rotation is read at the root of its server and changed at the path named there', async () => {
  const { run, server } = createRotatingClient()
  assert.equal((await run({ tokenUrl: 'https://auth.example.com/token' })).state, 'rotated')
  assert.deepEqual(
    server.changes.map(({ url }) => url),
    [`${issuer}/v1/me/secret-rotation`, `${issuer}/v1/me/secret-rotation/confirm`],
  )
})

const elsewhere = [
  'https://evil.example/v1/me/secret-rotation',
  '//evil.example/x',
  'http://auth.example.com/x',
  '/x?to=y',
  '/x#y',
  'https://',
]
for (const contentLocation of elsewhere) {
  test(`fault 1.1: no secret is sent to "${contentLocation}", even if the root names it as the path for changes`, async () => {
    const { begin, server } = createRotatingClient()
    server.contentLocation = contentLocation
    await assert.rejects(begin({ tokenUrl: 'https://auth.example.com/token' }), { code: 'no-self-service-here', status: 405 })
    assert.deepEqual(
      server.changes.map(({ url }) => url),
      ['https://auth.example.com/v1/me/secret-rotation'],
    )
  })
}

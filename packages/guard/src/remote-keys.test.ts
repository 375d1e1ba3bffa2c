import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aClock, aSigningKey, issuer } from './guard.fixture.ts'
import { aGate, aRemoteServer, discoveryUrl, json, jwksUrl } from './remote.fixture.ts'
import { createRemoteKeys } from './remote-keys.ts'

const key = aSigningKey('ES256', 'key-1')
const newKey = aSigningKey('ES256', 'key-2')

function aKeySource(options: { random?: () => number; jwksUri?: string } = {}) {
  const clock = aClock()
  const server = aRemoteServer(key)
  const alarms: string[] = []
  /** What waits; the test ends it. */
  const timers: (() => void)[] = []
  const keys = createRemoteKeys({
    issuer,
    fetch: server.fetch,
    clock: clock.steady,
    random: () => 0,
    onError: (error) => alarms.push(error.message),
    startTimer: (end) => (timers.push(end), () => {}),
    ...options,
  })
  const publish = (...published: (typeof key)[]) => server.answer(jwksUrl, () => json({ keys: published.map(({ jwk }) => jwk) }))
  return { alarms, clock, keys, publish, server, timers, kidOf: async (kid: string) => (await keys.find(kid))?.kid }
}

const down = () => new Response(null, { status: 503 })
const settled = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)))

test('keys are found by discovery, and fetched once for concurrent callers', async () => {
  const { kidOf, server } = aKeySource()
  await Promise.all(Array.from({ length: 100 }, () => kidOf('key-1')))
  assert.equal(server.calls(discoveryUrl), 1)
  assert.equal(server.calls(jwksUrl), 1)
})

test('keys are refreshed ahead of time, and no caller waits', async () => {
  const { clock, kidOf, server } = aKeySource()
  await kidOf('key-1')
  clock.advance(240)
  assert.equal(await kidOf('key-1'), 'key-1')
  await settled()
  assert.equal(server.calls(jwksUrl), 2)
})

test('abuse 127: if the server is down, cached keys verify for a day beyond their freshness and no longer, and onError is called', async () => {
  const { alarms, clock, kidOf, keys, server } = aKeySource()
  await kidOf('key-1')
  server.answer(jwksUrl, down)
  server.answer(discoveryUrl, down)
  for (let hour = 0; hour < 24; hour++) {
    clock.advance(3600)
    assert.equal(await kidOf('key-1'), 'key-1')
    await settled()
  }
  assert.ok(alarms.length >= 24)
  clock.advance(300)
  await assert.rejects(keys.find('key-1') as Promise<unknown>)
})

test('abuse 129: a storm of unknown key ids causes one fetch per 30 seconds, and tokens of known keys are unaffected', async () => {
  const { clock, kidOf, server } = aKeySource()
  await kidOf('key-1')
  for (let second = 0; second < 100; second++) {
    clock.advance(1)
    const ids = Array.from({ length: 100 }, (_, i) => `forged-${second}-${i}`)
    assert.deepEqual([...new Set(await Promise.all(ids.map(kidOf)))], [undefined])
    assert.equal(await kidOf('key-1'), 'key-1')
  }
  assert.equal(server.calls(jwksUrl), 1 + 3)
})

test('abuse 129: a storm of unknown key ids while the issuer fails causes few fetches, further and further apart', async () => {
  const { clock, kidOf, keys, server } = aKeySource({ random: () => 0.99 })
  await kidOf('key-1')
  server.answer(jwksUrl, down)
  for (let second = 0; second < 100; second++) {
    clock.advance(1)
    // While the server fails it is unknown whether the key exists: that is a 503, not a 401.
    if (second >= 30) await assert.rejects(keys.find('forged') as Promise<unknown>)
    else await kidOf('forged').catch(() => {})
    assert.equal(await kidOf('key-1'), 'key-1')
  }
  assert.equal(server.calls(jwksUrl), 1 + 7) // After 30, 32, 35, 40, 49, 66 and 97 seconds.
})

test('abuse 130: a newly published key is found with one fetch, if the pause is over', async () => {
  const { clock, kidOf, publish, server } = aKeySource()
  await kidOf('key-1')
  publish(key, newKey)
  clock.advance(29)
  assert.equal(await kidOf('key-2'), undefined)
  clock.advance(1)
  assert.equal(await kidOf('key-2'), 'key-2')
  assert.equal(server.calls(jwksUrl), 2)
})

const badDocuments: Record<string, () => Response> = {
  'abuse 131: an empty set': () => json({ keys: [] }),
  'abuse 131: HTML': () => new Response('<html>sorry</html>'),
  'abuse 131: an error with status 200': () => json({ error: 'server_error' }),
  'abuse 131: half a document': () => new Response('{"keys":[{"kty":"EC"'),
  'abuse 131: only keys for encryption': () => json({ keys: [{ ...newKey.jwk, use: 'enc' }] }),
  'abuse 131: status 404': () => new Response(null, { status: 404 }),
  'abuse 132: 300 kB': () => new Response(`{"keys":[],"x":"${'x'.repeat(300_000)}"}`),
  'abuse 132: 10,000 keys': () => json({ keys: Array.from({ length: 10_000 }, () => ({})) }),
  'abuse 136: two keys with one id': () => json({ keys: [newKey.jwk, { ...key.jwk, kid: 'key-2' }] }),
  'abuse 136: its id given to another key': () => json({ keys: [{ ...newKey.jwk, kid: 'key-1' }] }),
}
for (const [name, answer] of Object.entries(badDocuments)) {
  test(`${name} instead of the key set keeps the previous keys, calls onError and keeps the pause`, async () => {
    const { alarms, clock, keys, server } = aKeySource()
    const before = await keys.find('key-1')
    server.answer(jwksUrl, answer)
    clock.advance(300)
    assert.equal(await keys.find('key-1'), before)
    await settled()
    assert.equal(alarms.length, 1)
    clock.advance(0.9)
    await assert.rejects(keys.find('key-2') as Promise<unknown>)
    assert.equal(server.calls(jwksUrl), 2)
  })
}

test('abuse 135: a key that its issuer withdrew is rejected within five minutes', async () => {
  const { clock, kidOf, publish } = aKeySource()
  await kidOf('key-1')
  publish(newKey)
  clock.advance(300)
  assert.equal(await kidOf('key-1'), undefined)
})

test('abuse 137: reloads cannot overlap, so an old response never replaces a newer one', async () => {
  const { clock, kidOf, publish, server } = aKeySource()
  await kidOf('key-1')
  const gate = aGate()
  server.answer(jwksUrl, async () => {
    await gate.opened
    return json({ keys: [key.jwk] })
  })
  clock.advance(30)
  const waiting = kidOf('key-2')
  await settled()
  publish(key, newKey)
  clock.advance(29)
  const joining = kidOf('key-2')
  await settled()
  assert.equal(server.calls(jwksUrl), 2)
  gate.open()
  assert.deepEqual(await Promise.all([waiting, joining]), [undefined, undefined])
  clock.advance(30)
  assert.equal(await kidOf('key-2'), 'key-2')
})

test('abuse 137: a reload that does not end is given up after 30 s, and its response never replaces a newer one', async () => {
  const { clock, kidOf, publish, server } = aKeySource()
  await kidOf('key-1')
  const gate = aGate()
  server.answer(jwksUrl, async () => {
    await gate.opened
    return json({ keys: [key.jwk] })
  })
  clock.advance(30)
  const dropped = kidOf('key-2')
  await settled()
  publish(key, newKey)
  clock.advance(30)
  assert.equal(await kidOf('key-2'), 'key-2')
  gate.open()
  await assert.rejects(dropped, /answered too late/)
  assert.equal(await kidOf('key-2'), 'key-2')
})

for (const found of [`${issuer}/`, issuer.toUpperCase(), 'https://evil.example', undefined, [issuer]]) {
  test(`abuse 140: a discovery document with the issuer ${JSON.stringify(found)} is rejected`, async () => {
    const { keys, server } = aKeySource()
    server.answer(discoveryUrl, () => json({ issuer: found, jwks_uri: jwksUrl }))
    await assert.rejects(keys.find('key-1') as Promise<unknown>, /"issuer" is not exactly/)
    assert.equal(server.calls(jwksUrl), 0)
  })
}

for (const jwksUri of ['http://auth.example.com/jwks', 'http://localhost/jwks', 'file:///jwks', '/jwks', undefined]) {
  test(`a "jwks_uri" of ${JSON.stringify(jwksUri)} is rejected`, async () => {
    const { keys, server } = aKeySource()
    server.answer(discoveryUrl, () => json({ issuer, jwks_uri: jwksUri }))
    await assert.rejects(keys.find('key-1') as Promise<unknown>, /jwks_uri/)
    assert.equal(server.requests.length, 1)
  })
}

for (const jwksUri of ['https://evil.example/jwks', 'https://auth.example.com:8443/jwks', 'https://auth.example.com.evil.example/jwks']) {
  test(`fault 3.6: keys at ${jwksUri} are not those of the issuer, unless configured`, async () => {
    const { keys, server } = aKeySource()
    server.answer(discoveryUrl, () => json({ issuer, jwks_uri: jwksUri }))
    server.answer(jwksUri, () => json({ keys: [key.jwk] }))
    await assert.rejects(keys.find('key-1') as Promise<unknown>, { fault: 'url', message: /"jwks_uri" is at "https:.+origin.+"jwksUri"/ })
    assert.equal(server.calls(jwksUri), 0)
    const configured = aKeySource({ jwksUri })
    configured.server.answer(jwksUri, () => json({ keys: [key.jwk] }))
    assert.equal(await configured.kidOf('key-1'), 'key-1')
    assert.equal(configured.server.calls(discoveryUrl), 0)
  })
}

test('fault 3.6: metadata that begin to name another origin are reported, and the keys stay where they were', async () => {
  const { alarms, clock, kidOf, server } = aKeySource()
  await kidOf('key-1')
  server.answer(discoveryUrl, () => json({ issuer, jwks_uri: 'https://evil.example/jwks' }))
  clock.advance(3600)
  assert.equal(await kidOf('key-1'), 'key-1')
  assert.match(alarms.join(), /"jwks_uri" is at "https:\/\/evil\.example"/)
  assert.equal(server.calls(jwksUrl), 2)
})

test('ready() resolves with the first keys, and rejects while there are none', async () => {
  const { clock, keys, server } = aKeySource()
  server.answer(jwksUrl, down)
  await assert.rejects(keys.ready())
  server.answer(jwksUrl, () => json({ keys: [key.jwk] }))
  clock.advance(1)
  await keys.ready()
})

test('fault 3.3: onError names a key that is not used once, as long as the issuer publishes it, and the others verify', async () => {
  const { alarms, clock, kidOf, publish, server } = aKeySource()
  const weak = { ...aSigningKey('RS256', 'weak').jwk, e: 'AQ' }
  server.answer(jwksUrl, () => json({ keys: [weak, key.jwk] }))
  assert.equal(await kidOf('key-1'), 'key-1')
  clock.advance(300)
  assert.equal(await kidOf('weak'), undefined)
  assert.deepEqual(alarms, [`${jwksUrl}: The key "weak" is not used: it must have an odd exponent of 65537 to 4294967295`])
  publish(key)
  clock.advance(300)
  await kidOf('key-1')
  server.answer(jwksUrl, () => json({ keys: [weak, key.jwk] }))
  clock.advance(300)
  await kidOf('key-1')
  assert.equal(alarms.length, 2)
})

const named = (...compromised: string[]) => ({ compromised, mayMissNews: false })
const missed = { compromised: [], mayMissNews: true }

test('abuse 135: a key that the changes name is refused at once, also while it is being fetched, and causes no request', async () => {
  const { kidOf, keys, server } = aKeySource()
  const loading = kidOf('key-1')
  keys.follow(named('key-1'))
  assert.deepEqual([await loading, await kidOf('key-1'), server.calls(jwksUrl)], [undefined, undefined, 1])
})

test('after news of the keys, the set is fetched once, within two seconds at random, and no caller waits', async () => {
  const { clock, kidOf, keys, server } = aKeySource({ random: () => 0.5 })
  await kidOf('key-1')
  keys.follow(named('key-9'))
  keys.follow(named('key-8'))
  clock.advance(0.9)
  assert.equal(await kidOf('key-1'), 'key-1')
  clock.advance(0.1)
  for (let time = 0; time < 3; time++) assert.equal(await kidOf('key-1'), 'key-1')
  await settled()
  await kidOf('key-1')
  assert.equal(server.calls(jwksUrl), 2)
})

test('news that come while the set is fetched have it fetched once more', async () => {
  const { clock, kidOf, keys, server } = aKeySource()
  await kidOf('key-1')
  const gate = aGate()
  server.answer(jwksUrl, async () => (await gate.opened, json({ keys: [key.jwk] })))
  clock.advance(240)
  await kidOf('key-1')
  clock.advance(1)
  keys.follow(named())
  gate.open()
  await settled()
  await kidOf('key-1')
  await settled()
  assert.equal(server.calls(jwksUrl), 3)
})

test('abuse 130: for a minute after news, a new key is found although another fetch was just made, by one fetch a second for all who wait', async () => {
  const { clock, kidOf, keys, publish, server, timers } = aKeySource()
  await kidOf('key-1')
  keys.follow(named())
  clock.advance(1)
  const waiting = Array.from({ length: 50 }, () => kidOf('key-2'))
  await settled()
  assert.deepEqual([server.calls(jwksUrl), timers.length], [2, 50])
  publish(key, newKey)
  clock.advance(1)
  timers.splice(0).forEach((end) => end())
  assert.deepEqual([...new Set(await Promise.all(waiting))], ['key-2'])
  assert.equal(server.calls(jwksUrl), 3)
})

test('abuse 129: a storm of unknown key ids after news waits in bounded memory, and is back to one fetch per 30 seconds after a minute', async () => {
  const { clock, kidOf, keys, server, timers } = aKeySource()
  await kidOf('key-1')
  keys.follow(named())
  const outcomes: Promise<unknown>[] = []
  for (let second = 0; second < 180; second++) {
    clock.advance(1)
    timers.splice(0).forEach((end) => end())
    for (let index = 0; index < 200; index++) outcomes.push(kidOf(`forged-${index}`).catch((error: Error) => error.message))
    assert.ok(timers.length <= 100)
    assert.equal(await kidOf('key-1'), 'key-1')
    await settled()
  }
  timers.splice(0).forEach((end) => end())
  assert.equal(new Set(await Promise.all(outcomes)).size, 2)
  assert.ok(server.calls(jwksUrl) <= 1 + 60 + 5, String(server.calls(jwksUrl)))
})

test('abuse 134: a key that vanishes without a word is used on, and told', async () => {
  const { alarms, clock, kidOf, keys, publish } = aKeySource()
  keys.follow(missed)
  publish(key, newKey)
  for (let minute = 0; minute <= 10; minute += 5) {
    assert.equal(await kidOf('key-1'), 'key-1')
    clock.advance(300)
  }
  const before = await keys.find('key-1')
  publish(newKey)
  clock.advance(300)
  await kidOf('key-2')
  assert.equal(await keys.find('key-1'), before)
  assert.match(alarms.join(), /^[^,]+: The key "key-1" is no longer published, and no change of the keys explains it/)
  keys.follow(named('key-1'))
  assert.equal(await kidOf('key-1'), undefined)
})

test('abuse 135: in pull mode and by the feed alike, a key whose naming may have been missed is not used when it vanishes', async () => {
  const { clock, kidOf, keys, publish, timers } = aKeySource()
  keys.follow(missed)
  publish(key, newKey)
  for (let minute = 0; minute <= 10; minute += 5) {
    await kidOf('key-1')
    clock.advance(300)
  }
  publish(newKey)
  keys.follow(missed)
  await kidOf('key-2')
  await settled()
  const found = kidOf('key-1')
  await settled()
  timers.splice(0).forEach((end) => end())
  assert.equal(await found, undefined)
})

test('abuse 135: keys fetched before news may have been missed count for 5 minutes, if they cannot be fetched since', async () => {
  const { clock, kidOf, keys, server, publish } = aKeySource()
  keys.follow(missed)
  await kidOf('key-1')
  clock.advance(60)
  server.answer(jwksUrl, down)
  keys.follow(missed)
  clock.advance(200)
  keys.follow(missed)
  clock.advance(99)
  assert.equal(await kidOf('key-1'), 'key-1')
  await settled()
  clock.advance(1)
  await assert.rejects(async () => keys.find('key-1'), /HTTP 503/)
  publish(key)
  clock.advance(60)
  assert.equal(await kidOf('key-1'), 'key-1')
})

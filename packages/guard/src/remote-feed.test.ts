// A remote guard that holds a connection to the feed: what it reads again, and what it does while the feed is cut.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { EntitlementChange } from '@countersign/protocol'
import { aFeedServer, aGuardWithFeed, until, type FeedServer, type TestStream } from './feed-server.fixture.ts'
import { aClock, aSigningKey, audience, clientId, organizationId } from './guard.fixture.ts'
import { anId } from './remote-entitlements.fixture.ts'
import { createRemoteGuard } from './remote-guard.ts'

const limit = { timeout: 10_000 }
const jwks = 'protocol/openid-connect/certs'
const ofClient = (id: string) => `v1/entitlement?client_id=${id}`

test(
  'after the first decision it connects where the first answer ended, and asks for nothing more while events arrive',
  limit,
  async (t) => {
    const { clock, codeOf, connected, server, tell } = await aGuardWithFeed(t)
    assert.equal(await codeOf(), undefined)
    await connected()
    assert.deepEqual(server.requests().toSorted(), ['feed', jwks, ofClient(clientId), 'v1/changes'].toSorted())
    assert.equal(server.feedHeaders[0]?.['last-event-id'], '1 state-1')
    for (let beat = 0; beat < 100; beat++) {
      clock.advance(2.5)
      server.realm.change('rights', anId(9))
      await tell()
      assert.equal(await codeOf(), undefined, `at beat ${beat}`)
    }
    assert.deepEqual(
      server.requests().filter((path) => path !== jwks),
      [],
    )
  },
)

const ownClient = ofClient(clientId)
const kinds: [change: Partial<EntitlementChange>, read: string[]][] = [
  [{ what: 'rights', organizationId }, [ownClient]],
  [{ what: 'client', organizationId, clientId }, [ownClient]],
  [{ what: 'token', organizationId, clientId }, [ownClient]],
  [{ what: 'client', organizationId: anId(9), clientId: 'client-9' }, []],
  [{ what: 'keys' }, [jwks]],
  [{ what: 'any' }, [ownClient, ofClient('client-1'), jwks]],
]
for (const [{ what = '', organizationId: organization = null, clientId: client = null }, read] of kinds)
  test(
    `after an event about ${what} of ${client ?? organization ?? 'the realm'}, exactly what it names is read again`,
    limit,
    async (t) => {
      const { codeOf, connected, server, tell } = await aGuardWithFeed(t)
      const decide = async () => [await codeOf(), await codeOf({ client_id: 'client-1', azp: 'client-1' })]
      await decide()
      await connected()
      server.requests()
      server.realm.change(what, organization, client)
      await tell()
      for (let time = 0; time < 3; time++) assert.deepEqual(await decide(), [undefined, undefined])
      await until(() => read.length === 0 || server.asked.length >= read.length)
      assert.deepEqual(server.requests().toSorted(), read.toSorted())
    },
  )

test(
  'abuse 135: a key that an event names is refused at once and for good, also while the key set cannot be had or still has it',
  limit,
  async (t) => {
    const { codeOf, codeOfToken, clock, connected, key, server, sign, tell } = await aGuardWithFeed(t)
    const other = aSigningKey('ES256', 'key-2')
    server.publish(key, other)
    const token = sign()
    assert.deepEqual([await codeOfToken(token), await codeOf({}, other)], [undefined, undefined])
    await connected()
    server.realm.compromise('key-1')
    await tell()
    for (let hour = 0; hour < 3; hour++) {
      assert.deepEqual([await codeOfToken(token), await codeOf(), await codeOf({}, other)], ['invalid-token', 'invalid-token', undefined])
      clock.advance(3600)
      await tell()
    }
  },
)

const ofOwnToken = 'event: end\ndata: {"reason":"token"}\n\n'
const ends: Record<string, (stream: TestStream) => void> = {
  'is cut': (stream) => stream.cut(),
  'ended with its token, which was signed by such a key, too': (stream) => stream.send(ofOwnToken),
}
const answers: Record<string, FeedServer['answerFeed']> = {
  'there is no answer': () => {},
  'there is no room': (_request, response) => response.writeHead(503).end(),
  'each token is refused': (_request, response) => response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end(),
}
for (const [how, end] of Object.entries(ends))
  for (const [why, answer] of Object.entries(answers))
    test(`abuse 135: a guard whose feed ${how}, and where ${why}, asks for compromised keys within a second`, limit, async (t) => {
      const { clock, codeOf, connected, health, server } = await aGuardWithFeed(t, { random: () => 0.99 })
      await codeOf()
      await connected()
      server.answerFeed = answer
      end(server.streams[0]!)
      await until(() => !health().connected)
      server.requests()
      assert.deepEqual([await codeOf(), server.requests().filter((path) => path !== 'feed')], [undefined, []])
      server.realm.compromise('key-1')
      clock.advance(0.5)
      assert.equal(await codeOf(), 'invalid-token')
    })

test('abuse 135: in pull mode a key that the changes name is refused with the next pull', limit, async (t) => {
  const { codeOf, clock, health, server } = await aGuardWithFeed(t, { feed: false })
  assert.equal(await codeOf(), undefined)
  server.realm.compromise('key-1')
  clock.advance(5)
  assert.equal(await codeOf(), 'invalid-token')
  assert.deepEqual([health().mode, health().connected, server.requests().includes('feed')], ['pull', false, false])
})

test('a guard with a fetch of its own has no feed unless it is asked for, and "feed" is true or false', limit, async (t) => {
  const { codeOf, server } = await aGuardWithFeed(t, { fetch: (input, init) => fetch(input, init) })
  await codeOf()
  assert.equal(server.requests().includes('feed'), false)
  await assert.rejects(aGuardWithFeed(t, { feed: 'yes' as never }), { name: 'TypeError', message: /"feed" is not true or false/ })
})

test('with a server that has no feed the guard asks, and reports no failure', limit, async (t) => {
  const { alarms, clock, codeOf, health, server } = await aGuardWithFeed(t)
  server.answerFeed = (_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  assert.equal(await codeOf(), undefined)
  await until(() => health().mode === 'pull')
  server.realm.change('client', organizationId, clientId)
  server.realm.client = () => ({ enabled: false })
  clock.advance(5)
  assert.equal(await codeOf(), 'invalid-token')
  assert.deepEqual([alarms, health().failure, server.asked.filter((path) => path === 'feed').length], [[], null, 1])
})

for (const [name, end] of [
  ['is ended by the server', (stream: TestStream) => stream.send('event: end\ndata: {"reason":"stopping"}\n\n')],
  ['is cut', (stream: TestStream) => stream.cut()],
] as const)
  test(`a connection that ${name} is made again, and what was missed is asked for by the last event`, limit, async (t) => {
    const { alarms, codeOf, connected, health, server } = await aGuardWithFeed(t)
    await codeOf()
    await connected()
    server.realm.change('client', organizationId, clientId)
    server.realm.client = () => ({ enabled: false })
    const [stream] = server.streams
    end(stream!)
    await until(() => health().revision === 2)
    assert.equal(server.feedHeaders[1]?.['last-event-id'], '1 state-1')
    assert.equal(await codeOf(), 'invalid-token')
    assert.deepEqual([alarms, server.requests().filter((path) => path.startsWith('v1/changes'))], [[], ['v1/changes']])
  })

test('a connection that ended with its token is made again with another one', limit, async (t) => {
  const { alarms, codeOf, connected, server } = await aGuardWithFeed(t)
  await codeOf()
  await connected()
  server.streams[0]!.send('event: end\ndata: {"reason":"token"}\n\n')
  await until(() => server.feedHeaders.length === 2)
  const [first, second] = server.feedHeaders.map(({ authorization }) => authorization)
  assert.deepEqual([alarms, first === second], [[], false])
})

test('an event that is too long or no JSON ends the connection, and the next one begins with nothing', limit, async (t) => {
  const { alarms, codeOf, connected, health, server } = await aGuardWithFeed(t)
  await codeOf()
  await connected()
  server.streams[0]!.send(`event: changes\ndata: ${'x'.repeat(300_000)}\n\n`)
  await until(() => alarms.length > 0)
  assert.equal(health().connected, false)
  await until(() => server.feedHeaders.length === 2)
  assert.equal(server.feedHeaders[1]?.['last-event-id'], undefined)
  await until(() => health().connected)
  assert.equal(health().failure, null)
})

test('an onError that throws does not end the feed', limit, async (t) => {
  const onError = () => {
    throw new Error('the alarm is broken')
  }
  const { codeOf, health, server } = await aGuardWithFeed(t, { onError })
  const accept = server.answerFeed
  server.answerFeed = (_request, response) => response.writeHead(503).end()
  await codeOf()
  await until(() => health().failure !== null)
  server.answerFeed = accept
  await until(() => health().connected)
})

test('each issuer of a guard has its own connection, and a failure of one is not that of the other', limit, async (t) => {
  const [key, clock] = [aSigningKey(), aClock()]
  const servers = [await aFeedServer(t, key, clock.now), await aFeedServer(t, key, clock.now)] as const
  servers[1].answerFeed = (_request, response) => response.writeHead(503).end()
  const issuers = servers.map(({ issuer }) => ({
    issuer,
    realm: 'nt24-idp',
    tokenProfile: 'keycloak' as const,
    audience,
    credentials: { clientId: 'nt24-api', clientSecret: 'not-a-real-secret' },
  }))
  const guard = createRemoteGuard({ issuers, clock: clock.now })
  t.after(() => guard.close())
  await Promise.all(servers.map(({ issuer }) => guard.ready(issuer).catch(() => {})))
  await until(() => guard.health()[0]!.connected && guard.health()[1]!.failure !== null)
  assert.deepEqual(
    guard.health().map(({ issuer, connected, failure }) => [issuer, connected, failure === null]),
    [
      [servers[0].issuer, true, true],
      [servers[1].issuer, false, false],
    ],
  )
  await guard.close()
  await until(() => servers[0].streams.length === 0)
})

test('a token that the feed refuses is not used again', limit, async (t) => {
  const { codeOf, health, server } = await aGuardWithFeed(t)
  const accept = server.answerFeed
  server.answerFeed = (_request, response) => response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end()
  await codeOf()
  await until(() => health().failure !== null)
  assert.match(health().failure!, /credentials/)
  server.answerFeed = accept
  await until(() => health().connected)
  assert.equal(health().failure, null)
})

test('health() says what the guard knows, before and after, as JSON', limit, async (t) => {
  const { clock, codeOf, connected, health, server } = await aGuardWithFeed(t)
  const nothing = { revision: null, knownAsOfSeconds: null, leaseLeftSeconds: 0, lastEventSeconds: null, failure: null }
  const noReports = { reports: null, reportOnlyUntil: null, reportOnlyPassed: 0 }
  assert.deepEqual(health(), { issuer: server.issuer, mode: 'feed', connected: false, ...nothing, ...noReports })
  await codeOf()
  await connected()
  clock.advance(10)
  const { revision, knownAsOfSeconds, leaseLeftSeconds, lastEventSeconds } = health()
  assert.equal(revision, 1)
  for (const seconds of [knownAsOfSeconds!, 300 - leaseLeftSeconds, lastEventSeconds!])
    assert.ok(seconds >= 10 && seconds < 20, String(seconds))
})

test('a process with a guard ends by itself, also while the guard has its connection and was not closed', limit, async (t) => {
  const { server } = await aGuardWithFeed(t)
  const script = `
    import { createRemoteGuard } from '@countersign/guard'
    const guard = createRemoteGuard({
      issuer: ${JSON.stringify(server.issuer)}, realm: 'nt24-idp', tokenProfile: 'keycloak', audience: 'nt24-integration-api',
      credentials: { clientId: 'nt24-api', clientSecret: 'not-a-real-secret' },
    })
    await guard.ready().catch(() => {})
    while (!guard.health()[0].connected) await new Promise((resolve) => setTimeout(resolve, 5))
    console.log('connected')`
  const child = spawn(process.execPath, ['--conditions=@countersign/source', '--input-type=module', '-e', script], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (text: Buffer) => (output += text.toString()))
  const [code] = (await once(child, 'exit')) as [number]
  assert.deepEqual([code, output], [0, 'connected\n'])
})

test('no module of the guard needs node:http before it connects', () => {
  const sources = globSync('*.ts', { cwd: import.meta.dirname }).filter((name) => !/\.(test|fixture)\.ts$/.test(name))
  for (const name of sources)
    assert.doesNotMatch(readFileSync(`${import.meta.dirname}/${name}`, 'utf8'), /^import (?!type).*'node:(?:http|https|net|tls)'/m, name)
})

test('a process that was frozen for hours with an open feed, as functions are, asks before it decides', limit, async (t) => {
  const { clock, codeOf, connected, server } = await aGuardWithFeed(t)
  assert.equal(await codeOf(), undefined)
  await connected()
  clock.suspend(7200)
  server.realm.client = () => undefined
  server.realm.change('client', organizationId, clientId) // The event of it is still on its way.
  assert.equal(await codeOf(), 'invalid-token')
})

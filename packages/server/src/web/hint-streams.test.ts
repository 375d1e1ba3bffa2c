import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { suite, test, type TestContext } from 'node:test'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ChangeRing } from '../cache/change-ring.ts'
import { whenOver } from '../http/connections.ts'
import { createPageCounters } from '../monitoring/page-counters.ts'
import type { SessionAccess } from '../sessions/session-standing.ts'
import type { PlacedChange } from '../store/change-log.ts'
import { sameOrigin, sessionPath, signIn, withConsole, type Mount } from '../../test/console.fixture.ts'
import { aPersonWithSession, aSessionOf } from '../../test/person.fixture.ts'
import { realm, withPortal } from '../../test/portal.fixture.ts'
import { startTestServer } from '../../test/test-server.fixture.ts'
import { topicsFor } from './change-hints.ts'
import { ProblemError } from '../errors.ts'
import { createHintStreams } from './hint-streams.ts'

/** Over a real connection, as a browser reads it. */
async function openEvents(base: URL, cookie: string, mount: Mount = '/console') {
  const asked = httpRequest(new URL(`${mount}/events`, base), {
    agent: false,
    headers: { ...sameOrigin, cookie, accept: 'text/event-stream' },
  })
  asked.on('error', () => {})
  const [response] = (await once(asked.end(), 'response')) as [IncomingMessage]
  let text = ''
  let wake = () => {}
  response.setEncoding('utf8').on('data', (more: string) => {
    text += more
    wake()
  })
  response.on('error', () => {})
  response.on('close', () => wake())
  const until = async (isThere: () => boolean) => {
    while (!isThere()) await new Promise<void>((resolve) => (wake = resolve))
  }
  return {
    response,
    text: () => text,
    until,
    has: (part: string) => until(() => text.includes(part)),
    closed: () => until(() => response.closed),
    close: () => void asked.destroy(),
  }
}

suite('the stream of hints', () => {
  test('a page is told what has changed, without content, and no more than it may see', async () => {
    const server = await startTestServer({ ...withConsole, nodes: 1 })
    const base = await server.listen()
    const owner = await openEvents(base, (await signIn(server, server.operator)).cookie)
    const limited = await server.aClient('nt24-idp', { operatorScopes: ['organizations:read'] })
    const ofRealm = await openEvents(base, (await signIn(server, { ...limited, realm: 'nt24-idp' })).cookie)
    assert.deepEqual([owner.response.statusCode, owner.response.headers['content-type']], [200, 'text/event-stream'])
    assert.equal(owner.response.headers['cache-control'], 'no-store')
    await owner.has('retry: 2000\n\n')
    const other = await server.aClient('prod', { slug: 'elsewhere', name: 'Backend of Elsewhere' })
    await owner.has(`"client:prod/${other.clientId}"`)
    const near = await server.aClient('nt24-idp', { slug: 'near' })
    await ofRealm.has(`"organization:nt24-idp/${near.organizationId}"`)
    assert.doesNotMatch(ofRealm.text(), /prod|"client:/)
    assert.doesNotMatch(owner.text(), /Backend/)
    owner.close()
    ofRealm.close()
  })

  test('a partner that no organization has is told as its realm: when it is registered, renamed and deleted', async () => {
    const server = await startTestServer({ ...withConsole, nodes: 1 })
    const stream = await openEvents(await server.listen(), (await signIn(server, server.operator)).cookie)
    await stream.has('retry')
    const params = { realm: 'prod', partner: '11111111-1111-4111-8111-111111111111' }
    const told = () => stream.text().split('"realm:prod"').length - 1
    const changes = [
      () => server.admin('partners.register', { params, body: { name: 'Seller' } }),
      () => server.admin('partners.register', { params, body: { name: 'Renamed' } }),
      () => server.admin('partners.delete', { params, query: {} }),
    ]
    for (const change of changes) {
      const before = told()
      await change()
      await stream.until(() => told() > before)
    }
    stream.close()
  })

  test('that of a person tells of all clients of its organization and no other, and ends with the session and with the organization', async () => {
    const server = await startTestServer({ ...withPortal, nodes: 1 })
    const base = await server.listen()
    const client = await server.aClient(realm, { slug: 'mine' })
    const person = await aPersonWithSession(server, { realm, organizationId: client.organizationId })
    const again = await aSessionOf(server, person.id)
    const [one, two] = [await openEvents(base, person.browser.cookie, '/portal'), await openEvents(base, again.browser.cookie, '/portal')]
    const foreign = await server.aClient(realm, { slug: 'foreign' })
    await server.admin('clients.update', { params: { realm, client: foreign.clientId }, body: { name: 'Foreign' } })
    await server.admin('clients.update', { params: { realm, client: client.clientId }, body: { name: 'Mine' } })
    await one.has(`"client:${realm}/${client.clientId}","organization:${realm}/${client.organizationId}"`)
    assert.ok(!one.text().includes(foreign.clientId) && !one.text().includes(foreign.organizationId))
    await server.admin('sessions.end', { params: { session: person.session } })
    await one.closed()
    assert.equal(two.response.closed, false)
    await server.admin('organizations.suspend', { params: { realm, organization: 'mine' }, body: { reason: 'a test' } })
    await two.closed()
  })

  test('it ends with its session, and with the standing of its client', async () => {
    const server = await startTestServer({ ...withConsole, nodes: 1 })
    const base = await server.listen()
    const browser = await signIn(server, server.operator)
    const [one, two] = [await openEvents(base, browser.cookie), await openEvents(base, browser.cookie)]
    await browser.request({ method: 'DELETE', url: sessionPath })
    await Promise.all([one.closed(), two.closed()])

    const operator = await server.createOperator()
    const disabled = await openEvents(base, (await signIn(server, operator)).cookie)
    await server.admin('clients.update', { params: { realm: 'operators', client: operator.clientId }, body: { enabled: false } })
    await disabled.closed()
    assert.ok(!disabled.text().includes('event:'))
  })

  test('at most four of a session; a fifth is told to wait, and one that is closed makes room', async () => {
    const server = await startTestServer({ ...withConsole, nodes: 1 })
    const base = await server.listen()
    const { cookie } = await signIn(server, server.operator)
    const open = []
    for (let number = 0; number < 4; number++) open.push(await openEvents(base, cookie))
    const fifth = await openEvents(base, cookie)
    assert.deepEqual([fifth.response.statusCode, fifth.response.headers['retry-after']], [429, '15'])
    const another = await openEvents(base, (await signIn(server, server.operator)).cookie)
    assert.equal(another.response.statusCode, 200)
    for (const stream of [...open, another]) stream.close()
  })

  test('it ends at the shutdown, which does not wait for it', async () => {
    const server = await startTestServer({ ...withConsole, nodes: 1 })
    const base = await server.listen()
    const stream = await openEvents(base, (await signIn(server, server.operator)).cookie)
    await stream.has('retry')
    await server.shutDown()
    await stream.closed()
  })

  test('without a session there is none', async () => {
    const server = await startTestServer({ ...withConsole, nodes: 1 })
    assert.equal((await server.request({ url: '/console/events', headers: sameOrigin })).statusCode, 401)
  })
})

/** Streams with a clock that is moved by hand. */
function aStreams(t: TestContext, scope = 'clients:read', maxOfOrganization?: number) {
  t.mock.timers.enable({ apis: ['setInterval', 'setTimeout'] })
  let [move, use, standing, reads] = [(_changes: readonly PlacedChange[] | undefined) => {}, () => {}, true, 0]
  const ring: Pick<ChangeRing, 'onMove'> = { onMove: (listener) => (move = listener) }
  const access = {
    session: { id: 'session' },
    operator: { realm: 'operators', clientId: 'ada', realms: undefined },
    token: { scopes: new Set([scope]) },
    entitlement: { organization: { rights: { id: 'org' } } },
  } as unknown as SessionAccess
  const counters = createPageCounters()
  const findAccess = async () => {
    reads++
    return standing ? access : undefined
  }
  const connections = { beginStream: () => true }
  const realms = new Map([['alpha', {}]])
  const streams = createHintStreams({
    ring,
    store: { onUsesHint: (listener) => void (use = listener) },
    realms,
    guard: { findAccess },
    readToken: () => 'token',
    connections,
    watchEnd: () => {},
    counters,
    ...(maxOfOrganization !== undefined && { maxOfOrganization }),
    topicsOf: (hints, { operator, token }) => topicsFor(hints, operator, token.scopes),
  })
  let [text, unread, isCut] = ['', 0, false]
  const socket = { resetAndDestroy: () => (isCut = true), destroy: () => {} }
  const raw = {
    req: { socket },
    writeHead() {},
    write: (more: string) => void (text += more),
    end: () => void (text += '(end)'),
    get writableLength() {
      return unread
    },
  }
  const open = (id: string, of: object = raw) => {
    const request = { raw: { rawHeaders: [] }, access: { ...access, session: { id } } } as unknown as FastifyRequest
    streams.open(request, { raw: of, hijack() {}, getHeaders: () => ({}) } as unknown as FastifyReply)
  }
  open('session')
  return {
    openAnother: (id: string) => open(id, { ...raw }),
    text: () => text,
    reads: () => reads,
    isCut: () => isCut,
    counters,
    use: () => use(),
    move: (...changes: PlacedChange[]) => move(changes),
    loseStanding: () => (standing = false),
    leaveUnread: (bytes: number) => (unread = bytes),
    goAway: () => (raw as unknown as FastifyReply['raw'])[whenOver]?.(),
    async pass(milliseconds: number) {
      for (let passed = 0; passed < milliseconds; passed += 100) {
        t.mock.timers.tick(100)
        await Promise.resolve()
      }
      for (let turn = 0; turn < 10; turn++) await Promise.resolve()
    },
  }
}

const change = (number: number): PlacedChange => ({
  realm: 'alpha',
  organizationId: 'o1',
  clientId: `c${number}`,
  what: 'client',
  subject: `c${number}`,
  number,
  identity: null,
})

test('a silent stream gets a comment and costs one query every ten seconds', async (t) => {
  const stream = aStreams(t)
  await stream.pass(30_000)
  assert.equal(stream.text(), 'retry: 2000\n\n:\n\n:\n\n:\n\n')
  assert.equal(stream.reads(), 3)
})

test('changes of one moment are told together, without a query', async (t) => {
  const stream = aStreams(t)
  for (let number = 1; number <= 3; number++) stream.move(change(number))
  await stream.pass(300)
  assert.equal(stream.text().split('event: change').length, 2)
  assert.match(stream.text(), /"client:alpha\/c1".*"client:alpha\/c3"/)
  assert.equal(stream.reads(), 0)
})

test('uses of secrets are told together, without a name, and only to operators who may read clients', async (t) => {
  const stream = aStreams(t)
  for (let passed = 0; passed < 2000; passed += 100) {
    stream.use()
    await stream.pass(100)
  }
  assert.equal(stream.text().replace('retry: 2000\n\n', ''), 'event: use\ndata: {}\n\n'.repeat(6))
  assert.equal(stream.reads(), 0)
  t.mock.timers.reset()
  const other = aStreams(t, 'organizations:read')
  other.use()
  await other.pass(1000)
  assert.equal(other.text(), 'retry: 2000\n\n')
})

test('a session that has ended on another node ends its stream within ten seconds', async (t) => {
  const stream = aStreams(t)
  stream.loseStanding()
  await stream.pass(10_000)
  assert.match(stream.text(), /\(end\)$/)
  assert.equal(stream.counters.streams(), 0)
})

test('a peer that does not read is cut off, and one that went away leaves nothing', async (t) => {
  const slow = aStreams(t)
  slow.leaveUnread(100_000)
  slow.move(change(1))
  await slow.pass(300)
  assert.deepEqual([slow.isCut(), slow.counters.streams()], [true, 0])
  t.mock.timers.reset()
  const gone = aStreams(t)
  gone.goAway()
  assert.equal(gone.counters.streams(), 0)
})

test('an organization gets no more streams than one may have', (t) => {
  const { openAnother } = aStreams(t, 'clients:read', 3)
  for (let number = 1; number < 3; number++) openAnother(`session-${number}`)
  assert.throws(
    () => openAnother('one-more'),
    (error) =>
      error instanceof ProblemError && error.code === 'rate-limited' && /The organization has too many/.test(error.details.detail ?? ''),
  )
})

test('more streams than a node has are refused as too many, not as a fault of the server', (t) => {
  const { openAnother, counters } = aStreams(t)
  for (let number = 1; number < 200; number++) openAnother(`session-${number}`)
  assert.equal(counters.streams(), 200)
  assert.throws(() => openAnother('one-more'), { code: 'rate-limited' })
})

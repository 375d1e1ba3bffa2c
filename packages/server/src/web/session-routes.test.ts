import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import {
  browserWith,
  cookieOf,
  credentialsOf,
  postSession,
  refusalOf,
  sameOrigin,
  sessionPath,
  signIn,
  withConsole,
} from '../../test/console.fixture.ts'
import { shareTestServer, startTestServer, startTestServerOnAnyStore } from '../../test/test-server.fixture.ts'

suite('a session in the console', () => {
  const shared = shareTestServer(withConsole)

  test('an operator signs in by its secret, without a token, and sees who it is', async () => {
    const server = shared()
    const before = await server.database.query(`select 1 from audit_events where kind = 'token.request'`)
    const response = await postSession(server, credentialsOf(server.operator))
    assert.equal(response.statusCode, 201)
    const { signedInAt, idleEndsAt, endsAt, confirmedUntil, organization, scopes, ...who } = response.json()
    assert.deepEqual(who, {
      kind: 'client',
      clientId: server.operator.clientId,
      realm: 'operators',
      realms: null,
      owner: true,
      portal: false,
    })
    assert.deepEqual(Object.keys(organization), ['id', 'slug', 'name'])
    assert.ok(scopes.includes('clients:write'))
    const minutesAfter = (instant: string) => (Date.parse(instant) - Date.parse(signedInAt)) / 60_000
    assert.deepEqual([idleEndsAt, endsAt, confirmedUntil].map(minutesAfter), [30, 600, 15])
    const again = await browserWith(server, cookieOf(response)).session()
    assert.deepEqual([again.statusCode, again.json()], [200, response.json()])
    assert.equal((await server.database.query(`select 1 from audit_events where kind = 'token.request'`)).length, before.length)
  })

  test('abuse 154: the cookie is for this host and no script, and is not sent from other sites', async () => {
    const server = shared()
    const response = await postSession(server, credentialsOf(server.operator))
    const [cookie, ...attributes] = String(response.headers['set-cookie']).split('; ')
    assert.match(cookie!, /^countersign-console=[A-Za-z0-9_-]{54}$/)
    assert.deepEqual(attributes, ['Path=/', 'HttpOnly', 'SameSite=Strict'])
    assert.equal(response.headers['cache-control'], 'no-store')
    assert.ok(!response.body.includes(cookie!.split('=')[1]!))
  })

  test('a session begins anew with each sign-in, so none can be planted, and the one before ends', async () => {
    const server = shared()
    const planted = `countersign-console=${'A'.repeat(43)}`
    const first = await signIn(server, server.operator, { cookie: planted })
    assert.notEqual(first.cookie, planted)
    assert.deepEqual(refusalOf(await browserWith(server, planted).session()), [401, 'signed-out'])
    const second = await signIn(server, server.operator, { cookie: first.cookie })
    assert.notEqual(second.cookie, first.cookie)
    assert.equal((await first.session()).statusCode, 401)
    assert.equal((await second.session()).statusCode, 200)
    const both = browserWith(server, `${planted}; ${second.cookie}`)
    assert.equal((await both.session()).statusCode, 401, 'of two cookies of that name one was planted')
  })

  test('the store has an HMAC of the cookie, and no log or event has it or the secret', async () => {
    const server = shared()
    const { cookie } = await signIn(server, server.operator)
    const token = cookie.split('=')[1]!
    const rows = await server.database.query('select * from sessions')
    const events = await server.database.query('select * from audit_events')
    for (const secret of [token, server.operator.clientSecret]) assert.ok(!JSON.stringify([rows, events, server.log]).includes(secret))
  })

  test('signing out ends the session and clears the cookie; its beginning and its end are in the audit log', async () => {
    const server = shared()
    const operator = await server.createOperator()
    const browser = await signIn(server, operator)
    server.clock.advance(1000)
    const out = await browser.request({ method: 'DELETE', url: sessionPath })
    assert.deepEqual(
      [out.statusCode, out.headers['set-cookie']],
      [204, 'countersign-console=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict'],
    )
    assert.equal((await browser.session()).statusCode, 401)
    const events = await server.database.query<{ kind: string; actor_via: string; detail: string }>(
      'select * from audit_events where client_id = ? and outcome = ? order by id',
      operator.clientId,
      'success',
    )
    const ofSession = events.filter(({ kind }) => kind.startsWith('session.'))
    assert.deepEqual(
      ofSession.map(({ kind, actor_via }) => [kind, actor_via]),
      [
        ['session.start', 'console'],
        ['session.end', 'console'],
      ],
    )
    const [start, end] = ofSession.map(({ detail }) => JSON.parse(detail) as { sessionId: string; proof?: string })
    assert.deepEqual([start?.proof, end?.sessionId], ['secret', start?.sessionId])
  })

  test('abuse 159: a wrong secret, an unknown client and an unknown realm get one answer, with no challenge of a browser', async () => {
    const server = shared()
    const { clientId, clientSecret } = server.operator
    const attempts = [
      { clientId, clientSecret: clientSecret.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')) },
      { clientId: 'unknown-to-all', clientSecret },
      { clientId, clientSecret, realm: 'no-such-realm' },
      { once: 'A'.repeat(43) },
    ]
    const bodies = new Set<string>()
    for (const attempt of attempts) {
      const response = await postSession(server, attempt)
      const { instance, ...problem } = response.json()
      assert.equal(response.statusCode, 401, String(instance))
      assert.equal(response.headers['set-cookie'], undefined)
      assert.equal(response.headers['www-authenticate'], 'Cookie realm="console"')
      bodies.add(JSON.stringify(problem))
    }
    assert.equal(bodies.size, 1)
    const denials = await server.database.query<{ reason: string }>(
      `select reason from audit_events where kind = 'session.start' and outcome = 'refused'`,
    )
    for (const { reason } of denials) assert.match(reason, /^(?:unknown-client|secret-mistyped|wrong-secret)$/)
  })

  test('abuse 145: a body with other members, no member, or no JSON is refused before a secret is looked at', async () => {
    const server = shared()
    const { clientId, clientSecret } = server.operator
    for (const body of [
      { clientId, clientSecret, scopes: ['all'] },
      { clientId },
      {},
      { once: 'x', clientId },
      [],
      { clientId, clientSecret: 7 },
    ])
      assert.deepEqual(refusalOf(await postSession(server, body)), [400, 'invalid-request'], JSON.stringify(body))
    const proto = await server.request({
      method: 'POST',
      url: sessionPath,
      headers: { ...sameOrigin, 'content-type': 'application/json' },
      payload: `{"clientId":"${clientId}","clientSecret":"${clientSecret}","__proto__":{"x":1}}`,
    })
    assert.equal(proto.statusCode, 400)
    const form = await server.request({
      method: 'POST',
      url: sessionPath,
      headers: { ...sameOrigin, 'content-type': 'application/x-www-form-urlencoded' },
      payload: `clientId=${clientId}&clientSecret=${clientSecret}`,
    })
    assert.deepEqual(refusalOf(form), [415, 'unsupported-media-type'])
    assert.equal((await postSession(server, { clientId, clientSecret, realm: 'x'.repeat(9000) })).statusCode, 413)
  })

  test('an Authorization header changes nothing, neither at the sign-in nor afterwards', async () => {
    const server = shared()
    const basic = `Basic ${btoa('another-client:another-secret')}`
    const browser = await signIn(server, server.operator, { authorization: basic })
    const bearer = `Bearer ${await server.tokenOf('operators', server.operator)}`
    assert.equal((await server.request({ url: sessionPath, headers: { ...sameOrigin, authorization: bearer } })).statusCode, 401)
    const other = await server.aClient('nt24-idp')
    const ofOther = `Bearer ${await server.tokenOf('nt24-idp', other)}`
    const session = await browser.request({ url: sessionPath, headers: { authorization: ofOther } })
    assert.deepEqual([session.statusCode, session.json().clientId], [200, server.operator.clientId])
  })

  test('a client of another realm signs in if it is an operator of it, and sees its realm only', async () => {
    const server = shared()
    const client = await server.aClient('nt24-idp', { operatorScopes: ['organizations:read'] })
    const browser = await signIn(server, { ...client, realm: 'nt24-idp' })
    const { realm, realms, scopes, owner } = (await browser.session()).json()
    assert.deepEqual([realm, realms, scopes, owner], ['nt24-idp', ['nt24-idp'], ['organizations:read'], false])
    assert.equal((await browser.call('organizations.list', { params: { realm: 'nt24-idp' } })).statusCode, 200)
    assert.deepEqual(refusalOf(await browser.call('organizations.list', { params: { realm: 'prod' } })), [403, 'realm-not-permitted'])
    const partner = await server.aClient('nt24-idp')
    assert.deepEqual(
      refusalOf(await postSession(server, { clientId: partner.clientId, clientSecret: partner.clientSecret, realm: 'nt24-idp' })),
      [403, 'insufficient-scope'],
    )
  })

  test('at most 20 sessions of a client: the oldest ends', async () => {
    const server = shared()
    const operator = await server.createOperator()
    const browsers = []
    for (let number = 0; number < 21; number++) {
      server.clock.advance(10)
      browsers.push(await signIn(server, operator))
    }
    assert.equal((await browsers[0]!.session()).statusCode, 401)
    assert.equal((await browsers[1]!.session()).statusCode, 200)
    assert.equal((await browsers[20]!.session()).statusCode, 200)
  })

  test('the secret entered again makes the sign-in fresh, and a wrong one does not', async () => {
    const server = shared()
    const operator = await server.createOperator()
    const browser = await signIn(server, operator)
    server.clock.advance(16 * 60_000)
    const confirm = (clientSecret: string) => browser.request({ method: 'POST', url: `${sessionPath}/confirm`, payload: { clientSecret } })
    assert.deepEqual(refusalOf(await confirm(server.operator.clientSecret)), [401, 'invalid-client'])
    const confirmed = await confirm(operator.clientSecret)
    assert.equal(confirmed.statusCode, 200)
    assert.equal(Date.parse(confirmed.json().confirmedUntil), server.clock.now() + 15 * 60_000)
  })
})

test('a session ends if a person does nothing, whatever the page asks, and at the latest after its longest time', async () => {
  const server = await startTestServer({ settings: 'console: { session: { idle: 10m, longest: 1h } }' })
  const browser = await signIn(server, server.operator)
  const activity = () => browser.request({ method: 'POST', url: `${sessionPath}/activity` })
  for (let minute = 0; minute < 54; minute += 9) {
    server.clock.advance(9 * 60_000)
    assert.equal((await activity()).statusCode, 204)
  }
  server.clock.advance(6 * 60_000)
  assert.deepEqual(refusalOf(await browser.session()), [401, 'signed-out'])

  const idle = await signIn(server, server.operator)
  for (let minute = 0; minute < 9; minute += 3) {
    server.clock.advance(3 * 60_000)
    assert.equal((await idle.session()).statusCode, 200)
  }
  server.clock.advance(60_000)
  assert.deepEqual(refusalOf(await idle.session()), [401, 'signed-out'])

  server.clock.advance(3_600_000)
  await server.upkeep.maintain()
  assert.deepEqual(await server.database.query('select * from sessions'), [])
})

test('abuse 159: guesses block the client at its address, and an operator with the right secret elsewhere is not affected', async () => {
  const server = await startTestServer({ settings: `${withConsole.settings}\ntrustedProxies: [127.0.0.1/32]`, nodes: 1 })
  const { clientId } = server.operator
  const guess = () => postSession(server, { clientId, clientSecret: 'csk_guess' }, { 'x-forwarded-for': '192.0.2.1' })
  const codes = []
  for (let attempt = 0; attempt < 12; attempt++) codes.push(refusalOf(await guess())[1])
  assert.deepEqual([codes[0], codes.at(-1)], ['invalid-client', 'authentication-blocked'])
  const right = (address: string) => postSession(server, credentialsOf(server.operator), { 'x-forwarded-for': address })
  const blocked = await right('192.0.2.1')
  assert.deepEqual([blocked.statusCode, blocked.headers['retry-after'] !== undefined], [429, true])
  assert.equal((await right('198.51.100.1')).statusCode, 201)
  server.clock.advance(301_000)
  assert.equal((await right('192.0.2.1')).statusCode, 201)
})

test('abuse 159: many sign-ins at once from an address are refused, whatever they name', async () => {
  const server = await startTestServer({ ...withConsole, nodes: 1 })
  const attempt = (number: number) => {
    const payload = { clientId: `client-${number}`, clientSecret: 'csk_guess' }
    return server.request({ method: 'POST', url: sessionPath, headers: sameOrigin, payload })
  }
  const attempts = Array.from({ length: 60 }, (_, number) => attempt(number))
  const codes = (await Promise.all(attempts)).map((response) => refusalOf(response)[1])
  assert.ok(codes.includes('rate-limited'), codes.join())
})

test('abuse 159: in a realm with limits of its own, guesses at the console count at the token endpoint', async () => {
  const server = await startTestServer({ ...withConsole, nodes: 1 })
  const { clientId, clientSecret } = await server.aClient('prod', { operatorScopes: ['organizations:read'] })
  for (let attempt = 0; attempt < 5; attempt++) await postSession(server, { clientId, clientSecret: 'csk_guess', realm: 'prod' })
  const response = await server.requestToken('prod', { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret })
  assert.equal(response.statusCode, 429)
})

test('a sign-in that cannot be recorded gets 503 and no session', async () => {
  const server = await startTestServer({ ...withConsole, nodes: 1 })
  server.expectErrors()
  const showAgain = await server.hideAuditPlaces()
  const response = await postSession(server, credentialsOf(server.operator))
  assert.deepEqual([response.statusCode, response.headers['set-cookie']], [503, undefined], response.body)
  await showAgain()
  assert.deepEqual(await server.database.query('select * from sessions'), [])
})

test('a secret that is entered again makes nothing fresh if that cannot be recorded', async () => {
  const server = await startTestServer({ ...withConsole, nodes: 1 })
  const browser = await signIn(server, server.operator)
  const before = (await browser.session()).json().confirmedUntil
  server.clock.advance(16 * 60_000)
  server.expectErrors()
  const showAgain = await server.hideAuditPlaces()
  const payload = { clientSecret: server.operator.clientSecret }
  assert.equal((await browser.request({ method: 'POST', url: `${sessionPath}/confirm`, payload })).statusCode, 503)
  await showAgain()
  assert.equal((await browser.session()).json().confirmedUntil, before)
})

test('over https the cookie has the prefix that no other host can plant, and pages tell browsers to stay with https', async () => {
  const server = await startTestServer({
    settings: 'behindTlsProxy: true\npublicUrl: https://auth.example\nconsole: { publicUrl: "https://console.example" }',
  })
  const host = 'console.example'
  const response = await postSession(server, credentialsOf(server.operator), { host })
  const [cookie, ...attributes] = String(response.headers['set-cookie']).split('; ')
  assert.match(cookie!, /^__Host-countersign-console=/)
  assert.deepEqual(attributes, ['Path=/', 'HttpOnly', 'SameSite=Strict', 'Secure'])
  assert.equal(response.headers['strict-transport-security'], 'max-age=31536000')
  assert.match(String(response.headers['content-security-policy']), /; report-to csp$/)
  assert.equal(response.headers['reporting-endpoints'], 'csp="https://console.example/console/csp-report"')
  for (const url of ['/console', sessionPath, '/console/api/v1/realms', '/console/events', '/console/assets/x.js'])
    assert.deepEqual(refusalOf(await server.request({ url, headers: { ...sameOrigin, host: 'auth.example' } })), [404, 'not-found'], url)
})

suite('a link that signs in once', () => {
  const codeOf = (link: string) => link.split('#once=')[1]!

  test('abuse 157: it counts once and for ten minutes, and the audit log tells it from a secret', async () => {
    const server = await startTestServer({ ...withConsole, nodes: 1 })
    const link = server.createConsoleLink(server.operator.clientId)
    assert.match(link, /^http:\/\/localhost:8080\/console#once=[A-Za-z0-9_-]{43}$/)
    const [first, second] = await Promise.all([postSession(server, { once: codeOf(link) }), postSession(server, { once: codeOf(link) })])
    assert.deepEqual([first.statusCode, second.statusCode].toSorted(), [201, 401])
    const late = server.createConsoleLink(server.operator.clientId)
    server.clock.advance(600_000)
    assert.deepEqual(refusalOf(await postSession(server, { once: codeOf(late) })), [401, 'invalid-client'])
    const [event] = await server.database.query<{ detail: string }>(
      `select detail from audit_events where kind = 'session.start' and outcome = 'success'`,
    )
    assert.equal((JSON.parse(event!.detail) as { proof: string }).proof, 'link')
    assert.ok(!JSON.stringify(server.log).includes(codeOf(link)))
  })

  test('abuse 157: it is no way past a disabled client', async () => {
    const server = await startTestServer({ ...withConsole, nodes: 1 })
    const { clientId } = await server.createOperator()
    const link = server.createConsoleLink(clientId)
    await server.admin('clients.update', { params: { realm: 'operators', client: clientId }, body: { enabled: false } })
    assert.deepEqual(refusalOf(await postSession(server, { once: codeOf(link) })), [401, 'invalid-client'])
    assert.deepEqual(await server.database.query('select * from sessions'), [])
    assert.deepEqual(await server.database.query(`select 1 from audit_events where kind = 'session.start' and outcome = 'success'`), [])
  })

  test('abuse 157: there is none where others than this machine reach the server', async () => {
    const server = await startTestServerOnAnyStore({
      settings: 'behindTlsProxy: true\npublicUrl: https://auth.example\nconsole: { publicUrl: "https://console.example" }',
    })
    assert.throws(() => server.createConsoleLink(server.operator.clientId), { name: 'TypeError', message: /Others than this machine/ })
    const without = await startTestServerOnAnyStore()
    assert.throws(() => without.createConsoleLink(without.operator.clientId), { name: 'TypeError', message: /no "console"/ })
  })
})

test('without the setting there is no console', async () => {
  const server = await startTestServer()
  for (const url of ['/console', sessionPath, '/console/api/v1/realms', '/console/events'])
    assert.equal((await server.request({ url })).statusCode, 404, url)
  assert.equal((await postSession(server, credentialsOf(server.operator))).statusCode, 404)
})

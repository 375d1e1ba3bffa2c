// Operators sign in at the identity provider of their company: a session of a person, with the rights of its groups.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { adminScopes } from '@countersign/admin'
import { refusalOf, signIn as signInBySecret } from '../console.fixture.ts'
import { shareTestServer, startTestServer } from '../test-server.fixture.ts'
import { anIdpBrowser, hasFlow, signInAtIdp, targetOf, withIdp, type IdpBrowser } from './idp-browser.fixture.ts'
import { startSmallIdp, type Misbehaviour } from './small-idp.fixture.ts'

const idp = await startSmallIdp()
const settings = withIdp(idp)
let people = 0

/** A person that no other test knows, and that signs in next. */
function aPerson(...groups: string[]): string {
  const sub = `person-${++people}`
  idp.behave()
  idp.person = { sub, name: `Person ${people}`, email: `${sub}@acme.example`, groups }
  return sub
}

suite('signing in at an identity provider', () => {
  const shared = shareTestServer({ settings: withIdp(idp, { roles: ', prod-admins: { scopes: all, realms: [prod] }' }) })

  test('the sign-in page learns of it, and of nothing more', async () => {
    const response = await shared().request({ url: '/console/api/sign-in', headers: { 'sec-fetch-site': 'same-origin' } })
    assert.deepEqual(response.json(), { operatorSecret: true, oidc: { name: 'Acme SSO' } })
    assert.equal(response.headers['cache-control'], 'no-store')
  })

  test('a person gets a session with the rights of its groups, and comes back to the page that was left', async () => {
    aPerson('support', 'unknown group')
    const browser = await signInAtIdp(shared(), idp, { return: '/console/prod/clients?search=a' })
    const { kind, person, scopes, realms, owner, realm } = (await browser.page().session()).json()
    assert.deepEqual([kind, person.name, person.address, realm], ['person', idp.person['name'], idp.person['email'], 'operators'])
    assert.deepEqual([scopes, realms, owner], [['organizations:read', 'clients:read'], null, false])
    assert.equal(hasFlow(browser), false, 'the cookie of the sign-in is gone')
    const params = { realm: 'prod' }
    assert.equal((await browser.page().call('clients.list', { params })).statusCode, 200)
    const refused = await browser.page().call('organizations.create', { params, body: { slug: 'x', name: 'X' } })
    assert.deepEqual(refusalOf(refused), [403, 'insufficient-scope'])
  })

  test('rights for some realms count there only, and an owner has all', async () => {
    aPerson('prod-admins')
    const browser = await signInAtIdp(shared(), idp)
    assert.deepEqual((await browser.page().session()).json().realms, ['prod'])
    const elsewhere = await browser.page().call('clients.list', { params: { realm: 'nt24-idp' } })
    assert.deepEqual(refusalOf(elsewhere), [403, 'realm-not-permitted'])
    aPerson('owners')
    const { scopes, owner } = (await (await signInAtIdp(shared(), idp)).page().session()).json()
    assert.deepEqual([scopes, owner], [[...adminScopes], true])
  })

  test('the audit log names the person of the sign-in and of a change, with issuer and subject', async () => {
    const subject = aPerson('admins')
    const browser = await signInAtIdp(shared(), idp)
    const created = await browser.page().call('organizations.create', { params: { realm: 'prod' }, body: { slug: subject, name: 'X' } })
    assert.equal(created.statusCode, 201, created.body)
    const { id } = (await browser.page().session()).json().person
    const events = await shared().database.query<Record<string, string>>(
      'select * from audit_events where actor_id = ? and outcome = ? order by id',
      id,
      'success',
    )
    // Of two nodes, whose clocks differ.
    const started = events.find(({ kind }) => kind === 'session.start')!
    assert.deepEqual(new Set(events.map(({ kind }) => kind)), new Set(['session.start', 'organizations.create']))
    for (const { actor_kind, actor_via, on_behalf_of } of events)
      assert.deepEqual([actor_kind, actor_via, on_behalf_of], ['person', 'console', idp.person['name']])
    const { proof, issuer, subject: recorded } = JSON.parse(started['detail']!)
    assert.deepEqual([proof, issuer, recorded], ['idp', idp.issuer, subject])
  })

  test('a person who signs in again is the same one, with the name and the groups of then', async () => {
    aPerson('support')
    const first = (await (await signInAtIdp(shared(), idp)).page().session()).json()
    idp.person = { ...idp.person, name: 'Married Name', groups: ['admins'] }
    const second = (await (await signInAtIdp(shared(), idp)).page().session()).json()
    assert.deepEqual([second.person.id, second.person.name], [first.person.id, 'Married Name'])
    assert.deepEqual(second.scopes, [...adminScopes])
  })

  test('a sign-in replaces the session that the browser had', async () => {
    aPerson('support')
    const browser = await signInAtIdp(shared(), idp)
    const before = browser.page()
    aPerson('admins')
    await browser.comeBack(await idp.visit(targetOf(await browser.start())))
    assert.equal((await before.session()).statusCode, 401)
    assert.equal((await browser.page().session()).json().person.name, idp.person['name'])
  })

  test('nothing that the identity provider gave but the person is in the store', async () => {
    aPerson('support')
    let code = ''
    idp.behave({ back: (query) => (code = query.get('code') ?? '') })
    await signInAtIdp(shared(), idp)
    const rows = await shared().database.query('select * from people, sessions where sessions.person = people.id')
    const text = JSON.stringify(rows)
    assert.ok(code !== '' && !text.includes(code))
    assert.doesNotMatch(text, /eyJ/)
  })

  const failures: readonly [what: string, otherwise: Misbehaviour, code: string][] = [
    ['whose answer was altered', { signature: 'altered' }, 'sign-in-invalid'],
    ['who cancels there', { back: (query) => (query.delete('code'), query.set('error', 'access_denied')) }, 'idp-refused'],
    [
      'while its token endpoint is down',
      { answer: { path: '/token', with: (response) => void response.writeHead(503).end() } },
      'idp-away',
    ],
  ]
  for (const [what, otherwise, code] of failures)
    test(`a person ${what} comes to the sign-in page with a word, and gets no session`, async () => {
      aPerson('owners')
      idp.behave(otherwise)
      const browser = anIdpBrowser(shared())
      const response = await browser.comeBack(await idp.visit(targetOf(await browser.start())))
      assert.equal(targetOf(response), `/console/sign-in?error=${code}`)
      assert.deepEqual([...browser.cookies.keys()], [])
    })

  test('a person without a role gets no session, the audit log says who it was, and what the person had ends', async () => {
    const subject = aPerson('support')
    const before = await signInAtIdp(shared(), idp)
    idp.person = { ...idp.person, groups: ['nothing here', 'Support'] }
    const browser = anIdpBrowser(shared())
    const response = await browser.comeBack(await idp.visit(targetOf(await browser.start())))
    assert.equal(targetOf(response), '/console/sign-in?error=no-role')
    assert.deepEqual([...browser.cookies.keys()], [])
    assert.equal((await before.page().session()).statusCode, 401)
    await shared().tokenOf('operators', shared().operator)
    const [event] = await shared().database.query<Record<string, string>>(
      `select * from audit_events where reason = 'no-role' and detail like ?`,
      `%"${subject}"%`,
    )
    assert.equal(event?.['kind'], 'session.start')
    assert.equal(JSON.parse(event['detail']!).issuer, idp.issuer)
  })

  test('a session that a person lost with its role does not come back with the role', async () => {
    aPerson('support')
    const lost = await signInAtIdp(shared(), idp)
    idp.person = { ...idp.person, groups: [] }
    const browser = anIdpBrowser(shared())
    assert.equal(targetOf(await browser.comeBack(await idp.visit(targetOf(await browser.start())))), '/console/sign-in?error=no-role')
    idp.person = { ...idp.person, groups: ['support'] }
    const again = await signInAtIdp(shared(), idp)
    assert.deepEqual([(await again.page().session()).statusCode, (await lost.page().session()).statusCode], [200, 401])
  })

  suite('the cookie of a sign-in', () => {
    test('is for ten minutes, for one sign-in, and for the browser that has begun', async () => {
      aPerson('support')
      const browser = anIdpBrowser(shared())
      const back = await idp.visit(targetOf(await browser.start()))
      const stranger = anIdpBrowser(shared())
      assert.equal(targetOf(await stranger.comeBack(back)), '/console/sign-in?error=sign-in-ended')
      await stranger.start()
      assert.equal(targetOf(await stranger.comeBack(back)), '/console/sign-in?error=sign-in-invalid', 'with the cookie of another one')

      const late = anIdpBrowser(shared())
      const lateBack = await idp.visit(targetOf(await late.start()))
      shared().clock.advance(600_000)
      assert.equal(targetOf(await late.comeBack(lateBack)), '/console/sign-in?error=sign-in-ended')
    })

    test('is HttpOnly and Lax, and has nothing that can be read', async () => {
      const browser = anIdpBrowser(shared())
      const response = await browser.start()
      assert.match(
        String(response.headers['set-cookie']),
        /^countersign-console-oidc=1\.[\w-]+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/,
      )
      const { searchParams } = new URL(targetOf(response))
      const value = browser.cookies.get('countersign-console-oidc')!
      assert.ok(!Buffer.from(value.slice(2), 'base64url').toString('latin1').includes(searchParams.get('state')!))
    })

    test('that is sent once more begins no second session, even where the identity provider takes a code twice', async () => {
      aPerson('support')
      idp.behave({ acceptsCodesTwice: true })
      const browser = anIdpBrowser(shared())
      const back = await idp.visit(targetOf(await browser.start()))
      const copy = anIdpBrowser(shared())
      copy.cookies.set('countersign-console-oidc', browser.cookies.get('countersign-console-oidc')!)
      const third = anIdpBrowser(shared())
      third.cookies.set('countersign-console-oidc', browser.cookies.get('countersign-console-oidc')!)
      const answers = await Promise.all([browser, copy].map((one) => one.comeBack(back)))
      assert.deepEqual(answers.map(targetOf).toSorted(), ['/console', '/console/sign-in?error=sign-in-ended'])
      assert.equal(targetOf(await third.comeBack(back)), '/console/sign-in?error=sign-in-ended')
    })
  })

  test('abuse 154: no other site begins a sign-in or finishes one in a frame, a picture or a script', async () => {
    const browser = anIdpBrowser(shared())
    const foreign: Record<string, string>[] = [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-dest': 'iframe' },
      { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
    ]
    for (const headers of foreign)
      assert.deepEqual(refusalOf(await browser.start({}, headers)), [403, 'cross-site-request'], JSON.stringify(headers))
    assert.deepEqual([...browser.cookies.keys()], [])
    aPerson('support')
    const back = await idp.visit(targetOf(await browser.start()))
    assert.deepEqual(refusalOf(await browser.comeBack(back, { 'sec-fetch-dest': 'iframe' })), [403, 'cross-site-request'])
    const unsafe = await shared().request({ method: 'HEAD', url: '/console/api/oidc/start' })
    assert.equal(unsafe.statusCode, 404, 'a program that looks what a link leads to begins nothing')
  })

  test('whatever "return" says, the browser stays at the console', async () => {
    aPerson('support')
    for (const wanted of ['https://evil.example', '//evil.example', '/\\evil.example', '/console/api/session', 'javascript:alert(1)']) {
      const browser = anIdpBrowser(shared())
      const back = await idp.visit(targetOf(await browser.start({ return: wanted })))
      assert.equal(targetOf(await browser.comeBack(back)), '/console', wanted)
    }
  })

  suite('a fresh sign-in', () => {
    test('of the same person lets the session go on and confirms it', async () => {
      aPerson('admins')
      const browser = await signInAtIdp(shared(), idp)
      const { clientId, slug } = await shared().aClient('prod')
      assert.ok(slug)
      const remove = () => browser.page().call('clients.delete', { params: { realm: 'prod', client: clientId } })
      shared().clock.advance(16 * 60_000)
      assert.deepEqual(refusalOf(await remove()), [403, 'sign-in-again'])
      const before = browser.cookies.get('countersign-console')
      const started = targetOf(await browser.start({ confirm: '1', return: '/console/prod/clients' }))
      assert.equal(new URL(started).searchParams.get('prompt'), 'login')
      assert.equal(targetOf(await browser.comeBack(await idp.visit(started))), '/console/prod/clients')
      assert.equal(browser.cookies.get('countersign-console'), before)
      assert.equal((await remove()).statusCode, 200)
    })

    test('of another person changes nothing', async () => {
      aPerson('admins')
      const browser = await signInAtIdp(shared(), idp)
      shared().clock.advance(16 * 60_000)
      const started = targetOf(await browser.start({ confirm: '1' }))
      const { confirmedUntil, person } = (await browser.page().session()).json()
      aPerson('owners')
      assert.equal(targetOf(await browser.comeBack(await idp.visit(started))), '/console/sign-in?error=other-person')
      const after = (await browser.page().session()).json()
      assert.deepEqual([after.confirmedUntil, after.person.id], [confirmedUntil, person.id])
    })

    test('is not one at which the identity provider asked for nothing, or does not say when it did', async () => {
      aPerson('admins')
      const { clientId } = await shared().aClient('prod')
      const removeIn = ({ page }: IdpBrowser) => page().call('clients.delete', { params: { realm: 'prod', client: clientId } })
      for (const authTime of [1_600_000_000, undefined]) {
        idp.behave({ claims: (claims) => ({ ...claims, auth_time: authTime }) })
        const browser = await signInAtIdp(shared(), idp)
        assert.deepEqual(refusalOf(await removeIn(browser)), [403, 'sign-in-again'], String(authTime))
      }
      idp.behave()
      const browser = await signInAtIdp(shared(), idp)
      assert.equal((await removeIn(browser)).statusCode, 200)
    })

    test('at which the identity provider asked for nothing does not count', async () => {
      aPerson('admins')
      const browser = await signInAtIdp(shared(), idp)
      idp.behave({ claims: (claims) => ({ ...claims, auth_time: 1_600_000_000 }) })
      const back = await idp.visit(targetOf(await browser.start({ confirm: '1' })))
      assert.equal(targetOf(await browser.comeBack(back)), '/console/sign-in?error=sign-in-invalid')
    })
  })

  test('a session ends at the next request once its organization is suspended', async () => {
    aPerson('support')
    const { operator, request, clock } = await startTestServer({ settings, realms: ' {}' })
    const owner = await signInBySecret({ request, clock }, operator)
    const browser = await signInAtIdp({ request, clock }, idp)
    await owner.call('organizations.cutTokens', { params: { realm: 'operators', organization: 'operators' }, body: { reason: 'a test' } })
    clock.advance(2000)
    assert.equal((await browser.page().session()).statusCode, 401)
  })
})

test('abuse 159: an address that keeps failing at the identity provider is blocked, and others are not', async () => {
  aPerson('support')
  const server = await startTestServer({ settings, realms: ' {}', nodes: 1 })
  idp.behave({ back: (query) => query.set('code', 'guessed') })
  const attacker = anIdpBrowser(server)
  const codes: string[] = []
  for (let attempt = 0; attempt < 15; attempt++) {
    server.clock.advance(25)
    const back = await idp.visit(targetOf(await attacker.start()))
    codes.push(targetOf(await attacker.comeBack(back)).split('=')[1]!)
  }
  assert.equal(codes[0], 'sign-in-invalid')
  assert.equal(codes.at(-1), 'too-many-attempts')
  idp.behave()
  await signInAtIdp(server, idp)
})

test('abuse 159: a thousand starts by an outsider cost the identity provider one request and this server a bounded number of answers', async () => {
  const server = await startTestServer({ settings, realms: ' {}', nodes: 1 })
  const outsider = anIdpBrowser(server)
  const discoveryPath = '/.well-known/openid-configuration'
  idp.behave()
  const before = idp.requests.get(discoveryPath) ?? 0
  await anIdpBrowser(server).start()
  const answers = await Promise.all(Array.from({ length: 1000 }, () => outsider.start()))
  assert.equal(answers.filter((answer) => targetOf(answer).startsWith(idp.issuer)).length, 50)
  assert.ok(answers.every((answer) => targetOf(answer).startsWith(idp.issuer) || targetOf(answer).endsWith('error=too-many-attempts')))
  assert.equal((idp.requests.get(discoveryPath) ?? 0) - before, 1)
})

test('while the identity provider is down, sign-ins that outsiders begin fill no log', async () => {
  const server = await startTestServer({ settings, realms: ' {}', nodes: 1 })
  idp.behave({ answer: { path: '/.well-known/openid-configuration', with: (response) => void response.writeHead(503).end() } })
  for (let outsider = 0; outsider < 200; outsider++)
    assert.equal(targetOf(await anIdpBrowser(server).start()), '/console/sign-in?error=idp-away')
  idp.behave()
  const lines = server.log.filter((line) => line.includes('a sign-in at the identity provider failed'))
  assert.ok(lines.length > 0 && lines.length <= 60, String(lines.length))
})

test('where the secret of an operator does not count, only the identity provider signs in', async () => {
  aPerson('support')
  const server = await startTestServer({ settings: settings.replace('signIn: {', 'signIn: { operatorSecret: false,'), realms: ' {}' })
  const page = { headers: { 'sec-fetch-site': 'same-origin' } }
  assert.deepEqual((await server.request({ url: '/console/api/sign-in', ...page })).json(), {
    operatorSecret: false,
    oidc: { name: 'Acme SSO' },
  })
  const { clientId, clientSecret } = server.operator
  const refused = await server.request({ method: 'POST', url: '/console/api/session', ...page, payload: { clientId, clientSecret } })
  assert.deepEqual(refusalOf(refused), [401, 'invalid-client'])
  await signInAtIdp(server, idp)
})

test('without an identity provider there are no such routes', async () => {
  const server = await startTestServer({ settings: 'console: {}', realms: ' {}' })
  const page = { headers: { 'sec-fetch-site': 'same-origin' } }
  assert.deepEqual((await server.request({ url: '/console/api/sign-in', ...page })).json(), { operatorSecret: true, oidc: null })
  for (const route of ['start', 'callback'])
    assert.deepEqual(refusalOf(await server.request({ url: `/console/api/oidc/${route}`, ...page })), [404, 'not-found'])
})

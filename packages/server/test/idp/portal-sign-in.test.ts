// People of an organization sign in to the portal at the identity provider of the organization: with the role of their groups, and to nothing else.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { refusalOf } from '../console.fixture.ts'
import { postToPortal } from '../people.fixture.ts'
import { shareTestServer, startTestServer } from '../test-server.fixture.ts'
import { anIdpBrowser, hasFlow, signInAtIdp, targetOf, type PlaceOfIdp } from './idp-browser.fixture.ts'
import { anOrganizationWithIdp, withOrganizationIdps } from './organization-idp.fixture.ts'
import { startSmallIdp, type Misbehaviour } from './small-idp.fixture.ts'

const idp = await startSmallIdp()
let people = 0

/** A person that no other test knows, and that signs in next. */
function aPerson(...groups: string[]): string {
  const sub = `person-${++people}`
  idp.behave()
  idp.person = { sub, name: `Person ${people}`, email: `${sub}@acme.example`, groups }
  return sub
}

const errorPage = ({ party }: PlaceOfIdp, code: string) => `/portal/sign-in${party}?error=${code}`

suite('signing in at the identity provider of an organization', () => {
  const shared = shareTestServer(withOrganizationIdps)
  const anOrganization = (members?: Parameters<typeof anOrganizationWithIdp>[2]) => anOrganizationWithIdp(shared(), idp, members)
  const signIn = (place: PlaceOfIdp, query?: Record<string, string>) => signInAtIdp(shared(), idp, query, place)
  /** What a sign-in that does not succeed leads to. */
  async function attempt(place: PlaceOfIdp): Promise<string> {
    const browser = anIdpBrowser(shared(), place)
    const target = targetOf(await browser.comeBack(await idp.visit(targetOf(await browser.start()))))
    assert.deepEqual([...browser.cookies.keys()], [])
    return target
  }

  test('a person has the role of its groups, the one with the most rights, and comes back to the page that was left', async () => {
    const { place, params, organizationId } = await anOrganization()
    aPerson('viewers', 'developers', 'unknown group')
    const browser = await signIn(place, { return: '/portal/usage?step=day' })
    const { kind, person, role, realm, organization } = (await browser.page().session()).json()
    assert.deepEqual([kind, role, realm, organization.id], ['person', 'developer', params.realm, organizationId])
    assert.deepEqual(
      [person.name, person.address, person.role, person.signIn],
      [idp.person['name'], idp.person['email'], 'developer', 'idp'],
    )
    assert.equal(hasFlow(browser), false)
    assert.equal((await browser.page().call('clients.list', { params: { realm } })).json().items.length, 1)
    const refused = await browser.page().call('invitations.create', { params, body: { role: 'viewer' } })
    assert.deepEqual(refusalOf(refused), [403, 'insufficient-scope'])
    const [listed] = (await shared().admin('people.list', { params })).items
    assert.deepEqual([listed?.name, listed?.role, listed?.signIn, listed?.passkeys], [idp.person['name'], 'developer', 'idp', 0])
  })

  test('a role for everyone lets in who is in no group', async () => {
    const { place } = await anOrganization({ roles: { admins: 'admin' }, everyone: 'viewer' })
    aPerson()
    assert.equal((await (await signIn(place)).page().session()).json().role, 'viewer')
  })

  test('without a role a person gets no session, and what it had ends; the audit log has it with the organization', async () => {
    const { place, organizationId } = await anOrganization()
    const subject = aPerson('developers')
    const before = await signIn(place)
    idp.person = { ...idp.person, groups: ['Developers', 'owners'] }
    assert.equal(await attempt(place), errorPage(place, 'no-role'))
    assert.equal((await before.page().session()).statusCode, 401)
    await shared().tokenOf('operators', shared().operator)
    const events = await shared().database.query<Record<string, string>>(
      `select * from audit_events where reason = 'no-role' and organization_id = ?`,
      organizationId,
    )
    const { issuer, subject: recorded, at } = JSON.parse(events.at(-1)!['detail']!)
    assert.deepEqual([issuer, recorded, at], [idp.issuer, subject, 'portal'])
  })

  test('other roles of the groups, a suspension and the end of the identity provider count at the next request', async () => {
    const { place, set, params } = await anOrganization()
    aPerson('admins')
    const { page } = await signIn(place)
    const roleNow = async () => {
      const session = await page().session()
      return session.statusCode === 200 ? session.json().role : session.statusCode
    }
    assert.equal(await roleNow(), 'admin')
    await set({ roles: { admins: 'viewer' } })
    assert.equal(await roleNow(), 'viewer')
    await shared().admin('organizations.suspend', { params, body: {} })
    assert.equal(await roleNow(), 401)
    await shared().admin('organizations.resume', { params })
    assert.equal(await roleNow(), 'viewer')
    await set({ roles: { others: 'admin' } })
    assert.equal(await roleNow(), 401)
    await set()
    assert.equal(await roleNow(), 401, 'a role that is given again does not bring the session back')
    const again = await signIn(place)
    assert.equal((await again.page().session()).statusCode, 200)
    await shared().admin('identityProviders.remove', { params })
    assert.equal((await again.page().session()).statusCode, 401)
    await set()
    assert.equal((await again.page().session()).statusCode, 401)
  })

  test('groups that another claim or client told count for nothing, and a sign-in tells those of now', async () => {
    const { place, set } = await anOrganization()
    aPerson('admins')
    idp.person = { ...idp.person, roles: ['viewers'] }
    const before = await signIn(place)
    await set({ claim: 'roles' })
    assert.equal((await before.page().session()).statusCode, 401)
    const since = await signIn(place)
    assert.equal((await since.page().session()).json().role, 'viewer')
    await set({ claim: 'roles', name: 'Renamed' })
    assert.equal((await since.page().session()).json().role, 'viewer')
    await set({ claim: 'roles', clientId: 'another' })
    assert.equal((await since.page().session()).statusCode, 401)
  })

  test('abuse 147: what a stranger asks about is answered alike: no such organization or realm, none with it, a suspended one, operators', async () => {
    const { params, place } = await anOrganization()
    await shared().admin('organizations.suspend', { params, body: {} })
    const { slug } = await shared().aClient('nt24-idp')
    const parties = [place.party, `/nt24-idp/${slug}`, '/nt24-idp/no-such-organization', '/no-such-realm/acme', '/operators/operators']
    for (const party of parties) {
      const browser = anIdpBrowser(shared(), { mount: '/portal', party })
      assert.equal(targetOf(await browser.start()), errorPage({ mount: '/portal', party }, 'no-idp'))
    }
    for (const party of ['/nt24-idp/%00', '/nt24-idp/..%2f..', `/nt24-idp/${'a'.repeat(90)}`])
      assert.equal(targetOf(await anIdpBrowser(shared(), { mount: '/portal', party }).start()), '/portal/sign-in?error=no-idp')
  })

  test('abuse 147: what began at one organization is not finished at another one, and its code goes nowhere', async () => {
    const [one, other] = [await anOrganization(), await anOrganization()]
    aPerson('admins')
    const browser = anIdpBrowser(shared(), one.place)
    const back = await idp.visit(targetOf(await browser.start()))
    const redeemed = idp.requests.get('/token') ?? 0
    back.pathname = back.pathname.replace(one.params.organization, other.params.organization)
    assert.equal(targetOf(await browser.comeBack(back)), errorPage(other.place, 'sign-in-ended'))
    assert.equal(idp.requests.get('/token') ?? 0, redeemed)
    assert.deepEqual([...browser.cookies.keys()], [])
  })

  test('what began before another client was set is not finished at it', async () => {
    const { place, set } = await anOrganization()
    aPerson('admins')
    const browser = anIdpBrowser(shared(), place)
    const back = await idp.visit(targetOf(await browser.start()))
    await set({ clientId: 'another' })
    assert.equal(targetOf(await browser.comeBack(back)), errorPage(place, 'sign-in-ended'))
  })

  test('the same person at two organizations is a person of each', async () => {
    const [one, other] = [await anOrganization(), await anOrganization()]
    aPerson('viewers')
    const sessions = await Promise.all([one, other].map(async ({ place }) => (await (await signIn(place)).page().session()).json()))
    assert.notEqual(sessions[0].person.id, sessions[1].person.id)
    assert.deepEqual(
      sessions.map(({ organization }) => organization.id),
      [one.organizationId, other.organizationId],
    )
  })

  test('an identity provider names at most 10,000 people, and those of the one before take no place of them', async () => {
    const { place, organizationId } = await anOrganization()
    await shared().database.query(
      `insert into people (id, realm, organization_id, name, issuer, subject, created_at)
        with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < 10000)
        select 'one of many ' || n, 'nt24-idp', ?, 'Person', 'https://former.example', 'subject ' || n, 1 from numbers`,
      organizationId,
    )
    const known = aPerson('viewers')
    await signIn(place)
    await shared().database.query(`update people set issuer = ? where issuer = 'https://former.example'`, idp.issuer)
    aPerson('viewers')
    assert.equal(await attempt(place), errorPage(place, 'unavailable'))
    idp.person = { ...idp.person, sub: known }
    await signIn(place)
  })

  const faults: readonly [what: string, otherwise: Misbehaviour][] = [
    ['another state', { back: (query) => query.set('state', 'x'.repeat(43)) }],
    ['another issuer in the address', { back: (query) => query.set('iss', 'https://evil.example') }],
    ['a code that was guessed', { back: (query) => query.set('code', 'guessed') }],
    ['another nonce', { claims: (claims) => ({ ...claims, nonce: 'x' }) }],
    ['another issuer', { claims: (claims) => ({ ...claims, iss: 'https://evil.example' }) }],
    ['another audience', { claims: (claims) => ({ ...claims, aud: 'another-client' }) }],
    ['an expired token', { claims: (claims) => ({ ...claims, exp: 1 }) }],
    ['no signature', { signature: 'none' }],
    ['a signature by the secret', { signature: 'hmac' }],
    ['a signature by another key', { signature: 'other-key' }],
    ['a claim that was changed', { signature: 'altered' }],
  ]
  for (const [what, otherwise] of faults)
    test(`an answer with ${what} is refused`, async () => {
      const { place } = await anOrganization()
      aPerson('admins')
      idp.behave(otherwise)
      assert.equal(await attempt(place), errorPage(place, 'sign-in-invalid'))
    })

  test('an answer that is sent once more begins no second session', async () => {
    const { place } = await anOrganization()
    aPerson('admins')
    idp.behave({ acceptsCodesTwice: true })
    const browser = anIdpBrowser(shared(), place)
    const back = await idp.visit(targetOf(await browser.start()))
    const copy = anIdpBrowser(shared(), place)
    for (const [name, value] of browser.cookies) copy.cookies.set(name, value)
    assert.equal(targetOf(await browser.comeBack(back)), '/portal')
    assert.equal(targetOf(await copy.comeBack(back)), errorPage(place, 'sign-in-ended'))
  })

  test('a fresh sign-in of the same person lets the session go on, and one of another person does not', async () => {
    const { place, params } = await anOrganization()
    const subject = aPerson('admins')
    const browser = await signIn(place)
    shared().clock.advance(16 * 60_000)
    const invite = () => browser.page().call('invitations.create', { params, body: { role: 'viewer' } })
    assert.deepEqual(refusalOf(await invite()), [403, 'sign-in-again'])
    const cookie = browser.cookies.get('countersign-portal')
    aPerson('admins')
    const other = await idp.visit(targetOf(await browser.start({ confirm: '1' })))
    assert.equal(targetOf(await browser.comeBack(other)), errorPage(place, 'other-person'))
    idp.person = { ...idp.person, sub: subject }
    idp.behave({ claims: (claims) => ({ ...claims, auth_time: Math.floor(shared().clock.now() / 1000) }) })
    const same = await idp.visit(targetOf(await browser.start({ confirm: '1' })))
    assert.equal(targetOf(await browser.comeBack(same)), '/portal')
    assert.equal(browser.cookies.get('countersign-portal'), cookie)
    assert.equal((await invite()).statusCode, 201)
  })

  test('neither a colleague nor an operator sets the role of such a person, and a removed one is out', async () => {
    const { place, params } = await anOrganization()
    aPerson('admins')
    const { page } = await signIn(place)
    aPerson('viewers')
    const colleague = await signIn(place)
    const { id } = (await colleague.page().session()).json().person
    const ofColleague = { ...params, person: id }
    const byAdmin = await page().call('people.setRole', { params: ofColleague, body: { role: 'admin' } })
    assert.deepEqual(refusalOf(byAdmin), [409, 'conflict'])
    assert.match(byAdmin.json().remedy, /groups/)
    const byOperator = await shared().requestAdmin('people.setRole', { params: ofColleague, body: { role: 'admin' } })
    assert.deepEqual(refusalOf(byOperator), [409, 'conflict'])
    assert.equal((await page().call('people.remove', { params: ofColleague })).statusCode, 200)
    assert.equal((await colleague.page().session()).statusCode, 401)
  })

  test('it has no passkeys, with which it could come in although its company does not let it', async () => {
    const { place } = await anOrganization()
    aPerson('admins')
    const { page } = await signIn(place)
    for (const url of ['/portal/api/passkeys', '/portal/api/passkeys/options'])
      assert.deepEqual(refusalOf(await page().request({ method: 'POST', url, payload: {} })).at(0), 409, url)
  })

  test('an admin who is none any more leaves no open invitation', async () => {
    const { place, params, set } = await anOrganization()
    aPerson('admins')
    const invite = async () => {
      const { page } = await signIn(place)
      const { url } = (await page().call('invitations.create', { params, body: { role: 'admin' } })).json<{ url: string }>()
      return url.split('#')[1]!
    }
    const isOpen = async (invitation: string) => (await postToPortal(shared(), 'invitation', { invitation })).statusCode === 200
    const first = await invite()
    assert.equal(await isOpen(first), true)
    idp.person = { ...idp.person, groups: ['viewers'] }
    await signIn(place)
    assert.equal(await isOpen(first), false, 'by a sign-in without the group')
    idp.person = { ...idp.person, groups: ['admins'] }
    const second = await invite()
    await set({ roles: { admins: 'developer' } })
    assert.equal(await isOpen(second), false, 'by another role of the group')
  })

  test('that a person of the identity provider invites one outside of it is in the audit log and the list of invitations', async () => {
    const { place, params, organizationId } = await anOrganization()
    aPerson('admins')
    const { page } = await signIn(place)
    await page().call('invitations.create', { params, body: { role: 'admin' } })
    await shared().admin('invitations.create', { params, body: { role: 'viewer' } })
    const { items } = (await page().call('invitations.list', { params })).json<{
      items: { role: string; inviterSignIn: string | null }[]
    }>()
    const found = items.map(({ role, inviterSignIn }) => [role, inviterSignIn])
    assert.deepEqual(
      new Map(found as [string, string | null][]),
      new Map([
        ['admin', 'idp'],
        ['viewer', null],
      ]),
    )
    const events = await shared().database.query<{ detail: string }>(
      `select detail from audit_events where kind = 'invitations.create' and organization_id = ? order by id`,
      organizationId,
    )
    assert.deepEqual(
      events.map(({ detail }) => JSON.parse(detail).outsideIdp),
      [true, undefined],
    )
  })

  test('a sign-out at one organization ends no session of another one', async () => {
    const [one, other] = [await anOrganization(), await anOrganization()]
    const sub = aPerson('viewers')
    const [first, second] = [await signIn(one.place), await signIn(other.place)]
    const at = Math.floor(shared().clock.now() / 1000)
    const claims = { iss: idp.issuer, aud: idp.clientId, iat: at, exp: at + 120, jti: 'one', sub }
    const token = idp.signJwt(
      { alg: 'ES256', kid: 'k1', typ: 'logout+jwt' },
      { ...claims, events: { 'http://schemas.openid.net/event/backchannel-logout': {} } },
    )
    const post = (party: string) =>
      shared().request({
        method: 'POST',
        url: `/portal/api/oidc/logout${party}`,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        payload: new URLSearchParams({ logout_token: token }).toString(),
      })
    assert.deepEqual((await post('/nt24-idp/no-such-organization')).json(), { error: 'invalid_request' })
    assert.equal((await post(one.place.party)).statusCode, 200)
    assert.deepEqual([(await first.page().session()).statusCode, (await second.page().session()).statusCode], [401, 200])
  })
})

test('abuse 159: strangers who begin sign-ins cost each identity provider one request, and all of them together a bounded number', async () => {
  const server = await startTestServer({ ...withOrganizationIdps, nodes: 1 })
  idp.behave()
  const { place } = await anOrganizationWithIdp(server, idp)
  const path = '/.well-known/openid-configuration'
  const before = idp.requests.get(path) ?? 0
  const stranger = anIdpBrowser(server, place)
  const answers = await Promise.all(Array.from({ length: 200 }, () => stranger.start()))
  assert.ok(answers.every((answer) => targetOf(answer).startsWith(idp.issuer) || targetOf(answer).endsWith('error=too-many-attempts')))
  assert.equal((idp.requests.get(path) ?? 0) - before, 1)
  const organizations = []
  for (let count = 0; count < 60; count++) organizations.push(await anOrganizationWithIdp(server, idp, {}, `acme-${count}`))
  const targets = await Promise.all(organizations.map(async (one) => targetOf(await anIdpBrowser(server, one.place).start())))
  const isAway = (target: string) => target.endsWith('error=idp-away')
  assert.ok((idp.requests.get(path) ?? 0) - before <= 52, String(idp.requests.get(path)))
  assert.ok(targets.filter(isAway).length >= 8, String(targets.filter(isAway).length))
  server.clock.advance(1000)
  const { place: refused } = organizations[targets.findIndex(isAway)]!
  assert.ok(targetOf(await anIdpBrowser(server, refused).start()).startsWith(idp.issuer), 'that there were too many is not kept')
})

suite('how often people of one organization sign in', () => {
  async function anAttempt() {
    const server = await startTestServer({ ...withOrganizationIdps, nodes: 1 })
    const one = await anOrganizationWithIdp(server, idp)
    const attempt = async (at = one.place) => {
      const browser = anIdpBrowser(server, at)
      return targetOf(await browser.comeBack(await idp.visit(targetOf(await browser.start()))))
    }
    /** Twenty people, as often as each may: all that the organization has at once, if the people do not sign in before. */
    const useUp = async () => {
      for (let person = 0; person < 20; person++) {
        aPerson('viewers')
        for (let signIn = 0; signIn < 10; signIn++) await attempt()
      }
    }
    return { server, attempt, useUp, ...one, tooMany: errorPage(one.place, 'too-many-attempts') }
  }

  test('200 times at once and then twice a second, with a page that says so, and others are not held up', async () => {
    const { server, attempt, useUp, organizationId, tooMany } = await anAttempt()
    const other = await anOrganizationWithIdp(server, idp, {}, 'other')
    await useUp()
    aPerson('viewers')
    assert.equal(await attempt(), tooMany)
    assert.equal(await attempt(other.place), '/portal')
    const of = (where: string) => server.database.query(`select id from people where organization_id = ? and ${where}`, organizationId)
    assert.equal((await of('issuer is not null')).length, 20, 'the last person is not recorded')
    server.clock.advance(1000)
    assert.deepEqual([await attempt(), await attempt(), await attempt()], ['/portal', '/portal', tooMany])
  })

  test('abuse 159: one person ten times at once and then every five seconds, and no colleague is held up', async () => {
    const { server, attempt, tooMany } = await anAttempt()
    const subject = aPerson('viewers')
    const targets: string[] = []
    for (let signIn = 0; signIn < 220; signIn++) targets.push(await attempt())
    aPerson('viewers')
    assert.equal(await attempt(), '/portal')
    assert.deepEqual([targets.indexOf(tooMany), targets.lastIndexOf('/portal')], [10, 9])
    idp.person = { ...idp.person, sub: subject }
    server.clock.advance(5000)
    assert.deepEqual([await attempt(), await attempt()], ['/portal', tooMany])
  })

  test('abuse 159: a person without a role holds up no colleague, however often it comes back', async () => {
    const { attempt, place } = await anAttempt()
    aPerson()
    for (let signIn = 0; signIn < 220; signIn++) assert.equal(await attempt(), errorPage(place, 'no-role'))
    aPerson('viewers')
    assert.equal(await attempt(), '/portal')
  })

  test('when there were too many, a person who has lost the role is out all the same, and a known one confirms a step', async () => {
    const { server, attempt, useUp, place, params, tooMany } = await anAttempt()
    const formerly = aPerson('admins')
    const former = await signInAtIdp(server, idp, {}, place)
    const subject = aPerson('admins')
    const browser = await signInAtIdp(server, idp, {}, place)
    await useUp()
    aPerson('admins')
    assert.equal(await attempt(), tooMany)

    idp.person = { ...idp.person, sub: formerly, groups: [] }
    assert.equal(await attempt(), errorPage(place, 'no-role'))
    assert.equal((await former.page().session()).statusCode, 401)

    idp.person = { ...idp.person, sub: subject, groups: ['admins'] }
    const confirm = async () => targetOf(await browser.comeBack(await idp.visit(targetOf(await browser.start({ confirm: '1' })))))
    assert.equal(await confirm(), '/portal')
    const invited = await browser.page().call('invitations.create', { params, body: { role: 'viewer' } })
    assert.equal(invited.statusCode, 201)
    aPerson('admins')
    assert.equal(await confirm(), tooMany, 'that of another person is no confirmation')
  })
})

test('abuse 159: organizations that do not exist, or have no identity provider, use up no discovery of the others', async () => {
  const server = await startTestServer({ ...withOrganizationIdps, nodes: 1 })
  idp.behave()
  const { place } = await anOrganizationWithIdp(server, idp)
  const { slug } = await server.aClient('nt24-idp', { slug: 'without' })
  for (let second = 0; second < 6; second++) {
    const slugs = [slug, ...Array.from({ length: 20 }, (_, one) => `unknown-${second}-${one}`)]
    for (const one of slugs) {
      const unknown = { mount: place.mount, party: `/nt24-idp/${one}` }
      assert.equal(targetOf(await anIdpBrowser(server, unknown).start()), errorPage(unknown, 'no-idp'))
    }
    server.clock.advance(1000)
  }
  assert.ok(targetOf(await anIdpBrowser(server, place).start()).startsWith(idp.issuer))
})

test('new people without a role, one after the other, are ten events a minute and a count', async () => {
  const server = await startTestServer({ ...withOrganizationIdps, nodes: 1 })
  const { place, organizationId } = await anOrganizationWithIdp(server, idp)
  const browser = anIdpBrowser(server, place)
  for (let sent = 0; sent < 15; sent++) {
    aPerson()
    const target = targetOf(await browser.comeBack(await idp.visit(targetOf(await browser.start()))))
    assert.equal(target, errorPage(place, 'no-role'))
  }
  await server.tokenOf('operators', server.operator)
  const written = `select id from audit_events where reason = 'no-role' and organization_id = ?`
  assert.equal((await server.database.query(written, organizationId)).length, 10)
})

test('abuse 059: an identity provider at a private address is not asked, also if it was set while that was permitted', async () => {
  const server = await startTestServer(withOrganizationIdps)
  const { organizationId, place } = await anOrganizationWithIdp(server, idp)
  const before = idp.requests.get('/.well-known/openid-configuration') ?? 0
  await server.database.query('update identity_providers set issuer = ? where organization_id = ?', 'https://[::1]:1', organizationId)
  assert.equal(targetOf(await anIdpBrowser(server, place).start()), errorPage(place, 'idp-away'))
  assert.equal(idp.requests.get('/.well-known/openid-configuration') ?? 0, before)
  assert.ok(server.log.some((line) => line.includes('a sign-in at the identity provider failed') && line.includes('public address')))
})

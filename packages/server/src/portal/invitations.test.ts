// Invitations at the portal: what a link opens, once, and where what it has is kept.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createAuthenticator } from '../../test/authenticator.fixture.ts'
import { browserWith, cookieOf, refusalOf } from '../../test/console.fixture.ts'
import { accept, aPerson, invite, mia, portalOrigin, postToPortal } from '../../test/people.fixture.ts'
import { realm, withPortal } from '../../test/portal.fixture.ts'
import { shareTestServer, startTestServer, type TestServer } from '../../test/test-server.fixture.ts'

const days = 86_400_000

suite('an invitation', () => {
  const shared = shareTestServer(withPortal)

  const listed = async (server: TestServer, organization: string) =>
    (await server.admin('invitations.list', { params: { realm, organization } })).items
  const people = async (server: TestServer, organization: string) =>
    (await server.admin('people.list', { params: { realm, organization } })).items

  test('says who invites to what, and changes nothing', async () => {
    const server = shared()
    const { slug } = await server.aClient(realm)
    const { token, endsAt, role } = await invite(server, slug, 'developer')
    for (const _time of [1, 2]) {
      const response = await postToPortal(server, 'invitation', { invitation: token })
      assert.equal(response.statusCode, 200, response.body)
      assert.deepEqual(response.json(), { realm, realmName: realm, organization: { name: slug }, role, invitedBy: 'the provider', endsAt })
    }
    assert.equal(Date.parse(endsAt) - server.clock.now() > 6.9 * days, true)
    const [one] = await listed(server, slug)
    assert.deepEqual([one?.state, one?.invitedBy, one?.acceptedAt, one?.person], ['open', server.operator.clientId, null, null])
  })

  test('makes a person with a passkey, who is signed in', async () => {
    const server = shared()
    const { slug, organizationId } = await server.aClient(realm)
    const { token, id: invitation } = await invite(server, slug, 'developer')
    const joined = await accept(server, token, createAuthenticator(portalOrigin))
    assert.equal(joined.statusCode, 201, joined.body)
    const { kind, person, role, client } = joined.json()
    assert.deepEqual([kind, person.name, person.address, role, client], ['person', mia.name, mia.address, 'developer', null])
    const [found, ...others] = await people(server, slug)
    assert.deepEqual(others, [])
    const { createdAt, lastSignedInAt, ...facts } = found!
    assert.deepEqual(facts, { id: person.id, ...mia, role: 'developer', signIn: 'passkey', passkeys: 1 })
    assert.ok(createdAt && lastSignedInAt)
    const [one] = await listed(server, slug)
    assert.deepEqual([one?.id, one?.state, one?.person], [invitation, 'accepted', { id: person.id, name: mia.name }])
    const session = await browserWith(server, cookieOf(joined), '/portal').session()
    assert.equal(session.json().person.id, person.id)
    const events = await server.database.query<{ kind: string; actor_kind: string; detail: string }>(
      `select * from audit_events where organization_id = '${organizationId}' and kind in ('people.join', 'session.start') order by id`,
    )
    assert.deepEqual(
      events.map(({ kind: of }) => of),
      ['people.join', 'session.start'],
    )
    assert.equal(JSON.parse(events[0]!.detail).invitation, invitation)
  })

  test('abuse 295: one that was used, withdrawn, is late, or never was gets one answer', async () => {
    const server = shared()
    const { slug } = await server.aClient(realm)
    const used = await invite(server, slug)
    assert.equal((await accept(server, used.token, createAuthenticator(portalOrigin))).statusCode, 201)
    const withdrawn = await invite(server, slug)
    const params = { realm, organization: slug, invitation: withdrawn.id }
    for (const _time of [1, 2]) assert.equal((await server.admin('invitations.withdraw', { params })).state, 'withdrawn')
    server.clock.advance(1000)
    const late = await invite(server, slug)
    server.clock.advance(7 * days)
    const suspended = await server.aClient(realm)
    const ofSuspended = await invite(server, suspended.slug)
    await server.admin('organizations.suspend', { params: { realm, organization: suspended.slug }, body: { reason: 'a test' } })
    const answers = new Set<string>()
    for (const invitation of [used.token, withdrawn.token, late.token, ofSuspended.token, 'A'.repeat(43), 'x', ''])
      for (const [path, body] of [
        ['invitation', { invitation }],
        ['invitation/options', { invitation, ...mia }],
      ] as const) {
        const response = await postToPortal(server, path, body)
        const { type, title, detail, remedy } = response.json()
        answers.add(JSON.stringify([response.statusCode, type, title, detail, remedy]))
      }
    assert.equal(answers.size, 1, [...answers].join('\n'))
    assert.match([...answers].join(), /404.*invitation-ended/)
    assert.deepEqual(
      (await listed(server, slug)).map(({ state }) => state),
      ['ended', 'withdrawn', 'accepted'],
    )
    const refused = await server.requestAdmin('invitations.withdraw', { params: { ...params, invitation: used.id } })
    assert.deepEqual(refusalOf(refused), [409, 'conflict'])
  })

  test('abuse 295: two who accept it at once are one person', async () => {
    const server = shared()
    const { slug } = await server.aClient(realm)
    const { token } = await invite(server, slug)
    const attempts = []
    for (const name of ['Mia Wong', 'Noa Berg']) {
      const person = { name, address: 'noa@acme.example' }
      const options = await postToPortal(server, 'invitation/options', { invitation: token, ...person })
      const credential = createAuthenticator(portalOrigin).create(options.json().publicKey)
      attempts.push({ invitation: token, ...person, credential })
    }
    const responses = await Promise.all(attempts.map((attempt) => postToPortal(server, 'invitation/accept', attempt)))
    assert.deepEqual(responses.map(({ statusCode }) => statusCode).toSorted(), [201, 404])
    const joined = await people(server, slug)
    assert.equal(joined.length, 1)
    assert.equal(joined[0]!.passkeys, 1)
    assert.deepEqual(refusalOf(await postToPortal(server, 'invitation/accept', attempts[0]!)), [404, 'invitation-ended'])
  })

  test('abuse 295: neither a GET, nor another site, nor a passkey of another invitation accepts it', async () => {
    const server = shared()
    const { slug } = await server.aClient(realm)
    const [one, other] = [await invite(server, slug), await invite(server, slug)]
    for (const path of ['invitation', 'invitation/options', 'invitation/accept'])
      assert.equal((await server.request({ url: `/portal/api/${path}?invitation=${one.token}` })).statusCode, 404)
    const elsewhere = { 'sec-fetch-site': 'cross-site' }
    assert.deepEqual(refusalOf(await postToPortal(server, 'invitation', { invitation: one.token }, elsewhere)), [403, 'cross-site-request'])
    const options = await postToPortal(server, 'invitation/options', { invitation: other.token, ...mia })
    const credential = createAuthenticator(portalOrigin).create(options.json().publicKey)
    const refused = await postToPortal(server, 'invitation/accept', { invitation: one.token, ...mia, credential })
    assert.deepEqual(refusalOf(refused), [400, 'invalid-request'])
    assert.equal((await postToPortal(server, 'invitation', { invitation: one.token })).statusCode, 200)
    assert.deepEqual(await people(server, slug), [])
  })

  test('abuse 296: a passkey is made for this host, at this address, by a person who unlocked the device', async () => {
    const server = shared()
    const { slug } = await server.aClient(realm)
    const { token } = await invite(server, slug)
    const x5c = Buffer.from('a263616c672663783563814100', 'hex')
    for (const deviation of [
      { origin: 'https://portal.evil.example' },
      { rpId: 'evil.example' },
      { challenge: 'A'.repeat(72) },
      { flags: 0x41 },
      { flags: 0x44 },
      { format: 'packed', statement: x5c },
      { format: 'tpm' },
    ]) {
      const response = await accept(server, token, createAuthenticator(portalOrigin), mia, deviation)
      assert.deepEqual(refusalOf(response), [400, 'invalid-request'], JSON.stringify(deviation))
    }
    server.clock.advance(1000)
    assert.equal((await accept(server, token, createAuthenticator(portalOrigin))).statusCode, 201)
  })

  test('a name that is not visible, an address that is none, and members that are unknown are refused', async () => {
    const server = shared()
    const { slug } = await server.aClient(realm)
    const { token: invitation } = await invite(server, slug)
    for (const [person, pointer] of [
      [{ ...mia, name: 'Mia\u202e' }, '/name'],
      [{ ...mia, name: 'The  Provider' }, '/name'],
      [{ ...mia, address: 'mia' }, '/address'],
      [{ ...mia, role: 'admin' }, '/role'],
    ] as const) {
      const response = await postToPortal(server, 'invitation/options', { invitation, ...person })
      assert.equal(response.statusCode, 400)
      assert.equal(response.json().errors[0].pointer, pointer)
    }
  })

  test('an organization has at most 50 open ones', async () => {
    const server = shared()
    const { slug } = await server.aClient(realm)
    const input = { params: { realm, organization: slug }, body: { role: 'viewer' } } as const
    const first = await invite(server, slug)
    for (let i = 1; i < 50; i++) await server.admin('invitations.create', input)
    assert.deepEqual(refusalOf(await server.requestAdmin('invitations.create', input)), [409, 'conflict'])
    await server.admin('invitations.withdraw', { params: { realm, organization: slug, invitation: first.id } })
    await server.admin('invitations.create', input)
  })

  test('people of an organization invite at most 100 times a day, however many they withdraw', async () => {
    const server = shared()
    const { browser, organization } = await aPerson(server)
    const params = { realm, organization }
    const invite = () => {
      server.clock.advance(4000) // Changes are counted by the minute, too.
      return browser.call('invitations.create', { params, body: { role: 'viewer' } })
    }
    for (let time = 0; time < 100; time++) {
      const made = await invite()
      assert.equal(made.statusCode, 201, made.body)
      await browser.call('invitations.withdraw', { params: { ...params, invitation: made.json().id } })
    }
    assert.deepEqual(refusalOf(await invite()), [409, 'conflict'])
    await server.admin('invitations.create', { params, body: { role: 'viewer' } })
  })

  test('of invitations that are not open any more the last 200 are kept', async () => {
    const server = shared()
    const { slug, organizationId } = await server.aClient(realm)
    for (let old = 0; old < 230; old++)
      await server.database.query(
        `insert into invitations (id, digest, organization_id, role, invited_by, created_at, ends_at, withdrawn_at) values (?, ?, ?, 'viewer', 'x', 1, 2, 1)`,
        `old-${old}`,
        `digest-${old}`,
        organizationId,
      )
    const { id } = await invite(server, slug)
    const rows = await server.database.query<{ id: string }>('select id from invitations where organization_id = ?', organizationId)
    assert.equal(rows.length, 201)
    assert.ok(rows.some((row) => row.id === id))
  })

  test('operators are not invited', async () => {
    const input = { params: { realm: 'operators', organization: 'operators' }, body: { role: 'admin' } } as const
    assert.deepEqual(refusalOf(await shared().requestAdmin('invitations.create', input)), [409, 'conflict'])
  })

  test('an admin of the organization invites, sees no names of operators, and withdraws', async () => {
    const server = shared()
    const admin = await aPerson(server)
    const params = { realm, organization: admin.organization }
    const made = await admin.browser.call('invitations.create', { params, body: { role: 'viewer' } })
    assert.equal(made.statusCode, 201, made.body)
    const { url, id } = made.json()
    const told = await postToPortal(server, 'invitation', { invitation: url.split('#')[1] })
    assert.equal(told.json().invitedBy, mia.name)
    const list = await admin.browser.call('invitations.list', { params })
    assert.deepEqual(
      list.json().items.map((one: { invitedBy: string; state: string }) => [one.invitedBy, one.state]),
      [
        [mia.name, 'open'],
        ['the provider', 'accepted'],
      ],
    )
    assert.equal((await admin.browser.call('invitations.withdraw', { params: { ...params, invitation: id } })).json().state, 'withdrawn')
    const developer = await aPerson(server, 'developer', { slug: admin.organization, organizationId: admin.organizationId })
    const refused = await developer.browser.call('invitations.create', { params, body: { role: 'viewer' } })
    assert.deepEqual(refusalOf(refused), [403, 'insufficient-scope'])
    assert.deepEqual(refusalOf(await developer.browser.call('invitations.list', { params })), [403, 'insufficient-scope'])
    const other = await server.aClient(realm)
    const ofOthers = { params: { realm, organization: other.slug }, body: { role: 'viewer' } } as const
    assert.deepEqual(refusalOf(await admin.browser.call('invitations.create', ofOthers)), [404, 'not-found'])
    const { id: foreign } = await invite(server, other.slug)
    const stolen = await admin.browser.call('invitations.withdraw', { params: { ...params, invitation: foreign } })
    assert.deepEqual(refusalOf(stolen), [404, 'not-found'])
  })

  test('inviting needs a fresh sign-in', async () => {
    const server = shared()
    const { browser, organization } = await aPerson(server)
    server.clock.advance(16 * 60_000)
    const input = { params: { realm, organization }, body: { role: 'viewer' } } as const
    assert.deepEqual(refusalOf(await browser.call('invitations.create', input)), [403, 'sign-in-again'])
  })
})

test('abuse 149: what a link has is in no log, no event and no kept answer', async () => {
  const server = await startTestServer(withPortal)
  const { slug } = await server.aClient(realm)
  const headers = { 'idempotency-key': 'invite-once', authorization: `Bearer ${await server.tokenOf('operators', server.operator)}` }
  const url = `/admin/v1/realms/${realm}/organizations/${slug}/invitations`
  const invite = () => server.request({ method: 'POST', url, headers, payload: { role: 'admin' } })
  const first = (await invite()).json()
  assert.deepEqual((await invite()).json(), { ...first, url: null })
  const token = first.url.split('#')[1]
  await postToPortal(server, 'invitation', { invitation: token })
  await postToPortal(server, 'invitation', { invitation: `${token}x` })
  assert.equal((await accept(server, token, createAuthenticator(portalOrigin))).statusCode, 201)
  await postToPortal(server, 'invitation', { invitation: token })
  const kept = [
    ...(await server.database.query('select * from audit_events')),
    ...(await server.database.query('select * from idempotency_keys')),
    ...(await server.database.query('select * from invitations')),
    ...(await server.database.query('select * from refusals')),
  ]
  assert.ok(kept.length > 5)
  assert.ok(!JSON.stringify(kept).includes(token))
  assert.ok(!server.log.join('').includes(token))
})

test('without a portal there is nothing to invite to', async () => {
  const server = await startTestServer({ settings: 'console: {}' })
  const { slug } = await server.aClient(realm)
  const response = await server.requestAdmin('invitations.create', { params: { realm, organization: slug }, body: { role: 'admin' } })
  assert.deepEqual(refusalOf(response), [409, 'conflict'])
  assert.match(response.json().detail, /portal of this server is off/)
})

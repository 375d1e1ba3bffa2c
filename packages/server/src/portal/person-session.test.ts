// Sessions of persons at the portal: what they see of their organization, and what ends them at the next request.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { refusalOf, type Browser } from '../../test/console.fixture.ts'
import { aPersonWithSession, aSessionOf } from '../../test/person.fixture.ts'
import { portalSession, realm, withPortal } from '../../test/portal.fixture.ts'
import { shareTestServer, startTestServer, type TestServer } from '../../test/test-server.fixture.ts'

suite('a session of a person in the portal', () => {
  const shared = shareTestServer(withPortal)
  const reason = 'a test'

  async function aColleague(server: TestServer, settings: Partial<Parameters<typeof aPersonWithSession>[1]> = {}) {
    const client = await server.aClient(realm)
    const person = await aPersonWithSession(server, { realm, organizationId: client.organizationId, ...settings })
    return { client, person, organization: { realm, organization: client.slug } }
  }

  /** Twice: with two nodes, each answers once. */
  async function assertSignedOut(browser: Browser): Promise<void> {
    for (const _node of [1, 2]) assert.deepEqual(refusalOf(await browser.session()), [401, 'signed-out'])
    assert.equal((await browser.call('clients.list', { params: { realm } })).statusCode, 401)
  }

  test('it says who has signed in, with the role and the organization, and has no client', async () => {
    const server = shared()
    const { client, person } = await aColleague(server, { role: 'admin' })
    const { signedInAt, idleEndsAt, endsAt, confirmedUntil, ...who } = (await person.browser.session()).json()
    assert.deepEqual(who, {
      kind: 'person',
      person: { id: person.id, name: person.name, address: 'mia@acme.example', role: 'admin', signIn: 'passkey' },
      client: null,
      role: 'admin',
      realm,
      realmName: realm,
      issuer: 'http://localhost:8080/realms/nt24-idp',
      tokenUrl: 'http://localhost:8080/realms/nt24-idp/protocol/openid-connect/token',
      organization: { id: client.organizationId, slug: client.slug, name: client.slug },
    })
    const minutesAfter = (instant: string) => (Date.parse(instant) - Date.parse(signedInAt)) / 60_000
    assert.deepEqual([idleEndsAt, endsAt, confirmedUntil].map(minutesAfter), [30, 600, 15])
  })

  test('a person that was removed is signed out, and so are those of a suspended, a cut or a deleted organization', async () => {
    const server = shared()
    const ends = {
      removed: ({ person }) => server.database.query('delete from people where id = ?', person.id),
      'signed out everywhere': ({ person }) =>
        server.database.query('update people set not_before = ? where id = ?', server.clock.now() + 1, person.id),
      ended: ({ person }) => server.database.query('delete from sessions where id = ?', person.session),
      'without a role': ({ person }) => server.database.query('update people set role = null where id = ?', person.id),
      suspended: ({ organization }) => server.admin('organizations.suspend', { params: organization, body: { reason } }),
      cut: ({ organization }) => server.admin('organizations.cutTokens', { params: organization, body: { reason } }),
      deleted: async ({ organization, client }) => {
        await server.admin('clients.delete', { params: { realm, client: client.clientId } })
        await server.admin('organizations.delete', { params: organization })
      },
    } satisfies Record<string, (one: Awaited<ReturnType<typeof aColleague>>) => Promise<unknown>>
    for (const [how, end] of Object.entries(ends)) {
      const colleague = await aColleague(server)
      assert.equal((await colleague.person.browser.session()).statusCode, 200, how)
      await end(colleague)
      await assertSignedOut(colleague.person.browser)
    }
  })

  test('a suspended organization that is resumed gets its sessions back, as those of clients', async () => {
    const server = shared()
    const { person, organization } = await aColleague(server)
    await server.admin('organizations.suspend', { params: organization, body: { reason } })
    await assertSignedOut(person.browser)
    await server.admin('organizations.resume', { params: organization })
    assert.equal((await person.browser.session()).statusCode, 200)
  })

  test('what happens to a client ends no session of a person', async () => {
    const server = shared()
    const { client, person } = await aColleague(server)
    await server.admin('clients.update', { params: { realm, client: client.clientId }, body: { enabled: false } })
    assert.equal((await person.browser.session()).statusCode, 200)
    await server.admin('clients.delete', { params: { realm, client: client.clientId } })
    assert.equal((await person.browser.session()).statusCode, 200)
    assert.deepEqual((await person.browser.call('clients.list', { params: { realm } })).json().items, [])
  })

  test('abuse 147: a person of the realm of the operators has nothing at the portal, whatever its role', async () => {
    const server = shared()
    const [row] = await server.database.query<{ id: string }>(`select id from organizations where realm = 'operators' limit 1`)
    const { browser } = await aPersonWithSession(server, { realm: 'operators', organizationId: row!.id, role: 'admin' })
    await assertSignedOut(browser)
  })

  test('abuse 154: its cookie is worth nothing at the console, nor one of the console here', async () => {
    const server = shared()
    const { person } = await aColleague(server)
    const value = person.browser.cookie.split('=')[1]!
    const { browser } = await aSessionOf(server, person.id, 'console')
    assert.deepEqual(refusalOf(await browser.session()), [401, 'signed-out'])
    assert.equal((await browser.call('clients.list', { params: { realm } })).statusCode, 401)
    const headers = { cookie: `countersign-console=${value}` }
    assert.equal((await server.request({ url: '/console/api/session', headers })).statusCode, 401)
    assert.equal((await server.request({ url: `/admin/v1/realms/${realm}/clients`, headers })).statusCode, 401)
  })

  test('activity keeps it, idleness and age end it, and the secret of a client confirms it not', async () => {
    const server = shared()
    const { client, person } = await aColleague(server)
    server.clock.advance(29 * 60_000)
    assert.equal((await person.browser.request({ method: 'POST', url: `${portalSession}/activity` })).statusCode, 204)
    server.clock.advance(29 * 60_000)
    assert.equal((await person.browser.session()).statusCode, 200)
    const confirm = { method: 'POST', url: `${portalSession}/confirm`, payload: { clientSecret: client.clientSecret } } as const
    assert.deepEqual(refusalOf(await person.browser.request(confirm)), [400, 'invalid-request'])
    server.clock.advance(60_000)
    await assertSignedOut(person.browser)
  })

  test('signing out ends the session, and is in the audit log by the name of the person', async () => {
    const server = shared()
    const { client, person } = await aColleague(server)
    const out = await person.browser.request({ method: 'DELETE', url: portalSession })
    assert.equal(out.statusCode, 204)
    await assertSignedOut(person.browser)
    const [event] = await server.database.query<Record<string, string>>(`select * from audit_events where actor_id = ?`, person.id)
    const { kind, actor_kind, actor_realm, actor_via, on_behalf_of, client_id, organization_id } = event!
    assert.deepEqual(
      [kind, actor_kind, actor_realm, actor_via, on_behalf_of, client_id, organization_id],
      ['session.end', 'person', realm, 'portal', person.name, null, client.organizationId],
    )
  })

  test('abuse 147: one sees and ends the own sessions, and none of a colleague', async () => {
    const server = shared()
    const { client, person } = await aColleague(server)
    server.clock.advance(1000)
    const other = await aSessionOf(server, person.id)
    const colleague = await aPersonWithSession(server, { realm, organizationId: client.organizationId })
    const url = '/portal/api/sessions'
    const { items } = (await person.browser.request({ url })).json()
    assert.deepEqual(
      items.map(({ id, current, userAgent }: Record<string, unknown>) => [id, current, userAgent]),
      [
        [other.session, false, 'a test'],
        [person.session, true, 'a test'],
      ],
    )
    const end = (id: string) => person.browser.request({ method: 'DELETE', url: `${url}/${id}` })
    for (const id of [colleague.session, '11111111-2222-4333-8444-555555555555', 'x'])
      assert.deepEqual(refusalOf(await end(id)), [404, 'not-found'])
    assert.equal((await colleague.browser.session()).statusCode, 200)
    assert.equal((await end(other.session)).statusCode, 204)
    await assertSignedOut(other.browser)
    assert.equal((await person.browser.session()).statusCode, 200)
  })

  test('a refused request of a person is a denial of the person, and of no client', async () => {
    const server = shared()
    const { client, person } = await aColleague(server, { role: 'viewer' })
    const params = { realm, client: client.clientId }
    assert.deepEqual(refusalOf(await person.browser.call('rotation.start', { params, body: {} })), [403, 'insufficient-scope'])
    await server.auditEvents() // Denials are written a moment later.
    const [denial] = await server.database.query<Record<string, string>>(
      `select * from audit_events where actor_id = ? and outcome = 'refused'`,
      person.id,
    )
    assert.deepEqual(
      [denial?.kind, denial?.actor_kind, denial?.on_behalf_of, denial?.client_id, denial?.organization_id],
      ['request', 'person', person.name, null, client.organizationId],
    )
    assert.ok(!server.log.some((line) => line.includes(person.name)), 'the log of the server has no names')
  })
})

test('the restore of a backup ends the sessions of persons that it brings back', async () => {
  const server = await startTestServer(withPortal)
  const { organizationId } = await server.aClient(realm)
  const { browser } = await aPersonWithSession(server, { realm, organizationId })
  assert.equal((await browser.session()).statusCode, 200)
  await server.recordRestore()
  assert.deepEqual(refusalOf(await browser.session()), [401, 'signed-out'])
})

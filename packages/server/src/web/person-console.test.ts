// Persons at the console: rights by groups and the configuration of now, changes in their name, and what ends a session.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { adminScopes, operations } from '@countersign/admin'
import { refusalOf, type Browser } from '../../test/console.fixture.ts'
import { withIdp } from '../../test/idp/idp-browser.fixture.ts'
import { aPersonWithSession, aSessionOf, type SignedInPerson } from '../../test/person.fixture.ts'
import { shareTestServer, type TestServer } from '../../test/test-server.fixture.ts'
import type { Change } from '../change/apply-change.ts'
import { setup } from '../operators/operators.ts'
import { createRightsOfGroups } from '../operators/rights-of-groups.ts'
import { readPersonAuthority } from '../sessions/person-authority.ts'
import { consoleRightsOf } from '../sessions/person-standing.ts'
import type { SessionAccess } from '../sessions/session-standing.ts'

const issuer = 'https://login.example'
const settings = withIdp(
  { issuer, clientId: 'console', clientSecret: 'not-asked-for-here' },
  { roles: ', prod-admins: { scopes: all, realms: [prod] }, auditors: [audit:read]' },
)

suite('a person at the console', () => {
  const shared = shareTestServer({ settings: `${settings}\nportal: { enabled: true }` })
  const realm = 'nt24-idp'
  const reason = 'a test'

  async function operatorsOf(server: TestServer): Promise<string> {
    const [row] = await server.database.query<{ id: string }>(
      `select id from organizations where realm = 'operators' and slug = 'operators'`,
    )
    return row!.id
  }

  async function aPerson(server: TestServer, groups: readonly string[], more: { organizationId?: string; issuer?: string } = {}) {
    return aPersonWithSession(server, { realm: 'operators', organizationId: await operatorsOf(server), issuer, groups, ...more })
  }

  /** Twice: with two nodes, each answers once. */
  async function assertSignedOut(browser: Browser): Promise<void> {
    for (const _node of [1, 2]) assert.deepEqual(refusalOf(await browser.session()), [401, 'signed-out'])
    assert.equal((await browser.call('realms.list', { params: {} })).statusCode, 401)
  }

  test('the session says who it is, and what the groups give now', async () => {
    const server = shared()
    for (const [groups, scopes, realms, owner] of [
      [['owners'], [...adminScopes], null, true],
      [['admins'], [...adminScopes], null, false],
      [['support', 'auditors', 'no-role'], ['organizations:read', 'clients:read', 'audit:read'], null, false],
      [['prod-admins'], [...adminScopes], ['prod'], false],
    ] as const) {
      const person = await aPerson(server, groups)
      const { signedInAt, idleEndsAt, endsAt, confirmedUntil, organization, ...who } = (await person.browser.session()).json()
      const facts = { id: person.id, name: person.name, address: 'mia@acme.example', role: null, signIn: 'idp' }
      assert.deepEqual(who, { kind: 'person', person: facts, realm: 'operators', scopes, realms, owner, portal: true })
      assert.equal(organization.slug, 'operators')
      assert.ok(signedInAt < confirmedUntil && idleEndsAt <= endsAt)
      const me = operations['me.get'].output.parse((await person.browser.call('me.get', { params: {} })).json())
      const { clientId, person: id, name, ...rights } = me
      assert.deepEqual(
        [clientId, id, name, rights],
        [null, person.id, person.name, { realm: 'operators', organization, scopes, realms, owner }],
      )
    }
  })

  test('abuse 146: without a group that has a role, and by another identity provider, there is no session', async () => {
    const server = shared()
    for (const person of [
      await aPerson(server, []),
      await aPerson(server, ['no-role']),
      await aPerson(server, ['owners'], { issuer: 'https://other.example' }),
    ])
      await assertSignedOut(person.browser)
  })

  test('abuse 146: a person of the portal is none of the console, in the realm of the operators either', async () => {
    const server = shared()
    const client = await server.aClient(realm)
    for (const [of, organizationId] of [
      [realm, client.organizationId],
      ['operators', await operatorsOf(server)],
    ] as const) {
      const { id } = await aPersonWithSession(server, { realm: of, organizationId, role: 'admin' })
      const { browser } = await aSessionOf(server, id, 'console')
      await assertSignedOut(browser)
    }
    const { id } = await aPerson(server, ['owners'])
    const { browser } = await aSessionOf(server, id, 'portal')
    assert.deepEqual(refusalOf(await browser.session()), [401, 'signed-out'])
  })

  test('abuse 146: scopes and realms are those of the groups, at the next request after they changed', async () => {
    const server = shared()
    const person = await aPerson(server, ['owners'])
    const { browser } = person
    const write = { params: { realm: 'prod' }, body: { slug: `of-${person.id.slice(0, 8)}`, name: 'Made by a person' } }
    assert.equal((await browser.call('organizations.create', write)).statusCode, 201)
    const setGroups = (groups: string[]) =>
      server.database.query('update people set "groups" = ? where id = ?', JSON.stringify(groups), person.id)
    await setGroups(['prod-admins'])
    assert.deepEqual(refusalOf(await browser.call('organizations.list', { params: { realm } })), [403, 'realm-not-permitted'])
    assert.deepEqual(refusalOf(await browser.call('operators.list', { params: {} })), [403, 'realm-not-permitted'])
    await setGroups(['support'])
    assert.equal((await browser.call('organizations.list', { params: { realm } })).statusCode, 200)
    const again = { ...write, body: { ...write.body, slug: `${write.body.slug}-again` } }
    assert.deepEqual(refusalOf(await browser.call('organizations.create', again)), [403, 'insufficient-scope'])
    await setGroups([])
    await assertSignedOut(browser)
  })

  test('a person that was removed or signed out everywhere is out, and those of a suspended or cut organization', async () => {
    const server = shared()
    const ends: Record<string, (person: SignedInPerson, organization: { realm: string; organization: string }) => Promise<unknown>> = {
      removed: ({ id }) => server.database.query('delete from people where id = ?', id),
      'not before': ({ id }) => server.database.query('update people set not_before = ? where id = ?', server.clock.now() + 1, id),
      suspended: (_, params) => server.admin('organizations.suspend', { params, body: { reason } }),
      cut: (_, params) => server.admin('organizations.cutTokens', { params, body: { reason } }),
    }
    for (const [how, end] of Object.entries(ends)) {
      const slug = `operators-${how.replace(' ', '-')}`
      const { id } = await server.admin('organizations.create', { params: { realm: 'operators' }, body: { slug, name: slug } })
      const person = await aPerson(server, ['owners'], { organizationId: id })
      assert.equal((await person.browser.session()).statusCode, 200, how)
      await end(person, { realm: 'operators', organization: slug })
      await assertSignedOut(person.browser)
    }
  })

  test('changes are made in the name of the person, and found by it', async () => {
    const server = shared()
    const person = await aPerson(server, ['admins'])
    const client = await server.aClient(realm)
    const params = { realm, client: client.clientId }
    const changed = await person.browser.call('clients.update', { params, body: { enabled: false, reason } })
    assert.equal(changed.statusCode, 200, changed.body)
    const { items } = await server.admin('audit.search', { params: {}, query: { actor: person.name } })
    const [event] = items
    assert.deepEqual([items.length, event?.kind, event?.clientId], [1, 'clients.update', client.clientId])
    assert.deepEqual(event?.actor, {
      kind: 'person',
      id: person.id,
      name: person.name,
      realm: 'operators',
      via: 'console',
      onBehalfOf: null,
    })
    assert.deepEqual(event?.detail['by'], { realm: 'operators', person: person.id })
    await server.database.query('delete from people where id = ?', person.id)
    const after = await server.admin('audit.search', { params: {}, query: { actor: person.name } })
    assert.deepEqual(after.items, items, 'also after the person was removed')
  })

  test('abuse 146: only the role of an owner changes operators, and no person leaves the server without an owner that is a client', async () => {
    const server = shared()
    const [owner, admin] = [await aPerson(server, ['owners']), await aPerson(server, ['admins'])]
    const name = `operator-of-${owner.id.slice(0, 8)}`
    const create = {
      params: { realm: 'operators' },
      body: { organization: 'operators', clientId: name, name, scopes: ['audit:read' as const] },
    }
    assert.deepEqual(refusalOf(await admin.browser.call('clients.create', create)), [403, 'insufficient-scope'])
    assert.equal((await owner.browser.call('clients.create', create)).statusCode, 201)
    const client = await server.aClient(realm)
    const promote = { params: { realm, client: client.clientId }, body: { operatorScopes: ['clients:read' as const] } }
    assert.deepEqual(refusalOf(await admin.browser.call('clients.update', promote)), [403, 'owner-required'])
    assert.equal((await owner.browser.call('clients.update', promote)).statusCode, 200)
    const operators = (await server.admin('operators.list', { params: {}, query: { limit: '200' } })).items.filter((one) => one.owner)
    const disable = (of: string) =>
      owner.browser.call('clients.update', { params: { realm: 'operators', client: of }, body: { enabled: false } })
    for (const { clientId } of operators.filter(({ clientId: id }) => id !== server.operator.clientId))
      assert.equal((await disable(clientId)).statusCode, 200)
    assert.deepEqual(refusalOf(await disable(server.operator.clientId)), [409, 'conflict'])
    const suspend = { params: { realm: 'operators', organization: 'operators' }, body: { reason } }
    assert.deepEqual(refusalOf(await owner.browser.call('organizations.suspend', suspend)), [409, 'conflict'])
  })

  test('abuse 146: a client with the id of a person is another: it neither has the rights of the person nor takes them', async () => {
    const server = shared()
    const person = await aPerson(server, ['owners'])
    const params = { realm: 'operators', client: person.id }
    const body = { organization: 'operators', clientId: person.id, name: 'Namesake', scopes: ['audit:read' as const] }
    const { clientSecret } = await server.admin('clients.create', { params: { realm: 'operators' }, body })
    const asNamesake = { clientId: person.id, clientSecret: clientSecret! }
    const key = { 'idempotency-key': 'of-a-namesake' }
    const ask = (headers: Record<string, string>, url: string) =>
      server.request({
        method: 'POST',
        url,
        headers: { ...headers, ...key, 'sec-fetch-site': 'same-origin' },
        payload: { slug: 'namesake', name: 'N' },
      })
    const made = await ask({ cookie: person.browser.cookie }, '/console/api/v1/realms/prod/organizations')
    assert.equal(made.statusCode, 201, made.body)
    const bearer = { authorization: `Bearer ${await server.tokenOf('operators', asNamesake)}` }
    assert.equal((await ask(bearer, '/admin/v1/realms/prod/organizations')).statusCode, 403)
    assert.deepEqual((await person.browser.call('me.get', { params: {} })).json().owner, true)
    const deleted = await person.browser.call('clients.delete', { params })
    assert.equal(deleted.statusCode, 200, deleted.body)
    assert.equal((await person.browser.session()).statusCode, 200)
  })

  test('one ends the own session without any scope, and only an owner those of other operators', async () => {
    const server = shared()
    const [owner, admin, support] = [
      await aPerson(server, ['owners']),
      await aPerson(server, ['admins']),
      await aPerson(server, ['support']),
    ]
    const end = (by: SignedInPerson, session: string) => by.browser.call('sessions.end', { params: { session } })
    assert.deepEqual(refusalOf(await end(support, admin.session)), [403, 'insufficient-scope'])
    assert.deepEqual(refusalOf(await end(admin, support.session)), [403, 'owner-required'])
    const { session } = await aSessionOf(server, support.id, 'console')
    assert.equal((await end(support, session)).statusCode, 200)
    assert.equal((await end(owner, support.session)).statusCode, 200)
    await assertSignedOut(support.browser)
    assert.equal((await admin.browser.session()).statusCode, 200)
  })

  test('a step that gives needs a fresh sign-in of a person, too', async () => {
    const server = shared()
    const person = await aPerson(server, ['owners'])
    server.clock.advance(16 * 60_000)
    const body = { organization: 'operators', clientId: 'never-made', name: 'Never', scopes: ['audit:read' as const] }
    const give = await person.browser.call('clients.create', { params: { realm: 'operators' }, body })
    assert.deepEqual(refusalOf(give), [403, 'sign-in-again'])
  })

  test('in the transaction of a change the groups and the person are those of now', async () => {
    const server = shared()
    const { oidc } = server.configuration.console!.signIn
    const rightsOf = consoleRightsOf(createRightsOfGroups(oidc!))
    const checkAfter = async (person: SignedInPerson, meanwhile: (change: Change) => Promise<unknown>) => {
      const access = { operator: { realm: 'operators', id: person.id }, session: { id: person.session } } as unknown as SessionAccess
      return server.applyChange(setup, 'clients.update', async (change) => {
        change.recordNothing()
        await meanwhile(change as Change)
        return readPersonAuthority(change, access, { realms: server.realms, rightsOf })
      })
    }
    const person = await aPerson(server, ['owners'])
    const setGroups = (groups: string) => (change: Change) =>
      change.db.updateTable('people').set({ groups }).where('id', '=', person.id).execute()
    assert.equal((await checkAfter(person, async () => {})).isOwner, true)
    const demoted = await checkAfter(person, setGroups('["support"]'))
    assert.deepEqual([demoted.scopes, demoted.isOwner, demoted.realms], [['organizations:read', 'clients:read'], false, undefined])
    for (const meanwhile of [
      setGroups('[]'),
      setGroups('not JSON'),
      (change: Change) => change.db.deleteFrom('people').where('id', '=', person.id).execute(),
    ])
      await assert.rejects(checkAfter(person, meanwhile), { code: 'signed-out' })
  })
})

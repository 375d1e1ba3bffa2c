// Who is signed in, and ending a session: who may see it and end it.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { operations } from '@countersign/admin'
import { refusalOf, signIn } from '../../test/console.fixture.ts'
import { aPersonWithSession, aSessionOf } from '../../test/person.fixture.ts'
import { aReader, realm, withPortal } from '../../test/portal.fixture.ts'
import { shareTestServer, type TestServer } from '../../test/test-server.fixture.ts'

suite('operations on sessions', () => {
  const shared = shareTestServer(withPortal)
  const all = { params: {}, query: { limit: '200' } }

  async function anOperator(server: TestServer, scopes: string[], operatorRealms?: string[]) {
    const body = {
      organization: 'operators',
      name: 'Deputy',
      clientId: `deputy-${Math.random().toString(36).slice(2)}`,
      scopes,
      operatorRealms,
    }
    const { client, clientSecret } = await server.admin('clients.create', { params: { realm: 'operators' }, body })
    return { clientId: client.clientId, clientSecret: clientSecret! }
  }

  test('the list has clients and persons, most recent first, and the own ones are marked', async () => {
    const server = shared()
    const operator = await server.createOperator()
    await signIn(server, operator)
    server.clock.advance(1000)
    const { client } = await aReader(server)
    server.clock.advance(1000)
    const person = await aPersonWithSession(server, { realm, organizationId: client.organizationId })
    const response = await server.requestAdmin('sessions.list', all, operator)
    assert.equal(response.statusCode, 200, response.body)
    const list = operations['sessions.list'].output.parse(response.json())
    const organization = { id: client.organizationId, slug: client.slug, name: client.slug }
    const now = new Date(server.clock.now()).toISOString()
    const [first, second, third] = list.items
    assert.deepEqual(first, {
      id: person.session,
      mount: 'portal',
      kind: 'person',
      name: person.name,
      person: person.id,
      realm,
      organization,
      signedInAt: now,
      seenAt: now,
      endsAt: new Date(server.clock.now() + 36_000_000).toISOString(),
      address: '127.0.0.1',
      userAgent: 'a test',
      own: false,
    })
    assert.deepEqual(
      [second?.kind, second?.clientId, second?.person, second?.own, third?.mount, third?.clientId, third?.own],
      ['client', client.clientId, undefined, false, 'console', operator.clientId, true],
    )
    const ofPortal = await server.requestAdmin('sessions.list', { params: {}, query: { mount: 'portal', realm, limit: '1' } }, operator)
    assert.deepEqual([ofPortal.json().items[0].id, typeof ofPortal.json().next], [person.session, 'string'])
  })

  test('a session that was not used, or has ended, is left out', async () => {
    const server = shared()
    const { organizationId } = await server.aClient(realm)
    const { session } = await aPersonWithSession(server, { realm, organizationId })
    const isListed = async () => (await server.admin('sessions.list', all)).items.some(({ id }) => id === session)
    assert.equal(await isListed(), true)
    server.clock.advance(31 * 60_000)
    assert.equal(await isListed(), false)
  })

  test('abuse 147: an operator that is limited to realms sees and ends the sessions of these realms only', async () => {
    const server = shared()
    const [here, there] = [await server.aClient(realm), await server.aClient('prod')]
    const mine = await aPersonWithSession(server, { realm, organizationId: here.organizationId })
    const theirs = await aPersonWithSession(server, { realm: 'prod', organizationId: there.organizationId })
    const limited = await anOperator(server, ['audit:read', 'clients:write'], [realm])
    const { items } = (await server.requestAdmin('sessions.list', all, limited)).json()
    assert.ok(items.length > 0 && items.every((item: { realm: string }) => item.realm === realm))
    const ofProd = { params: {}, query: { realm: 'prod' } }
    assert.deepEqual(refusalOf(await server.requestAdmin('sessions.list', ofProd, limited)), [403, 'realm-not-permitted'])
    const end = (session: string) => server.requestAdmin('sessions.end', { params: { session } }, limited)
    const unknown = '11111111-2222-4333-8444-555555555555'
    assert.deepEqual(
      [refusalOf(await end(theirs.session)), refusalOf(await end(unknown))],
      [
        [404, 'not-found'],
        [404, 'not-found'],
      ],
    )
    assert.equal((await theirs.browser.session()).statusCode, 200)
    assert.equal((await end(mine.session)).statusCode, 200)
    assert.deepEqual(refusalOf(await mine.browser.session()), [401, 'signed-out'])
  })

  test('a session that was ended is over at the next request, and its end is in the audit log', async () => {
    const server = shared()
    const { organizationId } = await server.aClient(realm)
    const person = await aPersonWithSession(server, { realm, organizationId })
    const other = await aSessionOf(server, person.id)
    await server.admin('sessions.end', { params: { session: person.session }, body: { reason: 'laptop lost' } })
    assert.deepEqual(refusalOf(await person.browser.session()), [401, 'signed-out'])
    assert.equal((await other.browser.session()).statusCode, 200, 'one session, not the person')
    const { items } = await server.admin('audit.search', { params: {}, query: { kind: 'sessions.end', organization: organizationId } })
    const { by, ...detail } = items[0]!.detail
    assert.deepEqual(detail, { sessionId: person.session, mount: 'portal', person: person.id, name: person.name, reason: 'laptop lost' })
    assert.deepEqual(by, { realm: 'operators', client: server.operator.clientId })
  })

  test('one ends its own sessions without any scope; those of others need clients:write, and those of operators an owner', async () => {
    const server = shared()
    const { client, browser } = await aReader(server)
    const readsOnly = await anOperator(server, ['audit:read'])
    const writes = await anOperator(server, ['audit:read', 'clients:write'])
    const ofReader = await signIn(server, readsOnly)
    const { items } = (await server.requestAdmin('sessions.list', all, readsOnly)).json<{ items: { id: string; clientId?: string }[] }>()
    const sessionOf = (clientId: string) => items.find((item) => item.clientId === clientId)!.id
    const end = (clientId: string, as: typeof writes) =>
      server.requestAdmin('sessions.end', { params: { session: sessionOf(clientId) } }, as)
    assert.deepEqual(refusalOf(await end(client.clientId, readsOnly)), [403, 'insufficient-scope'])
    assert.deepEqual(refusalOf(await end(readsOnly.clientId, writes)), [403, 'owner-required'])
    assert.equal((await ofReader.session()).statusCode, 200)
    assert.equal((await end(readsOnly.clientId, readsOnly)).statusCode, 200)
    assert.equal((await ofReader.session()).statusCode, 401)
    assert.equal((await end(client.clientId, writes)).statusCode, 200)
    assert.equal((await browser.session()).statusCode, 401)
    const again = await end(client.clientId, writes)
    assert.deepEqual(refusalOf(again), [404, 'not-found'])
  })
})

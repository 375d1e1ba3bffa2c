// The contract of the portal for persons: which operations are there for which role, and that a person reaches nothing of another organization
// by any of them.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { isWrite, operations, portalRoles, type Operation, type OperationName, type PortalRole } from '@countersign/admin'
import { refusalOf, type Browser } from '../../test/console.fixture.ts'
import { aPersonWithSession } from '../../test/person.fixture.ts'
import { invite } from '../../test/people.fixture.ts'
import { portalRows, realm, usualParam, withPortal } from '../../test/portal.fixture.ts'
import { shareTestServer } from '../../test/test-server.fixture.ts'
import { readNames } from './named-in-request.ts'

suite('operations at the portal, for persons', () => {
  const shared = shareTestServer(withPortal)

  /** A person of an organization with two clients, and what others have: another organization of the realm, and one of another realm. */
  async function others(role: PortalRole = 'admin') {
    const server = shared()
    const client = await server.aClient(realm)
    const body = { organization: client.slug, name: 'Second backend', clientId: `${client.slug}-second` }
    const { client: second } = await server.admin('clients.create', { params: { realm }, body })
    const person = await aPersonWithSession(server, { realm, organizationId: client.organizationId, role })
    const foreign = await server.aClient(realm)
    const colleague = await aPersonWithSession(server, { realm, organizationId: foreign.organizationId, role: 'admin' })
    const elsewhere = await server.aClient('prod')
    const own = { realm, organization: client.slug, client: client.clientId }
    return { ...person, own, client, second, foreign, colleague, elsewhere }
  }

  const send = (
    browser: Browser,
    operation: Operation,
    params: Readonly<Record<string, string>>,
    more: { query?: object; body?: object } = {},
  ) => {
    shared().clock.advance(100)
    const { method } = operation
    const url = operation.path
      .replace('/admin/v1', '/portal/api/v1')
      .replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? usualParam(name)))
    return browser.request({
      method,
      url,
      headers: method === 'PATCH' ? { 'if-match': '*' } : {},
      ...(more.query && { query: more.query as Record<string, string> }),
      ...(method !== 'GET' && { payload: more.body ?? {} }),
    })
  }
  /** Of what an operation needs, so that the input is not what is refused. */
  const bodyFor = ({ body, portal }: Operation) => {
    const usual = { reason: 'a test', role: 'viewer' }
    const isTaken = (name: string) => body !== undefined && name in body.shape && portal?.without?.includes(name) !== true
    return Object.fromEntries(Object.entries(usual).filter(([name]) => isTaken(name)))
  }

  test('a row without `portal` is not there for an admin either', async () => {
    const { browser, own } = await others()
    for (const [name, operation] of Object.entries(operations) as [OperationName, Operation][])
      if (!operation.portal) assert.deepEqual(refusalOf(await send(browser, operation, own)), [404, 'not-found'], name)
  })

  test('abuse 147: each row answers 404 for a realm, an organization, a client, a secret or a request of others', async () => {
    const { browser, own, client, second, foreign, colleague, elsewhere } = await others()
    const { secrets } = await shared().admin('rotation.get', { params: { realm, client: foreign.clientId } })
    const ofForeign = { realm, organization: foreign.slug }
    const refused = await shared().requestToken(realm, {
      grant_type: 'client_credentials',
      client_id: foreign.clientId,
      client_secret: foreign.clientSecret,
      scope: 'orders:read',
    })
    await shared().upkeep.writeRefusals()
    const asked = async (what: string) =>
      (await shared().admin('accessRequests.create', { params: ofForeign, body: { kind: 'client', what } })).id
    const [open, approved] = [await asked('Backend for returns'), await asked('Backend for prices')]
    await shared().admin('accessRequests.approve', { params: { ...ofForeign, accessRequest: approved }, body: {} })
    const foreignValues: Readonly<Record<string, readonly string[]>> = {
      realm: ['prod', 'operators', 'no-such-realm', '__proto__'],
      organization: [foreign.slug, foreign.organizationId, elsewhere.slug, 'no-such-organization'],
      client: [foreign.clientId, elsewhere.clientId, 'no-such-client', own.client.toUpperCase(), colleague.id, '\0'],
      secret: [secrets[0]!.id, usualParam('secret')],
      request: [String(refused.headers['x-request-id']), usualParam('request')],
      person: [colleague.id, usualParam('person')],
      invitation: [(await invite(shared(), foreign.slug)).id, usualParam('invitation')],
      accessRequest: [open, approved, usualParam('accessRequest')],
      version: ['no-such-version'],
    }
    for (const [name, operation] of portalRows) {
      for (const member of Object.keys(operation.params.shape)) {
        // A parameter that is not known here is not tested: add what others have of it.
        for (const value of foreignValues[member]!) {
          const response = await send(browser, operation, { ...own, [member]: value }, { body: bodyFor(operation) })
          assert.equal(response.statusCode, value === '\0' ? response.statusCode : 404, `${name} ${member} ${value}: ${response.body}`)
          assert.ok(response.statusCode >= 400)
        }
      }
      for (const member of ['realm', 'organization', 'client']) {
        for (const value of foreignValues[member]!) {
          const byQuery = await send(browser, operation, own, { query: { [member]: value } })
          assert.ok([400, 404].includes(byQuery.statusCode), `${name} ?${member}=${value}: ${byQuery.body}`)
          if (!isWrite(operation)) continue
          const byBody = await send(browser, operation, own, { body: { ...bodyFor(operation), [member]: value } })
          assert.deepEqual(refusalOf(byBody), [404, 'not-found'], `${name} {${member}: ${value}}: ${byBody.body}`)
        }
      }
    }
    assert.ok(client.clientId !== second.clientId)
  })

  test('both clients of the organization are the own ones', async () => {
    const { browser, own, second } = await others('viewer')
    for (const client of [own.client, second.clientId])
      for (const name of ['clients.get', 'rotation.get', 'clients.previewToken'] as const)
        assert.equal((await browser.call(name, { params: { realm, client } })).statusCode, 200, name)
    const twice = await send(browser, operations['clients.get'], own, { query: { client: second.clientId } })
    assert.deepEqual(refusalOf(twice), [404, 'not-found'], 'a request is about one client')
  })

  test('a role that is too low is refused by each row, and one that is enough is not', async () => {
    for (const role of portalRoles) {
      const { browser, own } = await others(role)
      for (const [name, operation] of portalRows) {
        const needed = operation.portal!.role
        const response = await send(browser, operation, own, { body: bodyFor(operation) })
        const isLow = portalRoles.indexOf(role) < portalRoles.indexOf(needed)
        if (isLow) assert.deepEqual(refusalOf(response), [403, 'insufficient-scope'], `${role} ${name}`)
        else assert.notEqual(response.statusCode, 403, `${role} ${name}: ${response.body}`)
      }
    }
  })

  test('members in `without` are refused, with any value', async () => {
    const { browser, own } = await others()
    for (const [name, operation] of portalRows)
      for (const member of operation.portal!.without ?? [])
        for (const value of [true, false, null, '2099-01-01T00:00:00Z']) {
          const response = await send(browser, operation, own, { body: { [member]: value } })
          assert.deepEqual([...refusalOf(response), response.json().errors[0].pointer], [400, 'invalid-request', `/${member}`], name)
        }
  })

  test('every row that reads answers a viewer of its role about the organization', async () => {
    const { browser, own } = await others()
    for (const [name, operation] of portalRows) {
      // These name one thing, which there is not.
      if (isWrite(operation) || operation.path.endsWith('/text') || name === 'requests.explain') continue
      const response = await send(browser, operation, own)
      assert.equal(response.statusCode, 200, `${name}: ${response.body}`)
      assert.equal(response.headers['cache-control'], 'no-store')
    }
  })

  test('one who asks for too much is told to wait, and a colleague is not', async () => {
    const server = shared()
    const { browser, client } = await others()
    const colleague = await aPersonWithSession(server, { realm, organizationId: client.organizationId })
    const url = `/portal/api/v1/realms/${realm}/clients`
    const codes = await Promise.all(Array.from({ length: 420 }, () => browser.request({ url }).then(({ statusCode }) => statusCode)))
    assert.ok(codes.includes(200) && codes.includes(429))
    assert.equal((await colleague.browser.request({ url })).statusCode, 200)
  })
})

test('names are read wherever they are sent, and only those that are sent', () => {
  const request = {
    params: { realm: 'a', client: 'one' },
    query: { client: ['one', 'two'] },
    body: { client: null, organization: { id: 1 } },
  }
  assert.deepEqual(readNames(request), { realms: ['a'], organizations: [{ id: 1 }], clients: ['one', ['one', 'two']] })
  assert.deepEqual(readNames({ params: undefined, query: Object.create({ realm: 'b' }), body: 'client' }), {
    realms: [],
    organizations: [],
    clients: [],
  })
})

// The contract of the portal: which operations are there, and that a client reaches nothing of others by any of them.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { isWrite, operations, portalRoles, type Operation, type OperationName } from '@countersign/admin'
import { refusalOf, type Browser } from '../../test/console.fixture.ts'
import { aReader, realm, withPortal } from '../../test/portal.fixture.ts'
import { shareTestServer } from '../../test/test-server.fixture.ts'
import { refuseLowRole } from './own-rules.ts'

const rows = Object.entries(operations) as [OperationName, Operation][]
const offered = rows.filter(([, { portal }]) => portal)
const uuid = '11111111-2222-4333-8444-555555555555'

/** Without those that only a person with the role for it may call. */
const ofClients = offered.filter(([name, { portal }]) => portal?.role !== 'admin' && name !== 'accessRequests.makeClient')

const usual: Readonly<Record<string, string>> = {
  accessRequest: uuid,
  capability: 'rateLimitTier',
  claimSet: 'some',
  key: uuid,
  keyId: 'abc',
  partner: uuid,
  request: '0199c5e2a4b0-1f2e3d4c-0000002a',
  requestor: uuid,
  secret: uuid,
  version: '2030-01',
}

function ask(
  browser: Browser,
  { method, path }: Operation,
  params: Readonly<Record<string, string>>,
  more: { query?: object; body?: object } = {},
) {
  const value = (name: string) => encodeURIComponent(params[name] ?? usual[name] ?? 'x')
  const url = path.replace('/admin/v1', '/portal/api/v1').replace(/\{(\w+)\}/g, (_, name: string) => value(name))
  const query = more.query as Record<string, string> | undefined
  return browser.request({
    method,
    url,
    headers: method === 'PATCH' ? { 'if-match': '*' } : {},
    ...(query && { query }),
    ...(method !== 'GET' && { payload: more.body ?? {} }),
  })
}

suite('operations at the portal', () => {
  const shared = shareTestServer(withPortal)

  /** Something of another organization, another client of the own one, and another realm. */
  async function others() {
    const server = shared()
    const { client, browser } = await aReader(server)
    const foreign = await server.aClient(realm)
    const elsewhere = await server.aClient('prod')
    const body = { organization: client.slug, name: 'Second backend', clientId: `${client.slug}-second` }
    const { client: second } = await server.admin('clients.create', { params: { realm }, body })
    const own = { realm, organization: client.slug, client: client.clientId }
    return { browser, own, client, foreign, elsewhere, second }
  }

  test('a row without `portal` is not there, whatever is sent', async () => {
    const { browser, own } = await others()
    assert.ok(offered.length > 12 && offered.length < rows.length / 2)
    for (const [name, operation] of rows) {
      if (operation.portal) continue
      shared().clock.advance(100)
      assert.deepEqual(refusalOf(await ask(browser, operation, own)), [404, 'not-found'], name)
    }
  })

  test('abuse 147: each row answers 404 for a realm, organization, client, secret or request of others', async () => {
    const { browser, own, foreign, elsewhere, second } = await others()
    const { secrets } = await shared().admin('rotation.get', { params: { realm, client: foreign.clientId } })
    const refused = await shared().requestToken(realm, {
      grant_type: 'client_credentials',
      client_id: foreign.clientId,
      client_secret: foreign.clientSecret,
      scope: 'orders:read',
    })
    await shared().upkeep.writeRefusals()
    const asked = await shared().admin('accessRequests.create', {
      params: { realm, organization: foreign.slug },
      body: { kind: 'partner', what: uuid },
    })
    const foreignValues: Readonly<Record<string, readonly string[]>> = {
      realm: ['prod', 'operators', 'no-such-realm', '__proto__'],
      organization: [foreign.slug, foreign.organizationId, elsewhere.slug, 'no-such-organization'],
      client: [foreign.clientId, second.clientId, elsewhere.clientId, 'no-such-client', own.client.toUpperCase()],
      secret: [secrets[0]!.id, uuid],
      request: [String(refused.headers['x-request-id']), usual['request']!],
      accessRequest: [asked.id, uuid],
      version: ['no-such-version', '../x'],
    }
    for (const [name, operation] of offered) {
      for (const member of Object.keys(operation.params.shape)) {
        // Before that, the role is judged.
        if (!['realm', 'organization', 'client'].includes(member) && !ofClients.some(([one]) => one === name)) continue
        for (const value of foreignValues[member]!) {
          shared().clock.advance(100)
          const takesReason = operation.body && 'reason' in operation.body.shape && !operation.portal?.without?.includes('reason')
          const body = takesReason ? { reason: 'a test' } : {}
          const response = await ask(browser, operation, { ...own, [member]: value }, { body })
          assert.deepEqual(refusalOf(response), [404, 'not-found'], `${name} ${member} ${value}: ${response.body}`)
        }
      }
      for (const member of ['organization', 'client']) {
        for (const value of foreignValues[member]!) {
          shared().clock.advance(100)
          const response = await ask(browser, operation, own, { query: { [member]: value } })
          assert.deepEqual(refusalOf(response), [404, 'not-found'], `${name} ?${member}=${value}`)
        }
      }
    }
  })

  test('members in `without` are refused, with any value', async () => {
    const { browser, own } = await others()
    let refused = 0
    for (const [name, operation] of ofClients) {
      for (const member of operation.portal?.without ?? []) {
        for (const value of [true, false, null, '2099-01-01T00:00:00Z']) {
          const response = await ask(browser, operation, own, { body: { [member]: value } })
          assert.deepEqual([...refusalOf(response), response.json().errors[0].pointer], [400, 'invalid-request', `/${member}`], name)
          refused++
        }
      }
    }
    assert.equal(refused, 20)
  })

  test('members in `hides` are in no answer, and everything else of the row is', async () => {
    const { browser, own, client, second } = await others()
    await shared().admin('dpa.accept', {
      params: { realm, organization: client.slug },
      body: { version: '2026-01', acceptedBy: 'zz-operator' },
    })
    const organization = (await browser.call('organizations.get', { params: own })).json()
    assert.deepEqual([organization.slug, organization.clients, organization.dpa.status], [client.slug, undefined, 'accepted'])
    const list = (await browser.call('clients.list', { params: own, query: { with: 'standing' } })).json()
    assert.deepEqual(
      list.items.map(({ clientId }: { clientId: string }) => clientId),
      [client.clientId],
    )
    assert.deepEqual([list.items[0].standing.rotation, list.items[0].standing.refused, list.next], ['stable', undefined, null])
    assert.ok(!JSON.stringify([organization, list]).includes(second.clientId))
    const { items } = (await browser.call('dpa.acceptances', { params: own })).json()
    assert.deepEqual([items[0].version, items[0].acceptedBy], ['2026-01', undefined])
  })

  test('every row that reads answers a client about itself', async () => {
    const { browser, own } = await others()
    const body = { version: usual['version']!, requiredFrom: '2030-01-01T00:00:00Z', text: '# Agreement' }
    await shared().admin('dpa.publish', { params: { realm }, body })
    for (const [name, operation] of ofClients) {
      // A client has no colleagues.
      if (isWrite(operation) || name === 'requests.explain' || name === 'people.list') continue
      const response = await ask(browser, operation, own)
      assert.equal(response.statusCode, 200, `${name}: ${response.body}`)
      assert.equal(response.headers['cache-control'], 'no-store')
    }
  })

  test('a role that is too low is refused', () => {
    for (const [needed, lowest] of portalRoles.entries()) {
      for (const [has, role] of portalRoles.entries()) {
        const call = () => refuseLowRole(lowest, role)
        if (has < needed) assert.throws(call, { code: 'insufficient-scope' })
        else call()
      }
    }
  })

  test('a client that asks for too much is told to wait, and another one is not', async () => {
    const server = shared()
    const [busy, other] = [await aReader(server), await aReader(server)]
    const url = `/portal/api/v1/realms/${realm}/clients`
    const codes = await Promise.all(Array.from({ length: 420 }, () => busy.browser.request({ url }).then(({ statusCode }) => statusCode)))
    assert.ok(codes.includes(200) && codes.includes(429))
    assert.equal((await other.browser.request({ url })).statusCode, 200)
  })
})

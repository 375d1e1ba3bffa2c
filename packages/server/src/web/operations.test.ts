// The table of operations at the console: the same as at the admin API, in the name of who has signed in.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { refusalOf, signIn, withConsole } from '../../test/console.fixture.ts'
import { shareTestServer } from '../../test/test-server.fixture.ts'

const realm = 'nt24-idp'
const reason = 'a test'

suite('operations at the console', () => {
  const shared = shareTestServer(withConsole)
  const aBrowser = async () => signIn(shared(), shared().operator)
  let organizations = 0
  const aSlug = () => `company-${++organizations}`

  test('a change is made by the client that has signed in, via the console', async () => {
    const browser = await aBrowser()
    const slug = aSlug()
    const created = await browser.call('organizations.create', { params: { realm }, body: { slug, name: 'Company', reason } })
    assert.equal(created.statusCode, 201, created.body)
    assert.equal(created.headers['cache-control'], 'no-store')
    const { id } = created.json()
    const events = await shared().database.query<Record<string, unknown>>(
      'select * from audit_events where organization_id = ? and outcome = ?',
      id,
      'success',
    )
    const { kind, actor_kind, actor_id, actor_realm, actor_via } = events[0]!
    assert.deepEqual(
      [kind, actor_kind, actor_id, actor_realm, actor_via],
      ['organizations.create', 'operator', shared().operator.clientId, 'operators', 'console'],
    )
    assert.equal((await shared().admin('organizations.get', { params: { realm, organization: slug } })).id, id)
  })

  test('a denial names the operator, via the console', async () => {
    const client = await shared().aClient('operators', { scopes: ['organizations:read'] })
    const browser = await signIn(shared(), client)
    const refused = await browser.call('organizations.create', { params: { realm }, body: { slug: aSlug(), name: 'Company' } })
    assert.deepEqual(refusalOf(refused), [403, 'insufficient-scope'])
    await shared().tokenOf('operators', shared().operator)
    const [event] = await shared().database.query<Record<string, unknown>>(
      `select * from audit_events where client_id = ? and kind = 'request'`,
      client.clientId,
    )
    assert.deepEqual([event?.['actor_id'], event?.['actor_via'], event?.['reason']], [client.clientId, 'console', 'http-403'])
  })

  test('abuse 150: of two operators with the same version, one at the console and one at the API, the second gets 412', async () => {
    const browser = await aBrowser()
    const slug = aSlug()
    await browser.call('organizations.create', { params: { realm }, body: { slug, name: 'Company' } })
    const url = `/console/api/v1/realms/${realm}/organizations/${slug}`
    const { etag } = (await browser.request({ url })).headers
    const headers = { 'if-match': String(etag) }
    const first = await browser.request({ method: 'PATCH', url, headers, payload: { name: 'First' } })
    assert.equal(first.statusCode, 200, first.body)
    const token = await shared().tokenOf('operators', shared().operator)
    const second = await shared().request({
      method: 'PATCH',
      url: url.replace('/console/api', '/admin'),
      headers: { ...headers, authorization: `Bearer ${token}` },
      payload: { name: 'Second' },
    })
    assert.deepEqual(refusalOf(second), [412, 'precondition-failed'])
    assert.deepEqual(refusalOf(await browser.request({ method: 'PATCH', url, headers, payload: { name: 'Third' } })), [
      412,
      'precondition-failed',
    ])
    assert.deepEqual(refusalOf(await browser.request({ method: 'PATCH', url, payload: { name: 'Third' } })), [428, 'precondition-required'])
  })

  test('abuse 151: a create that is repeated with its key makes one client, and does not show its secret again', async () => {
    const browser = await aBrowser()
    const { slug } = await shared().aClient(realm)
    const create = () =>
      browser.request({
        method: 'POST',
        url: `/console/api/v1/realms/${realm}/clients`,
        headers: { 'idempotency-key': `key-of-${slug}` },
        payload: { organization: slug, clientId: `second-of-${slug}`, name: 'Second backend' },
      })
    const [first, again] = [await create(), await create()]
    assert.equal(first.statusCode, 201, first.body)
    const { client, clientSecret } = first.json()
    assert.match(clientSecret, /^csk_/)
    assert.deepEqual([again.statusCode, again.json().client.clientId, again.json().clientSecret], [201, client.clientId, null])
  })

  test('abuse 149: a secret that the console has shown is in no other answer of it, and in no cache', async () => {
    const browser = await aBrowser()
    const { clientId } = await shared().aClient(realm)
    const params = { realm, client: clientId }
    const started = await browser.call('rotation.start', { params, body: {} })
    const { clientSecret } = started.json()
    assert.match(clientSecret, /^csk_/)
    assert.equal(started.headers['cache-control'], 'no-store')
    for (const response of [
      await browser.call('clients.get', { params }),
      await browser.call('rotation.get', { params }),
      await browser.call('audit.search', { params: {}, query: { client: clientId } }),
    ]) {
      assert.equal(response.statusCode, 200)
      assert.ok(!response.body.includes(clientSecret))
    }
  })

  test('abuse 145: members that are not the caller’s to set are refused', async () => {
    const browser = await aBrowser()
    const { slug } = await shared().aClient(realm)
    for (const member of ['id', 'realm', 'version', 'createdAt', 'role', 'tokensNotBefore', '__proto_', 'constructor']) {
      const body = { organization: slug, name: 'Backend', [member]: 1 }
      const response = await browser.request({ method: 'POST', url: `/console/api/v1/realms/${realm}/clients`, payload: body })
      assert.deepEqual(refusalOf(response), [400, 'invalid-request'], member)
    }
  })

  test('abuse 144: a change of nothing changes nothing', async () => {
    const browser = await aBrowser()
    const { clientId } = await shared().aClient(realm)
    const url = `/console/api/v1/realms/${realm}/clients/${encodeURIComponent(clientId)}`
    const before = (await browser.request({ url })).json()
    await browser.request({ method: 'PATCH', url, headers: { 'if-match': '*' }, payload: {} })
    const { version: _before, updatedAt: _then, ...unchanged } = before
    const { version: _after, updatedAt: _now, ...after } = (await browser.request({ url })).json()
    assert.deepEqual(after, unchanged)
  })

  test('deleting, forcing, giving a secret and making an operator need a fresh sign-in; taking rights away does not', async () => {
    const browser = await aBrowser()
    const { slug, clientId } = await shared().aClient(realm)
    const params = { realm, client: clientId }
    const { secrets } = await shared().admin('rotation.get', { params })
    shared().clock.advance(16 * 60_000)
    const inOperators = { params: { realm: 'operators' } }
    const sensitive = [
      browser.call('clients.delete', { params }),
      browser.call('organizations.delete', { params: { realm, organization: slug } }),
      browser.call('rotation.start', { params, body: {} }),
      browser.call('rotation.confirm', { params, body: { force: true, reason } }),
      browser.call('clients.create', { ...inOperators, body: { organization: 'operators', name: 'Another operator' } }),
      browser.call('clients.update', { params, body: { operatorScopes: ['clients:read'] } }),
    ]
    for (const response of await Promise.all(sensitive)) assert.deepEqual(refusalOf(response), [403, 'sign-in-again'], response.body)
    const taking = [
      await browser.call('clients.update', { params, body: { enabled: false } }),
      await browser.call('secrets.revoke', { params: { ...params, secret: secrets[0]!.id }, body: { reason } }),
      await browser.call('organizations.cutTokens', { params: { realm, organization: slug }, body: { reason } }),
      await browser.call('organizations.suspend', { params: { realm, organization: slug }, body: { reason } }),
    ]
    for (const response of taking) assert.equal(response.statusCode, 200, response.body)
    const confirm = { clientSecret: shared().operator.clientSecret }
    await browser.request({ method: 'POST', url: '/console/api/session/confirm', payload: confirm })
    assert.equal((await browser.call('clients.delete', { params })).statusCode, 200)
  })

  test('strange names and 4 kB of text come back as they are, as JSON that no browser takes for a page', async () => {
    const browser = await aBrowser()
    for (const name of ['<img src=x onerror=alert(1)>', '</script><script>', 'javascript:alert(1)', '=cmd|x', 'ü'.repeat(64)]) {
      const slug = aSlug()
      const created = await browser.call('organizations.create', { params: { realm }, body: { slug, name } })
      assert.equal(created.statusCode, 201, created.body)
      const { headers, body } = await browser.call('organizations.get', { params: { realm, organization: slug } })
      assert.match(String(headers['content-type']), /^application\/json/)
      assert.equal(headers['x-content-type-options'], 'nosniff')
      assert.equal(JSON.parse(body).name, name)
    }
    const long = { params: { realm }, body: { slug: aSlug(), name: 'x'.repeat(4096) } }
    assert.deepEqual(refusalOf(await browser.call('organizations.create', long)), [400, 'invalid-request'])
  })

  test('an unknown path below the API is a problem, not the page', async () => {
    const browser = await aBrowser()
    for (const url of [
      '/console/api/v1/nothing',
      '/console/api/nothing',
      '/console/api/',
      '/console/assets/nothing.js',
      '/console/assets/a/b',
    ])
      assert.deepEqual(refusalOf(await browser.request({ url })), [404, 'not-found'], url)
    assert.equal((await browser.request({ method: 'PUT', url: '/console/api/session', payload: {} })).statusCode, 405)
  })
})

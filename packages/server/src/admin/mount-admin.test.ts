import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { before, suite, test } from 'node:test'
import { operations, type OperationName } from '@countersign/admin'
import { shareTestServer, startTestServer, tokenRequest, type TestServer } from '../../test/test-server.fixture.ts'

const realm = 'nt24-idp'
const partner = '11111111-1111-4111-8111-111111111111'
const ofAcme = { realm, organization: 'acme' }
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

suite('the admin API', () => {
  const shared = shareTestServer()
  let acme: Awaited<ReturnType<TestServer['aClient']>>
  before(async () => {
    acme = await shared().aClient(realm, { slug: 'acme' })
  })

  test('an organization is created, listed, read and changed', async () => {
    const { admin } = shared()
    const ofBorealis = { realm, organization: 'borealis' }
    const created = await admin('organizations.create', { params: { realm }, body: { slug: 'borealis', name: 'Borealis' } })
    assert.deepEqual([created.slug, created.status, created.dpa.status, created.clients.list], ['borealis', 'active', 'missing', []])
    assert.deepEqual(await admin('organizations.get', { params: ofBorealis }), created)
    assert.deepEqual(await admin('organizations.get', { params: { realm, organization: created.id } }), created)
    assert.equal((await admin('organizations.update', { params: ofBorealis, body: { name: 'Borealis Ltd' } })).name, 'Borealis Ltd')
  })

  test('setting a capability leaves the others as they are', async () => {
    const { admin, aClient } = shared()
    const ofOwn = { realm, organization: (await aClient(realm)).slug }
    await admin('organizations.update', { params: ofOwn, body: { capabilities: { rateLimitTier: 'standard' } } })
    const { capabilities } = await admin('organizations.update', {
      params: ofOwn,
      body: { capabilities: { allowMarketplaceLedKyc: true } },
    })
    assert.deepEqual(capabilities, { rateLimitTier: 'standard', allowMarketplaceLedKyc: true })
  })

  /** Invalid capabilities, and the error for each. */
  const wrongCapabilities = [
    [{ freeLunch: true }, '/capabilities/freeLunch', /the realm declares allowMarketplaceLedKyc, rateLimitTier/],
    [{ toString: true }, '/capabilities/toString', /no such capability/],
    [{ allowMarketplaceLedKyc: 'yes' }, '/capabilities/allowMarketplaceLedKyc', /expected true or false/],
    [{ rateLimitTier: 'gold' }, '/capabilities/rateLimitTier', /expected one of standard/],
    [{ rateLimitTier: true }, '/capabilities/rateLimitTier', /expected one of standard/],
  ] as const
  for (const [capabilities, pointer, detail] of wrongCapabilities) {
    test(`a capability that the realm does not declare is rejected: ${JSON.stringify(capabilities)}`, async () => {
      const body = { slug: 'new', name: 'New', capabilities }
      const response = await shared().requestAdmin('organizations.create', { params: { realm }, body })
      assert.equal(response.statusCode, 400)
      assert.equal(response.json().errors[0].pointer, pointer)
      assert.match(response.json().errors[0].detail, detail)
    })
  }

  test('partners are authorized and withdrawn', async () => {
    const { admin, aClient, requestAdmin } = shared()
    const ofOwn = { realm, organization: (await aClient(realm)).slug }
    const params = { ...ofOwn, partner }
    assert.deepEqual((await admin('partners.authorize', { params, body: { name: 'Seller' } })).partners.list, [
      { id: partner, name: 'Seller' },
    ])
    assert.deepEqual((await admin('partners.withdraw', { params })).partners.list, [])
    assert.equal((await requestAdmin('partners.withdraw', { params })).statusCode, 404)
  })

  test('a partner belongs to one realm', async () => {
    const { admin, aClient, requestAdmin } = shared()
    const own = await aClient(realm)
    const foreign = await aClient('prod')
    await admin('partners.authorize', { params: { realm, organization: own.slug, partner }, body: { name: 'Seller' } })
    const params = { realm: 'prod', organization: foreign.slug, partner }
    assert.equal((await requestAdmin('partners.authorize', { params, body: { name: 'Seller' } })).statusCode, 409)
  })

  test('the DPA goes from missing over outdated to accepted', async () => {
    const { admin, aClient, clock } = shared()
    const ofOwn = { realm, organization: (await aClient(realm)).slug }
    const statuses = [(await admin('organizations.get', { params: ofOwn })).dpa.status]
    for (const version of ['2025-01', '2026-01']) {
      clock.advance(1000)
      statuses.push((await admin('dpa.accept', { params: ofOwn, body: { version, acceptedBy: 'Ada Lovelace' } })).dpa.status)
    }
    assert.deepEqual(statuses, ['missing', 'outdated', 'accepted'])
  })

  test('a requestor is registered once under its id', async () => {
    const { admin, aClient, requestAdmin } = shared()
    const ofOwn = { realm, organization: (await aClient(realm)).slug }
    const body = { id: partner, permissions: ['payments:create'] }
    const { version, ...created } = await admin('requestors.create', { params: ofOwn, body })
    assert.deepEqual([created, version], [body, (await admin('organizations.get', { params: ofOwn })).version])
    const again = await requestAdmin('requestors.create', { params: ofOwn, body })
    assert.deepEqual([again.statusCode, again.json().errors[0].pointer], [409, '/id'])
    assert.deepEqual((await admin('organizations.get', { params: ofOwn })).requestors.list, [body])
  })

  test('creating an existing object is a conflict with a remedy, which names the member that it belongs to', async () => {
    const { aClient, requestAdmin } = shared()
    const { slug, clientId } = await aClient(realm)
    const again = await requestAdmin('organizations.create', { params: { realm }, body: { slug, name: 'Acme' } })
    assert.equal(again.statusCode, 409)
    assert.match(again.json().remedy, /another slug/)
    assert.deepEqual(again.json().errors, [{ pointer: '/slug', detail: `the realm has an organization "${slug}" already` }])
    const client = await requestAdmin('clients.create', { params: { realm }, body: { organization: slug, clientId, name: 'Backend' } })
    assert.equal(client.statusCode, 409)
    assert.ok(client.json().detail.includes(`"${clientId}" already`))
    assert.equal(client.json().errors[0].pointer, '/clientId')
  })

  test('a client without a given id gets that of its organization, with a number if it is taken', async () => {
    const { aClient, admin } = shared()
    const { slug, clientId } = await aClient(realm)
    assert.equal(clientId, `api-client-${slug}`)
    const create = () => admin('clients.create', { params: { realm }, body: { organization: slug, name: 'Backend' } })
    assert.deepEqual([(await create()).client.clientId, (await create()).client.clientId], [`${clientId}-2`, `${clientId}-3`])
  })

  test('abuse 149: a secret is only in the response to its creation, which is not cacheable', async () => {
    const { admin, aClient, requestAdmin, database } = shared()
    const { slug } = await aClient(realm)
    const response = await requestAdmin('clients.create', {
      params: { realm },
      body: { organization: slug, name: 'Second', clientId: 'second' },
    })
    const { clientSecret } = response.json() as { clientSecret: string }
    assert.equal(response.headers['cache-control'], 'no-store')
    const shown = [
      await admin('clients.get', { params: { realm, client: 'second' } }),
      await admin('organizations.get', { params: { realm, organization: slug } }),
    ]
    const stored = await Promise.all(['credentials', 'clients', 'audit_events'].map((table) => database.query(`select * from ${table}`)))
    assert.ok(!JSON.stringify([shown, stored]).includes(clientSecret.slice(4, 40)))
    assert.deepEqual(
      (await admin('clients.get', { params: { realm, client: 'second' } })).secrets.map(({ lastFour }) => lastFour),
      [clientSecret.slice(-4)],
    )
  })

  /** Invalid inputs, and the pointer that the error names. */
  const invalidInputs: [OperationName, unknown, string][] = [
    ['organizations.create', { params: { realm }, body: { slug: 'Acme', name: 'Acme' } }, '/slug'],
    ['organizations.create', { params: { realm }, body: { slug: 'acme', name: 'a\nb' } }, '/name'],
    ['organizations.create', { params: { realm }, body: { slug: 'acme', name: 'Acme', id: partner } }, '/id'],
    ['organizations.create', { params: { realm }, body: {} }, '/slug'],
    ['organizations.update', { params: ofAcme, body: { status: 'closed' } }, '/status'],
    ['organizations.update', { params: ofAcme, body: { tokensNotBefore: 0 } }, '/tokensNotBefore'],
    ['organizations.list', { params: { realm }, query: { limit: '0' } }, '/query/limit'],
    ['organizations.list', { params: { realm }, query: { all: 'true' } }, '/query/all'],
    ['partners.authorize', { params: { ...ofAcme, partner: '*' }, body: { name: 'Seller' } }, '/params/partner'],
    ['clients.create', { params: { realm }, body: { organization: 'acme', name: 'x', accessTokenLifetime: 0 } }, '/accessTokenLifetime'],
    ['clients.create', { params: { realm }, body: { organization: 'acme', name: 'x', accessTokenLifetime: 1e9 } }, '/accessTokenLifetime'],
    ['clients.create', { params: { realm }, body: { organization: 'acme', name: 'x', scopes: ['a b'] } }, '/scopes/0'],
    ['clients.create', { params: { realm }, body: { organization: 'acme', name: 'x', scopes: ['undeclared'] } }, '/scopes'],
    ['clients.create', { params: { realm }, body: { organization: 'acme', name: 'x', clientSecret: 'mine' } }, '/clientSecret'],
    ['clients.create', { params: { realm }, body: { organization: 'acme', name: 'x', clientId: 'a\nb' } }, '/clientId'],
  ]
  for (const [name, input, pointer] of invalidInputs) {
    test(`abuse 145: ${name} names ${pointer} and changes nothing: ${JSON.stringify(input)}`, async () => {
      const { requestAdmin, database } = shared()
      const count = () => database.query('select (select count(*) from organizations) + (select count(*) from clients) as count')
      const before = await count()
      const response = await requestAdmin(name, input as never)
      assert.equal(response.statusCode, 400)
      assert.equal(response.json().errors[0].pointer, pointer)
      assert.deepEqual(await count(), before)
    })
  }

  test('abuse 030: 2,000 scopes are rejected when they are set, with the reason', async () => {
    const { aClient, requestAdmin } = shared()
    const { clientId } = await aClient(realm)
    const scopes = Array.from({ length: 2000 }, (_, i) => `scope-${i}`)
    const response = await requestAdmin('clients.update', { params: { realm, client: clientId }, body: { scopes } })
    assert.equal(response.statusCode, 400)
    assert.match(response.json().errors[0].detail, /token stays below 4 kB/)
  })

  test('abuse 145: __proto__ in a body is rejected', async () => {
    const { request, tokenOf, operator } = shared()
    const headers = { ...bearer(await tokenOf('operators', operator)), 'content-type': 'application/json' }
    const payload = '{"slug":"acme","name":"Acme","__proto__":{"isAdmin":true}}'
    const response = await request({ method: 'POST', url: `/admin/v1/realms/${realm}/organizations`, headers, payload })
    assert.equal(response.statusCode, 400)
  })

  const examples: Record<string, string> = { realm, organization: 'acme', client: 'api-client-acme', capability: 'rateLimitTier' }
  for (const [name, { method, path, scope }] of Object.entries(operations).filter(([, row]) => row.scope !== null)) {
    test(`${name} requires the scope ${scope} and a token of the operators realm`, async () => {
      const { request, tokenOf, requestToken, operator } = shared()
      const url = path.replace(/\{(\w+)\}/g, (_, member: string) => examples[member] ?? partner)
      const other = scope === 'clients:read' ? 'organizations:read' : 'clients:read'
      const weak = (await requestToken('operators', { ...tokenRequest(operator), scope: other })).json().access_token as string
      const refused = await request({ method, url, headers: bearer(weak) })
      assert.deepEqual([refused.statusCode, refused.json().type], [403, 'http://localhost:8080/problems/insufficient-scope'])
      assert.match(String(refused.headers['www-authenticate']), new RegExp(`scope="${scope}"`))
      const foreign = await request({ method, url, headers: bearer(await tokenOf(realm, acme)) })
      assert.deepEqual([foreign.statusCode, (await request({ method, url })).statusCode], [401, 401])
    })
  }

  test('unknown realms, organizations and clients get 404', async () => {
    const { aClient, requestAdmin } = shared()
    const { slug, clientId } = await aClient('prod')
    const responses = [
      await requestAdmin('organizations.list', { params: { realm: 'nowhere' } }),
      await requestAdmin('organizations.get', { params: { realm, organization: slug } }),
      await requestAdmin('clients.get', { params: { realm, client: clientId } }),
      await requestAdmin('clients.update', { params: { realm, client: clientId }, body: { enabled: false } }),
    ]
    assert.deepEqual(
      responses.map(({ statusCode }) => statusCode),
      [404, 404, 404, 404],
    )
  })

  const types = ['application/json', 'application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data', 'json', '']
  for (const type of types) {
    test(`fault 7.3: a POST or DELETE of type "${type}" without bytes has no body`, async () => {
      const { request, aClient, tokenOf, operator } = shared()
      const { clientId, slug } = await aClient(realm)
      const headers = { ...bearer(await tokenOf('operators', operator)), 'content-type': type }
      const send = (method: 'POST' | 'DELETE', path: string, more = {}, payload?: Readable) =>
        request({ method, url: `/admin/v1/realms/${realm}${path}`, headers: { ...headers, ...more }, ...(payload && { payload }) })
      const rotation = `/clients/${clientId}/secret-rotation`
      const answers = [
        await send('POST', rotation),
        await send('DELETE', rotation, { 'content-length': '0' }),
        await send('POST', rotation),
        await send('DELETE', `/clients/${clientId}`),
        await send('DELETE', `/organizations/${slug}`),
      ]
      assert.deepEqual(
        answers.map(({ statusCode }) => statusCode),
        [201, 200, 201, 200, 200],
      )
      const required = await send('POST', '/organizations')
      assert.deepEqual([required.statusCode, required.json().errors[0].pointer], [400, '/slug'])
    })
  }

  for (const type of types.slice(0, 4)) {
    test(`fault 7.3: a chunked body of type "${type}" without bytes is none, and one with bytes is read by its type`, async () => {
      const { request, aClient, tokenOf, operator } = shared()
      const { clientId } = await aClient(realm)
      const url = `/admin/v1/realms/${realm}/clients/${clientId}/secret-rotation`
      const headers = { ...bearer(await tokenOf('operators', operator)), 'content-type': type, 'transfer-encoding': 'chunked' }
      const send = (...chunks: string[]) => request({ method: 'POST', url, headers, payload: Readable.from(chunks) })
      assert.equal((await send('{"window"', ':1}')).statusCode, type === 'application/json' ? 400 : 415)
      assert.equal((await send()).statusCode, 201)
    })
  }

  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'text/xml']) {
    test(`a body of type ${type} is rejected with the expected type`, async () => {
      const { request, tokenOf, operator } = shared()
      const headers = { ...bearer(await tokenOf('operators', operator)), 'content-type': type }
      const response = await request({ method: 'POST', url: `/admin/v1/realms/${realm}/organizations`, headers, payload: '{}' })
      assert.equal(response.statusCode, 415)
      assert.match(response.json().detail, /application\/json/)
    })
  }

  test('fault 7.1: a JSON body of ASCII is read with the charset of a superset of ASCII; what is not UTF-8 is rejected, never stored', async () => {
    const { request, aClient, tokenOf, operator } = shared()
    const { slug } = await aClient(realm)
    const authorization = bearer(await tokenOf('operators', operator))
    const send = (payload: Buffer, charset: string) =>
      request({
        method: 'PATCH',
        url: `/admin/v1/realms/${realm}/organizations/${slug}`,
        headers: { ...authorization, 'content-type': `application/json${charset}`, 'if-match': '*' },
        payload,
      })
    const named = (name: string) => JSON.stringify({ name })
    for (const charset of ['; charset=ISO-8859-1', '; a=b;charset="US-ASCII"', '; charset=utf-8'])
      assert.equal((await send(Buffer.from(named('Acme')), charset)).statusCode, 200, charset)
    const rejected = [
      await send(Buffer.from(named('Bäcker'), 'latin1'), ''),
      await send(Buffer.from(named('Bäcker'), 'latin1'), '; charset=ISO-8859-1'),
      await send(Buffer.from(named('Bäcker')), '; charset=windows-1252'),
      await send(Buffer.from(named('Acme'), 'utf16le'), '; charset=utf-16'),
      await send(Buffer.from(named('Acme')), '; charset=utf-16'),
    ]
    for (const response of rejected) {
      assert.equal(response.statusCode, 400)
      assert.match(response.json().detail, /UTF-8/)
    }
    assert.equal((await send(Buffer.from(named('Bäcker')), '')).json().name, 'Bäcker')
  })

  test('reading writes no audit event, and a rejected change only that of a denied request', async () => {
    const { admin, requestAdmin, database } = shared()
    const count = () => database.query("select count(*) as count from audit_events where kind not like 'token.%' and kind <> 'request'")
    const before = await count()
    await admin('organizations.list', { params: { realm } })
    await requestAdmin('organizations.create', { params: { realm }, body: { slug: 'acme', name: 'Acme' } })
    assert.deepEqual(await count(), before)
  })

  for (const [what, payload] of [
    ['a member', '{"slug": "twice", "name": "Twice", "name": "Other"}'],
    ['a member with the same value', '{"slug": "twice", "name": "Twice", "name": "Twice"}'],
    ['a member in another spelling', '{"slug": "twice", "name": "Twice", "n\\u0061me": "Other"}'],
    ['a member of a member', '{"slug": "twice", "name": "Twice", "capabilities": {"rateLimitTier": "standard", "rateLimitTier": null}}'],
  ] as const) {
    test(`fault 3.4: a body with ${what} twice is 400, and nothing is created`, async () => {
      const { request, requestAdmin, tokenOf, operator } = shared()
      const headers = { ...bearer(await tokenOf('operators', operator)), 'content-type': 'application/json' }
      const response = await request({ method: 'POST', url: `/admin/v1/realms/${realm}/organizations`, headers, payload })
      assert.equal(response.statusCode, 400)
      assert.match(response.json().type, /\/invalid-request$/)
      assert.match(response.json().detail, /same member twice/)
      assert.equal((await requestAdmin('organizations.get', { params: { realm, organization: 'twice' } })).statusCode, 404)
    })
  }

  for (const [what, payload, detail] of [
    ['that is not JSON', '{"slug": "acme",}', /^The body is not a valid JSON document/],
    [
      'with a member that would change its prototype',
      '{"slug": "acme", "name": "Acme", "__proto__": {}}',
      /^The body is not a valid JSON document/,
    ],
    ['that is a list', '[]', /^The body: Expected an object, not an array$/],
  ] as const) {
    test(`a body ${what} is rejected with an error that says so`, async () => {
      const headers = { ...bearer(await shared().tokenOf('operators', shared().operator)), 'content-type': 'application/json' }
      const response = await shared().request({ method: 'POST', url: `/admin/v1/realms/${realm}/organizations`, headers, payload })
      assert.equal(response.statusCode, 400)
      assert.match(response.json().detail, detail)
    })
  }
})

test('every change writes one audit event with actor, kind and target', async () => {
  const { admin, aClient, database } = await startTestServer()
  const { organizationId } = await aClient(realm)
  await admin('partners.authorize', { params: { ...ofAcme, partner }, body: { name: 'Seller' } })
  await admin('clients.update', { params: { realm, client: 'api-client-acme' }, body: { enabled: false } })
  const events = await database.query(
    "select kind, realm, organization_id, detail from audit_events where kind not like 'token.%' and realm <> 'operators' order by id",
  )
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ['organizations.create', 'clients.create', 'partners.authorize', 'clients.update'],
  )
  for (const event of events) {
    const { by } = JSON.parse(String(event['detail'])) as { by: { realm: string; client: string } }
    assert.match(`${by.realm} ${by.client}`, /^operators operator-/)
    assert.deepEqual([event['realm'], event['organization_id']], [realm, organizationId])
  }
})

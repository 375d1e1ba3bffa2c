import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { realmPaths } from '../realms/realm-paths.ts'
import { shareTestServer, startTestServer, tokenRequest, type TestServer } from '../../test/test-server.fixture.ts'
import { generateClientSecret } from '../keys/secret-format.ts'

const grant = { grant_type: 'client_credentials' }
const basic = (clientId: string, clientSecret: string) => ({ authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` })

test('abuse 036: all failures get the same response to the byte, and each its own reason in the audit log', async () => {
  const { aClient, requestToken, admin, database, auditEvents, clock } = await startTestServer()
  const realm = 'partner-api'
  const [good, expired, suspended] = [
    await aClient(realm),
    await aClient(realm, { slug: 'expired' }),
    await aClient(realm, { slug: 'suspended' }),
  ]
  const disabled = await aClient(realm, { slug: 'disabled', enabled: false })
  const off = await aClient(realm, { slug: 'off', serviceAccountEnabled: false })
  await database.query('update credentials set expires_at = 1 where last_four = ?', expired.clientSecret.slice(-4))
  await admin('organizations.update', { params: { realm, organization: 'expired' }, body: { name: 'Expired' } })
  await admin('organizations.update', { params: { realm, organization: 'suspended' }, body: { status: 'suspended' } })
  const attempts = {
    'unknown-client': tokenRequest({ ...good, clientId: 'nobody' }),
    'client-disabled': tokenRequest(disabled),
    'service-account-off': tokenRequest(off),
    'wrong-secret': tokenRequest({ ...good, clientSecret: generateClientSecret() }),
    'secret-mistyped': tokenRequest({ ...good, clientSecret: 'x' }),
    'expired-secret': tokenRequest(expired),
    'method-not-registered': { ...grant, client_id: good.clientId, client_assertion: 'a' },
    'organization-suspended': tokenRequest(suspended),
    'no-credentials': tokenRequest({ ...good, clientSecret: '' }),
  }
  const answers = new Set<string>()
  for (const parameters of Object.values(attempts)) {
    clock.advance(1) // so that the events of several servers are in the order of the requests
    const { statusCode, headers, body } = await requestToken(realm, parameters)
    answers.add(JSON.stringify([statusCode, { ...headers, date: '', 'x-request-id': '' }, body]))
  }
  assert.equal(answers.size, 1)
  assert.deepEqual(
    (await auditEvents()).map(({ reason }) => reason),
    Object.keys(attempts),
  )
})

suite('client authentication at the endpoints of a realm', () => {
  const shared = shareTestServer()
  /** The client api-client-acme. */
  let acme: Awaited<ReturnType<TestServer['aClient']>>
  before(async () => {
    acme = await shared().aClient('partner-api', { slug: 'acme' })
  })

  test('abuse 035: without credentials the client is not authenticated, and is challenged to use Basic', async () => {
    const { requestToken } = shared()
    const response = await requestToken('partner-api', grant)
    assert.equal(response.statusCode, 401)
    assert.equal(response.json().error, 'invalid_client')
    assert.equal(response.headers['www-authenticate'], 'Basic realm="token endpoint", charset="UTF-8"')
  })

  test('abuse 036: the time until a denial does not tell whether the client exists', async () => {
    const { aClient, requestToken } = shared()
    const { clientId } = await aClient('partner-api')
    for (const presented of [clientId, 'unknown']) {
      const startedAt = performance.now()
      const refused = await requestToken('partner-api', tokenRequest({ clientId: presented, clientSecret: generateClientSecret() }))
      assert.equal(refused.statusCode, 401)
      assert.ok(performance.now() - startedAt > 4, 'refused as soon as the store had answered')
    }
  })

  test('abuse 039: a body client_id beside the Basic header must be the same client', async () => {
    const { aClient, requestToken } = shared()
    const { clientId, clientSecret } = await aClient('prod')
    const headers = basic(clientId, clientSecret)
    assert.equal((await requestToken('prod', { ...grant, client_id: clientId }, headers)).statusCode, 200)
    assert.equal((await requestToken('prod', { ...grant, client_id: 'other' }, headers)).json().error, 'invalid_client')
  })

  test('abuse 040: the scheme may be written in any case', async () => {
    const { aClient, requestToken } = shared()
    const { clientId, clientSecret } = await aClient('partner-api')
    const authorization = basic(clientId, clientSecret).authorization.replace('Basic', 'basic')
    assert.equal((await requestToken('partner-api', grant, { authorization })).statusCode, 200)
  })

  test('abuse 040: any other spelling of a Basic header is denied', async () => {
    const { aClient, requestToken } = shared()
    const { clientId, clientSecret } = await aClient('partner-api', { clientId: 'acme' })
    const encoded = btoa(`${clientId}:${clientSecret}`)
    const headers = [`Basic ${encoded}!@#`, `Basic ${encoded.replaceAll('=', '')} `, `Basic ${encoded.slice(0, 8)} ${encoded.slice(8)}`]
    for (const authorization of [...headers, 'Basic', `Basic ${btoa('acme')}`, `Basic  ${encoded}`, `Bearer ${encoded}`]) {
      assert.equal((await requestToken('partner-api', grant, { authorization })).statusCode, 401, authorization)
    }
  })

  test('abuse 041: form-encoded and raw Basic credentials get a token, an invalid escape is denied', async () => {
    const { aClient, requestToken } = shared()
    const { clientId, clientSecret } = await aClient('partner-api')
    const encoded = `${clientId.replaceAll('-', '%2D')}:${encodeURIComponent(clientSecret)}`
    const statusOf = async (pair: string) => (await requestToken('partner-api', grant, { authorization: `Basic ${btoa(pair)}` })).statusCode
    assert.equal(await statusOf(encoded), 200)
    assert.equal(await statusOf(`${clientId}:${clientSecret}`), 200)
    assert.equal(await statusOf(`${clientId}:%zz`), 401)
  })

  test('abuse 042: a secret with trailing characters is denied over the wire', async () => {
    const { aClient, requestToken } = shared()
    const client = await aClient('partner-api')
    for (const tail of ['\0', ' ', '\n', '\u200B']) {
      assert.equal(
        (await requestToken('partner-api', tokenRequest({ ...client, clientSecret: client.clientSecret + tail }))).statusCode,
        401,
      )
    }
  })

  for (const length of [4097, 1_000_000]) {
    test(`abuse 044: a secret of ${length} bytes is denied like any other`, async () => {
      const { aClient, requestToken } = shared()
      const response = await requestToken(
        'partner-api',
        tokenRequest({ ...(await aClient('partner-api')), clientSecret: 'x'.repeat(length) }),
      )
      assert.equal(response.statusCode, 401)
      assert.equal(response.json().error, 'invalid_client')
    })
  }

  test('abuse 045: a secret in different letter case is denied', async () => {
    const { aClient, requestToken } = shared()
    const client = await aClient('partner-api')
    for (const clientSecret of [client.clientSecret.toUpperCase(), client.clientSecret.toLowerCase()]) {
      assert.equal((await requestToken('partner-api', tokenRequest({ ...client, clientSecret }))).statusCode, 401)
    }
  })

  test('abuse 046: a secret with a typing error is audited as one, not as a guess', async () => {
    const { aClient, requestToken, auditEvents, clock } = shared()
    const client = await aClient('partner-api')
    const earlier = (await auditEvents()).length
    clock.advance(1) // so that the events of several servers are in the order of the requests
    await requestToken('partner-api', tokenRequest({ ...client, clientSecret: client.clientSecret.slice(0, -1) }))
    clock.advance(1)
    await requestToken('partner-api', tokenRequest({ ...client, clientSecret: generateClientSecret() }))
    assert.deepEqual(
      (await auditEvents()).slice(earlier).map(({ reason }) => reason),
      ['secret-mistyped', 'wrong-secret'],
    )
  })

  test('abuse 047: an assertion without its type is denied, even beside the right secret', async () => {
    const { aClient, requestToken } = shared()
    const response = await requestToken('partner-api', { ...tokenRequest(await aClient('partner-api')), client_assertion: 'a' })
    assert.equal(response.statusCode, 400)
  })

  for (const clientId of ['api-client-acme\0', '../api-client-acme', "' OR 1=1--", 'x'.repeat(10_000), '😀', '__proto__', 'constructor']) {
    test(`abuse 049: the client id ${JSON.stringify(clientId.slice(0, 20))} is denied as unknown`, async () => {
      const { requestToken, auditEvents, clock } = shared()
      clock.advance(1) // so that its event is the last one, with several servers too
      const response = await requestToken('partner-api', tokenRequest({ ...acme, clientId }))
      assert.equal(response.statusCode, 401)
      const event = (await auditEvents()).at(-1)
      assert.deepEqual([event?.reason, event?.client_id], ['unknown-client', null])
    })
  }

  for (const clientId of ['API-client-acme', 'api-client-acme.', 'api-client-acme ', ' api-client-acme']) {
    test(`abuse 050: "${clientId}" is not the client api-client-acme`, async () => {
      assert.equal((await shared().requestToken('partner-api', tokenRequest({ ...acme, clientId }))).statusCode, 401)
    })
  }

  test('abuse 052: a secret that was just used stops working as soon as it is removed', async () => {
    const { aClient, tokenOf, requestToken, admin, database } = shared()
    const client = await aClient('partner-api')
    await tokenOf('partner-api', client)
    await database.query('delete from credentials where client in (select id from clients where client_id = ?)', client.clientId)
    await admin('organizations.update', { params: { realm: 'partner-api', organization: client.slug }, body: { name: 'Acme' } })
    assert.equal((await requestToken('partner-api', tokenRequest(client))).statusCode, 401)
  })

  test('a client of one realm is unknown in the others', async () => {
    const { aClient, requestToken } = shared()
    assert.equal((await requestToken('prod', tokenRequest(await aClient('partner-api')))).statusCode, 401)
  })

  test('introspection and revocation require the same authentication', async () => {
    const { aClient, postForm, realms } = shared()
    const { clientId } = await aClient('partner-api')
    const { introspection, revocation } = realmPaths(realms.get('partner-api')!)
    for (const path of [introspection, revocation]) {
      const response = await postForm(path, { client_id: clientId, client_secret: 'x', token: 'x' })
      assert.equal(response.json().error, 'invalid_client')
    }
  })
})

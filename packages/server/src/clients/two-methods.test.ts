import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { formatBasic } from '@countersign/protocol'
import { realmPaths } from '../realms/realm-paths.ts'
import { shareTestServer, tokenRequest } from '../../test/test-server.fixture.ts'

const realm = 'nt24-idp'
const grant = { grant_type: 'client_credentials' }

// As recorded with Keycloak 26.7.3: "two methods, same client", "… wrong in the header", "… wrong in the body".
suite('a client that authenticates in two ways at once', () => {
  const shared = shareTestServer()

  test('with twoMethods, the secret in the body counts, and the audit event and the log say so without a secret', async () => {
    const { aClient, requestToken, auditEvents, log } = shared()
    const client = await aClient(realm)
    const inHeader = (clientSecret: string) => ({ authorization: formatBasic({ ...client, clientSecret }) })
    const statusOf = async (...[form, headers]: [Record<string, string>, Record<string, string>]) =>
      (await requestToken(realm, form, headers)).statusCode
    assert.equal(await statusOf(tokenRequest(client), inHeader(client.clientSecret)), 200)
    assert.equal(await statusOf(tokenRequest(client), inHeader('wrong-in-the-header')), 200)
    assert.equal(await statusOf({ ...grant, client_secret: client.clientSecret }, inHeader('wrong-in-the-header')), 200)
    assert.equal(await statusOf(tokenRequest({ ...client, clientSecret: 'wrong' }), inHeader(client.clientSecret)), 401)
    const events = (await auditEvents()).filter((event) => event.kind === 'token.request' && event.client_id === client.clientId)
    const ignored = events.map(({ detail }) => (JSON.parse(detail) as { ignoredMethod?: string }).ignoredMethod)
    assert.deepEqual(ignored.toSorted(), ['client_secret_basic', 'client_secret_basic', 'client_secret_basic', undefined])
    const noted = log.filter((line) => line.includes('in two ways at once'))
    assert.equal(noted.length, 3)
    for (const text of [...noted, JSON.stringify(events)])
      assert.ok(!text.includes(client.clientSecret) && !text.includes('wrong-in-the'), text)
  })

  test('one way is not noted', async () => {
    const { aClient, requestToken, auditEvents } = shared()
    const client = await aClient(realm)
    await requestToken(realm, tokenRequest(client))
    await requestToken(realm, { ...grant, client_id: client.clientId }, { authorization: formatBasic(client) })
    const events = (await auditEvents()).filter((event) => event.kind === 'token.request' && event.client_id === client.clientId)
    assert.equal(events.length, 2)
    for (const { detail } of events) assert.ok(!detail.includes('ignoredMethod'))
  })

  test('introspection tolerates it, too', async () => {
    const { aClient, postForm, realms, tokenOf } = shared()
    const client = await aClient(realm)
    const form = { client_id: client.clientId, client_secret: client.clientSecret, token: await tokenOf(realm, client) }
    const { introspection } = realmPaths(realms.get(realm)!)
    const response = await postForm(introspection, form, { authorization: formatBasic(client) })
    assert.equal(response.json().active, true)
  })

  test('two clients, an assertion or an unreadable header stay an error', async () => {
    const { aClient, requestToken } = shared()
    const [client, other] = [await aClient(realm), await aClient(realm)]
    const header = { authorization: formatBasic(client) }
    const refused = async (form: Record<string, string>, headers: Record<string, string>) => {
      const response = await requestToken(realm, form, headers)
      assert.deepEqual([response.statusCode, response.json().error], [400, 'invalid_request'], JSON.stringify([form, headers]))
    }
    await refused(tokenRequest(other), header)
    await refused(tokenRequest({ ...client, clientId: client.clientId.toUpperCase() }), header)
    await refused({ ...grant, client_assertion: 'a' }, header)
    await refused({ ...tokenRequest(client), client_assertion: 'a', client_assertion_type: 'b' }, {})
    await refused({ ...tokenRequest(client), client_assertion: 'a', client_assertion_type: 'b' }, header)
    for (const authorization of ['Basic %%%', 'Bearer abc', 'Basic']) await refused(tokenRequest(client), { authorization })
  })

  test('without twoMethods, it is an error', async () => {
    const { aClient, requestToken } = shared()
    const client = await aClient('partner-api')
    assert.equal((await requestToken('partner-api', tokenRequest(client), { authorization: formatBasic(client) })).statusCode, 400)
  })
})

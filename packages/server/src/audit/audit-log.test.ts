import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeJwt } from 'jose'
import { generateClientSecret } from '../keys/secret-format.ts'
import { seedRealms, startTestServer, tokenRequest } from '../../test/test-server.fixture.ts'

test('a token is sent only after its audit event is on disk', async () => {
  const { aClient, tokenOf, database } = await startTestServer()
  const client = await aClient('prod')
  const { jti, exp } = decodeJwt(await tokenOf('prod', client))
  const event = (await database.query("select * from audit_events where realm = 'prod' and kind = 'token.request'"))[0]!
  const { tokenId, expiresAt, scope, secretId, keyId } = JSON.parse(String(event['detail'])) as Record<string, unknown>
  assert.deepEqual([tokenId, expiresAt, scope], [jti, exp, ''])
  assert.ok(secretId && keyId)
  assert.deepEqual(
    [event['kind'], event['outcome'], event['client_id'], event['organization_id'], event['address'], event['at']],
    ['token.request', 'success', client.clientId, client.organizationId, '127.0.0.1', Date.UTC(2026, 0, 15, 12)],
  )
})

test('abuse 226: no token is issued while audit events cannot be written, and none is lost once they can', async () => {
  const { aClient, requestToken, hideAuditPlaces, expectErrors } = await startTestServer()
  const client = await aClient('prod')
  expectErrors()
  const giveBack = await hideAuditPlaces()
  const refused = await requestToken('prod', tokenRequest(client))
  assert.equal(refused.statusCode, 503)
  assert.equal(refused.json().error, 'temporarily_unavailable')
  assert.equal(refused.headers['retry-after'], '5')
  assert.ok(!refused.body.includes('access_token'))
  await giveBack()
  assert.equal((await requestToken('prod', tokenRequest(client))).statusCode, 200)
})

test('a failing store is logged, and the denial of that time is reported as not written', async () => {
  const { requestToken, auditEvents, hideAuditPlaces, log, expectErrors } = await startTestServer()
  expectErrors()
  await hideAuditPlaces()
  await requestToken('prod', {})
  await assert.rejects(auditEvents())
  assert.ok(log.some((line) => line.includes('denied requests could not be written to the audit log')))
})

test('a change whose audit event cannot be written is rolled back', async () => {
  const { aClient, requestAdmin, tokenOf, operator, request, database, expectErrors } = await startTestServer()
  await aClient('prod')
  const authorization = `Bearer ${await tokenOf('operators', operator)}`
  expectErrors()
  await database.query('alter table audit_events rename to hidden_events')
  const url = '/admin/v1/realms/prod/organizations/acme'
  const response = await request({ method: 'PATCH', url, headers: { authorization, 'if-match': '*' }, payload: { name: 'New' } })
  assert.equal(response.statusCode, 500)
  await database.query('alter table hidden_events rename to audit_events')
  assert.equal((await requestAdmin('organizations.get', { params: { realm: 'prod', organization: 'acme' } })).json().name, 'acme')
})

test('abuse 186: a flood of wrong secrets from one address fills ten rows, and a token in between has its own', async () => {
  const { aClient, requestToken, auditEvents } = await startTestServer({ nodes: 1 })
  const client = await aClient('partner-api')
  const wrong = tokenRequest({ ...client, clientSecret: generateClientSecret() })
  for (let i = 0; i < 100; i++) await requestToken('partner-api', wrong)
  assert.equal((await requestToken('partner-api', tokenRequest(client))).statusCode, 200)
  const outcomes = (await auditEvents()).map(({ outcome }) => outcome)
  assert.deepEqual([outcomes.filter((outcome) => outcome === 'refused').length, outcomes.at(-1)], [10, 'success'])
})

test('abuse 287: neither log nor database contains a secret, a token or a private key, whatever is sent', async () => {
  const { aClient, requestToken, tokenOf, request, postForm, log, database } = await startTestServer({
    realms: seedRealms,
    settings: 'logLevel: debug',
  })
  const client = await aClient('nt24-idp')
  const token = await tokenOf('nt24-idp', client)
  const canaries = [client.clientSecret, token, 'canary-3f9a']
  const fields = ['grant_type', 'client_id', 'client_secret', 'scope', 'resource', 'audience', 'username', 'password', 'token', 'unknown']
  const headers = ['authorization', 'x-request-id', 'x-forwarded-for', 'user-agent', 'content-type', 'cookie', 'if-none-match']
  const path = '/realms/nt24-idp/protocol/openid-connect'
  for (const canary of canaries) {
    for (const field of fields) {
      await requestToken('nt24-idp', { ...tokenRequest(client), [field]: canary })
      for (const endpoint of ['token', 'token/introspect', 'revoke'])
        await postForm(`${path}/${endpoint}?${field}=${canary}`, { [field]: canary })
    }
    for (const header of headers) {
      await requestToken('nt24-idp', tokenRequest(client), { [header]: canary.slice(0, 500) })
      await request({ url: '/v1/me', headers: { [header]: canary } })
    }
    for (const url of [`/problems/${canary}`, `/${canary}?access_token=${canary}`, `/admin/v1/realms/${canary}/clients`])
      await request({ url })
  }
  const contents = (await database.tables()).map((table) => database.query(`select * from "${table}"`))
  const stored = JSON.stringify(await Promise.all(contents))
  for (const canary of [client.clientSecret, token, 'PRIVATE KEY']) assert.ok(!(log.join('') + stored).includes(canary))
  const events = JSON.stringify(await database.query("select * from audit_events where realm <> 'operators'"))
  assert.ok(!events.replaceAll('"caller_request_id":"canary-3f9a"', '').includes('canary-3f9a')) // The only value that a caller may choose.
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeJwt } from 'jose'
import { realmPaths } from '../realms/realm-paths.ts'
import { seedRealms, startTestServer } from '../../test/test-server.fixture.ts'

async function startWithRevocation(realms?: string) {
  const server = await startTestServer({ ...(realms && { realms }) })
  async function revoke(realm: string, client: { clientId: string; clientSecret: string }, token: string) {
    const form = { client_id: client.clientId, client_secret: client.clientSecret, token, token_type_hint: 'access_token' }
    return server.postForm(realmPaths(server.realms.get(realm)!).revocation, form)
  }
  async function isGood(realm: string, token: string): Promise<boolean> {
    const url = `${server.realms.get(realm)!.issuerPath}/v1/me`
    return (await server.request({ url, headers: { authorization: `Bearer ${token}` } })).statusCode === 200
  }
  return { ...server, revoke, isGood }
}

for (const realm of ['nt24-idp', 'partner-api', 'nxtsoft']) {
  test(`RFC 7009 §2: a token of ${realm} that its client revoked is refused at once, other tokens are not`, async () => {
    const { aClient, tokenOf, revoke, isGood } = await startWithRevocation(seedRealms)
    const client = await aClient(realm)
    const [revoked, other] = [await tokenOf(realm, client), await tokenOf(realm, client)]
    assert.equal(await isGood(realm, revoked), true)
    const response = await revoke(realm, client, revoked)
    assert.deepEqual([response.statusCode, response.body], [200, ''])
    assert.deepEqual([await isGood(realm, revoked), await isGood(realm, other)], [false, true])
  })
}

test('a revocation is a change: it is audited with the id of the token and never with the token', async () => {
  const { aClient, tokenOf, revoke, auditEvents } = await startWithRevocation()
  const client = await aClient('prod')
  const token = await tokenOf('prod', client)
  await revoke('prod', client, token)
  const event = (await auditEvents()).find(({ kind }) => kind === 'token.revocation')
  assert.deepEqual([event?.outcome, event?.client_id], ['success', client.clientId])
  assert.equal((JSON.parse(event!.detail) as { tokenId: string }).tokenId, decodeJwt(token).jti)
  assert.ok(!JSON.stringify(await auditEvents()).includes(token))
})

test("abuse 034: another client's revocation is answered alike, has no effect and is audited", async () => {
  const { aClient, tokenOf, revoke, isGood, auditEvents } = await startWithRevocation()
  const [a, b] = [await aClient('prod'), await aClient('prod', { slug: 'borealis' })]
  const token = await tokenOf('prod', a)
  const response = await revoke('prod', b, token)
  assert.deepEqual([response.statusCode, response.body], [200, ''])
  assert.equal(await isGood('prod', token), true)
  const event = (await auditEvents()).find(({ reason }) => reason === 'token-of-another-client')
  assert.equal(event?.client_id, b.clientId)
})

test('RFC 7009 §2.2: nonsense and tokens that are over are answered alike', async () => {
  const { aClient, tokenOf, revoke, clock } = await startWithRevocation()
  const client = await aClient('prod')
  const token = await tokenOf('prod', client)
  clock.advance(300_000)
  for (const value of ['x', 'a.b.c', token]) assert.deepEqual([(await revoke('prod', client, value)).statusCode], [200])
})

test('revoking twice is the same as once', async () => {
  const { aClient, tokenOf, revoke, database } = await startWithRevocation()
  const client = await aClient('prod')
  const token = await tokenOf('prod', client)
  for (let i = 0; i < 2; i++) assert.equal((await revoke('prod', client, token)).statusCode, 200)
  assert.equal((await database.query('select * from revoked_tokens')).length, 1)
})

test('expired revocations are forgotten with the next one', async () => {
  const { aClient, tokenOf, revoke, clock, database } = await startWithRevocation()
  const client = await aClient('prod')
  for (let i = 0; i < 2; i++) {
    await revoke('prod', client, await tokenOf('prod', client))
    clock.advance(300_000)
  }
  assert.equal((await database.query('select * from revoked_tokens')).length, 1)
})

test('an organization cannot make every guard remember more than 1,000 revoked tokens', async () => {
  const { aClient, tokenOf, revoke, isGood, database } = await startWithRevocation()
  const client = await aClient('partner-api')
  const numbers = 'with recursive numbers(i) as (select 1 union all select i + 1 from numbers where i < 1000)'
  const rows = `select 'token-' || i, 'partner-api', cast(? as text), ${Number.MAX_SAFE_INTEGER}, 0 from numbers`
  await database.query(`${numbers} insert into revoked_tokens ${rows}`, client.organizationId)
  const token = await tokenOf('partner-api', client)
  const response = await revoke('partner-api', client, token)
  assert.deepEqual([response.statusCode, response.headers['retry-after']], [429, '60'])
  assert.equal(await isGood('partner-api', token), true)
})

test('RFC 7009 §2.1: without a token, or without authentication, revocation is refused', async () => {
  const { aClient, revoke } = await startWithRevocation()
  const client = await aClient('prod')
  assert.equal((await revoke('prod', client, '')).json().error, 'invalid_request')
  assert.equal((await revoke('prod', { ...client, clientSecret: 'x' }, 'x')).statusCode, 401)
})

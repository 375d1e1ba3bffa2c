import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { decodeJwt } from 'jose'
import { realmPaths } from '../realms/realm-paths.ts'
import { seedRealms, shareTestServer, type TestServer } from '../../test/test-server.fixture.ts'

function withRevocation(server: TestServer) {
  async function revoke(realm: string, client: { clientId: string; clientSecret: string }, token: string) {
    const form = { client_id: client.clientId, client_secret: client.clientSecret, token, token_type_hint: 'access_token' }
    return server.postForm(realmPaths(server.realms.get(realm)!).revocation, form)
  }
  async function isGood(realm: string, token: string): Promise<boolean> {
    const url = `${server.realms.get(realm)!.issuerPath}/v1/me`
    return (await server.request({ url, headers: { authorization: `Bearer ${token}` } })).statusCode === 200
  }
  /** How many tokens of an organization are stored as revoked. */
  async function countOfOrganization(organizationId: string): Promise<number> {
    return (await server.database.query('select * from revoked_tokens where organization_id = ?', organizationId)).length
  }
  return { ...server, revoke, isGood, countOfOrganization }
}

/** Two clients of one organization. */
async function withTwoClients(testServer: TestServer) {
  const server = withRevocation(testServer)
  const { aClient, admin, database, clock } = server
  const client = await aClient('partner-api')
  const created = await admin('clients.create', {
    params: { realm: 'partner-api' },
    body: { organization: client.slug, clientId: `${client.slug}-sibling`, name: 'Sibling' },
  })
  const sibling = { clientId: created.client.clientId, clientSecret: created.clientSecret! }
  clock.advance(10_000)
  /** Inserts this many revoked tokens: of a client, or of an unknown one. */
  async function revoked(count: number, clientId?: string, { expired = false } = {}) {
    const numbers = `with recursive numbers(i) as (select 1 union all select i + 1 from numbers where i < ${count})`
    const of = clientId === undefined ? 'null' : `(select id from clients where client_id = '${clientId}')`
    const columns = 'token_id, realm, organization_id, client, issued_at, expires_at, revoked_at'
    const [issuedAt, endsAt] = [Math.floor(clock.now() / 1000) - 1, expired ? clock.now() : clock.now() + 300_000]
    const rows = `select '${clientId ?? client.slug}-' || i, 'partner-api', cast(? as text), ${of}, ${issuedAt}, ${endsAt}, 0 from numbers`
    await database.query(`${numbers} insert into revoked_tokens (${columns}) ${rows}`, client.organizationId)
  }
  const countOf = async (clientId: string) => {
    const of = `(select id from clients where client_id = ?)`
    return (await database.query(`select * from revoked_tokens where client = ${of}`, clientId)).length
  }
  const tokenOf = (of: typeof sibling) => server.tokenOf('partner-api', of)
  const revoke = async (of: typeof sibling, token: string) => server.revoke('partner-api', of, token)
  const isGood = (token: string) => server.isGood('partner-api', token)
  return { ...server, client, sibling, revoked, countOf, tokenOf, revoke, isGood }
}

suite('each test revokes tokens of its own clients', () => {
  const shared = shareTestServer({ realms: seedRealms })

  for (const realm of ['nt24-idp', 'partner-api', 'nxtsoft']) {
    test(`RFC 7009 §2: a token of ${realm} that its client revoked is rejected at once, other tokens are not`, async () => {
      const { aClient, tokenOf, revoke, isGood } = withRevocation(shared())
      const client = await aClient(realm)
      const [revoked, other] = [await tokenOf(realm, client), await tokenOf(realm, client)]
      assert.equal(await isGood(realm, revoked), true)
      const response = await revoke(realm, client, revoked)
      assert.deepEqual([response.statusCode, response.body], [200, ''])
      assert.deepEqual([await isGood(realm, revoked), await isGood(realm, other)], [false, true])
    })
  }

  test('fault 7.6: an empty response has no content type, whether a token was revoked or not', async () => {
    const { aClient, tokenOf, revoke } = withRevocation(shared())
    for (const realm of ['nt24-idp', 'partner-api', 'nxtsoft']) {
      const client = await aClient(realm)
      for (const token of [await tokenOf(realm, client), await tokenOf(realm, await aClient(realm)), 'unknown']) {
        const { statusCode, body, headers } = await revoke(realm, client, token)
        assert.deepEqual([statusCode, body, headers['content-length'], headers['content-type']], [200, '', '0', undefined])
        assert.equal(headers['cache-control'], 'no-store')
      }
    }
  })

  test('a revocation is audited with the id of the token and never with the token', async () => {
    const { aClient, tokenOf, revoke, auditEvents } = withRevocation(shared())
    const client = await aClient('prod')
    const token = await tokenOf('prod', client)
    await revoke('prod', client, token)
    const event = (await auditEvents()).find(({ kind, client_id: clientId }) => kind === 'token.revocation' && clientId === client.clientId)
    assert.deepEqual([event?.outcome, event?.client_id], ['success', client.clientId])
    assert.equal((JSON.parse(event!.detail) as { tokenId: string }).tokenId, decodeJwt(token).jti)
    assert.ok(!JSON.stringify(await auditEvents()).includes(token))
  })

  test("abuse 034: another client's revocation gets the same response, has no effect and is audited", async () => {
    const { aClient, tokenOf, revoke, isGood, auditEvents } = withRevocation(shared())
    const [a, b] = [await aClient('prod'), await aClient('prod', { slug: 'borealis' })]
    const token = await tokenOf('prod', a)
    const response = await revoke('prod', b, token)
    assert.deepEqual([response.statusCode, response.body], [200, ''])
    assert.equal(await isGood('prod', token), true)
    const event = (await auditEvents()).find(({ reason, client_id: id }) => reason === 'token-of-another-client' && id === b.clientId)
    assert.equal(event?.outcome, 'refused')
  })

  test('RFC 7009 §2.2: nonsense and expired tokens get the same response', async () => {
    const { aClient, tokenOf, revoke, clock } = withRevocation(shared())
    const client = await aClient('prod')
    const token = await tokenOf('prod', client)
    clock.advance(300_000)
    for (const value of ['x', 'a.b.c', token]) assert.deepEqual([(await revoke('prod', client, value)).statusCode], [200])
  })

  test('revocation is idempotent', async () => {
    const { aClient, tokenOf, revoke, countOfOrganization } = withRevocation(shared())
    const client = await aClient('prod')
    const token = await tokenOf('prod', client)
    for (let i = 0; i < 2; i++) assert.equal((await revoke('prod', client, token)).statusCode, 200)
    assert.equal(await countOfOrganization(client.organizationId), 1)
  })

  test('expired revocations are deleted with the next one', async () => {
    const { aClient, tokenOf, revoke, clock, countOfOrganization } = withRevocation(shared())
    const client = await aClient('prod')
    for (let i = 0; i < 2; i++) {
      await revoke('prod', client, await tokenOf('prod', client))
      clock.advance(360_000)
    }
    assert.equal(await countOfOrganization(client.organizationId), 1)
  })

  test('a revoked token is kept for as long as a guard may accept it: a minute beyond its expiry', async () => {
    const { aClient, tokenOf, revoke, clock, countOfOrganization, upkeep } = withRevocation(shared())
    const client = await aClient('prod')
    await revoke('prod', client, await tokenOf('prod', client))
    clock.advance(359_000)
    await upkeep.maintain()
    assert.equal(await countOfOrganization(client.organizationId), 1)
    clock.advance(1000)
    await upkeep.maintain()
    assert.equal(await countOfOrganization(client.organizationId), 0)
  })

  test('fault 1.6: at the bound, all tokens of the client are cut, and the response says so', async () => {
    const { client, revoked, countOf, tokenOf, revoke, isGood, clock, auditEvents } = await withTwoClients(shared())
    await revoked(199, client.clientId)
    const [last, one, other] = [await tokenOf(client), await tokenOf(client), await tokenOf(client)]
    assert.deepEqual([(await revoke(client, last)).body, await countOf(client.clientId)], ['', 200])
    const response = await revoke(client, one)
    const tokensNotBefore = Math.floor(clock.now() / 1000) + 1
    assert.deepEqual(
      [response.statusCode, response.json().revoked, response.json().tokens_not_before],
      [200, 'every_token', tokensNotBefore],
    )
    assert.deepEqual([await isGood(last), await isGood(one), await isGood(other), await countOf(client.clientId)], [false, false, false, 0])
    const cuts = (await auditEvents()).filter(({ detail }) => detail.includes(`"tokensNotBefore":${tokensNotBefore}`))
    assert.deepEqual(
      cuts.map(({ kind }) => kind),
      ['token.revocation'],
    )
    const fresh = await tokenOf(client)
    assert.equal(await isGood(fresh), true)
    assert.deepEqual([(await revoke(client, fresh)).body, await isGood(fresh), await countOf(client.clientId)], ['', false, 1])
  })

  test('fault 1.6: a client that has revoked 1,000 of its tokens limits no other client, whichever version stored that', async () => {
    const { client, sibling, revoked, tokenOf, revoke, isGood } = await withTwoClients(shared())
    await revoked(1000)
    const [kept, own, others] = [await tokenOf(client), await tokenOf(sibling), await tokenOf(sibling)]
    const response = await revoke(sibling, own)
    assert.deepEqual([response.statusCode, response.json().revoked], [200, 'every_token'])
    assert.deepEqual([await isGood(own), await isGood(others), await isGood(kept)], [false, false, true])
  })

  test('fault 1.6: revoked tokens that have expired do not count', async () => {
    const { client, revoked, tokenOf, revoke, countOf } = await withTwoClients(shared())
    await revoked(1000, undefined, { expired: true })
    await revoked(200, client.clientId, { expired: true })
    assert.deepEqual([(await revoke(client, await tokenOf(client))).body, await countOf(client.clientId)], ['', 1])
  })

  test('fault 1.6: of concurrent revocations at the bound none is rejected and none is lost, on one node or two', async () => {
    const { client, sibling, revoked, countOf, tokenOf, revoke, isGood } = await withTwoClients(shared())
    await revoked(195, client.clientId)
    const tokens = await Promise.all(Array.from({ length: 12 }, () => tokenOf(client)))
    const kept = await tokenOf(sibling)
    const answers = await Promise.all(tokens.map((token) => revoke(client, token)))
    assert.deepEqual(new Set(answers.map(({ statusCode }) => statusCode)), new Set([200]))
    assert.equal(answers.filter(({ body }) => body !== '').length, 1)
    assert.deepEqual(new Set(await Promise.all(tokens.map(isGood))), new Set([false]))
    assert.deepEqual([await isGood(kept), await countOf(client.clientId)], [true, 0])
  })

  test('fault 1.6: a token that a cut has dated into the next second is revoked by the next cut, too', async () => {
    const { client, revoked, tokenOf, revoke, isGood, clock } = await withTwoClients(shared())
    await revoked(200, client.clientId)
    await revoke(client, await tokenOf(client))
    const ahead = await tokenOf(client)
    await revoked(200, client.clientId)
    assert.equal((await revoke(client, ahead)).json().revoked, 'every_token')
    assert.equal(await isGood(ahead), false)
    clock.advance(2000)
    assert.deepEqual([await isGood(ahead), await isGood(await tokenOf(client))], [false, true])
  })

  test('RFC 7009 §2.1: without a token, or without authentication, revocation is rejected', async () => {
    const { aClient, revoke } = withRevocation(shared())
    const client = await aClient('prod')
    assert.equal((await revoke('prod', client, '')).json().error, 'invalid_request')
    assert.equal((await revoke('prod', { ...client, clientSecret: 'x' }, 'x')).statusCode, 401)
  })
})

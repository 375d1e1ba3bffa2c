import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { OperationInput } from '@countersign/admin'
import { generateClientSecret } from '../keys/secret-format.ts'
import { shareTestServer, tokenRequest } from '../../test/test-server.fixture.ts'

const realm = 'nt24-idp'

suite('explanations of tokens', () => {
  const shared = shareTestServer()

  const explain = (token: string, more: Partial<OperationInput<'tokens.explain'>['body']> = {}) =>
    shared().admin('tokens.explain', { params: {}, body: { token, ...more } })

  /** A new client with its token. */
  async function aToken() {
    const acme = await shared().aClient(realm)
    return { ...acme, token: await shared().tokenOf(realm, acme), client: { params: { realm, client: acme.clientId } } }
  }

  const endings: Record<
    string,
    [standing: string, kind: string | null, end: (acme: Awaited<ReturnType<typeof aToken>>) => Promise<unknown>]
  > = {
    'a revoked token': [
      'revoked',
      'token.revocation',
      (acme) => shared().postForm('/realms/nt24-idp/protocol/openid-connect/revoke', { ...tokenRequest(acme), token: acme.token }),
    ],
    'a token of an organization whose tokens were cut': [
      'cut',
      'organizations.cutTokens',
      ({ slug }) => shared().admin('organizations.cutTokens', { params: { realm, organization: slug }, body: { reason: 'Leaked' } }),
    ],
    'a token of a client whose secret was revoked with its tokens': [
      'cut',
      'secrets.revoke',
      async ({ client: { params } }) => {
        const { secrets } = await shared().admin('rotation.get', { params })
        return shared().admin('secrets.revoke', {
          params: { ...params, secret: secrets[0]!.id },
          body: { reason: 'Leaked', cutTokens: true },
        })
      },
    ],
    'a token of a disabled client': [
      'client-disabled',
      'clients.update',
      ({ client }) => shared().admin('clients.update', { ...client, body: { enabled: false, reason: 'Leaked' } }),
    ],
    'a token of a client without its service account': [
      'client-disabled',
      'clients.update',
      ({ client }) => shared().admin('clients.update', { ...client, body: { serviceAccountEnabled: false, reason: 'Leaked' } }),
    ],
    'a token of a deleted client': [
      'client-deleted',
      'clients.delete',
      ({ client }) => shared().admin('clients.delete', { ...client, body: { reason: 'Leaked' } }),
    ],
    'a token of a deleted organization': [
      'client-deleted',
      'organizations.delete',
      ({ slug }) => shared().admin('organizations.delete', { params: { realm, organization: slug }, body: { reason: 'Leaked' } }),
    ],
    'an expired token': ['expired', null, async () => shared().clock.advance(300_000)],
  }
  for (const [what, [standing, kind, end]] of Object.entries(endings)) {
    test(`${what} is told by the change that ended it`, async () => {
      const acme = await aToken()
      assert.equal((await explain(acme.token)).standing, 'good')
      await end(acme)
      const found = await explain(acme.token)
      assert.deepEqual([found.standing, found.changedBy?.kind ?? null, found.token?.clientId], [standing, kind, acme.clientId])
      assert.equal(found.changedBy?.reason, kind === 'token.revocation' ? null : kind === null ? undefined : 'Leaked')
      assert.notEqual(found.since, null)
      assert.equal(found.unchanged === null, kind !== null)
    })
  }

  test('abuse 165: of a secret, a foreign token or an altered one nothing is repeated', async () => {
    const { token } = await aToken()
    const [header, payload, signature] = token.split('.') as [string, string, string]
    const foreign = Buffer.from('{"iss":"https://evil.example/canary","sub":"canary"}').toString('base64url')
    for (const [standing, text] of Object.entries({
      secret: `${generateClientSecret()}canary`,
      'not-a-token': 'canary',
      'other-issuer': `${header}.${foreign}.${signature}`,
      altered: `${header}.${payload}.${signature.slice(0, -4)}AAAA`,
    })) {
      const found = await explain(text)
      assert.deepEqual([found.standing, found.token, found.decision], [standing, null, null])
      const answer = JSON.stringify(found)
      assert.ok(!/canary|evil/.test(answer) && !answer.includes(signature.slice(0, 20)) && !answer.includes(payload.slice(0, 40)))
    }
  })

  test('abuse 165: the token is neither in the log nor in the store', async () => {
    const { token } = await aToken()
    const secret = generateClientSecret()
    for (const text of [token, secret]) await explain(text)
    const { requestAdmin, log, database, auditEvents } = shared()
    await requestAdmin('tokens.explain', { params: {}, body: { token, api: 'not a name' } })
    await requestAdmin('tokens.explain', { params: {}, body: { token: `${token}${'A'.repeat(9000)}` } })
    await auditEvents()
    const rows = JSON.stringify([
      await database.query('select * from audit_events'),
      await database.query('select * from refusals'),
      await database.query('select * from idempotency_keys'),
    ])
    for (const text of [token.split('.')[2]!, secret]) assert.ok(!log.join('').includes(text) && !rows.includes(text))
  })

  test('more than 8 kB is denied', async () => {
    const { statusCode } = await shared().requestAdmin('tokens.explain', { params: {}, body: { token: 'a'.repeat(8193) } })
    assert.equal(statusCode, 400)
  })

  test('an operator that is limited to realms is told the same of a token of another realm as of a foreign one', async () => {
    const { token } = await aToken()
    const { createOperator, requestAdmin } = shared()
    const limited = await createOperator({ realms: ['prod'] })
    const ask = async (text: string) => (await requestAdmin('tokens.explain', { params: {}, body: { token: text } }, limited)).body
    const foreign = `${token.split('.')[0]}.${Buffer.from('{"iss":"https://other.example"}').toString('base64url')}.AAAA`
    assert.equal(await ask(token), await ask(foreign))
  })

  test('a route that a guard has reported is decided on, with the checks and the command', async () => {
    const { token, slug, client } = await aToken()
    const partner = '5f0c6a0e-8f55-4b6e-9a43-6a1f5d1f7c51'
    const { admin, database, clock } = shared()
    const requires = JSON.stringify({ dpa: 'any', partner: 'sellerId' })
    await database.query(
      `insert into guarded_routes (realm, reporter, api, method, route, requires, seen_at) values ('${realm}', 'guard', 'orders', 'GET', '/v1/partners/{sellerId}/${slug}', '${requires}', ${clock.now()})`,
    )
    const route = { api: 'orders', method: 'GET', route: `/v1/partners/{sellerId}/${slug}` }
    assert.match((await explain(token, route)).decision!.detail, /by the partner in \{sellerId\}/)
    const refused = (await explain(token, { ...route, partner })).decision!
    assert.deepEqual([refused.outcome, refused.code, refused.checks.length], ['refused', 'partner-not-authorized', 13])
    assert.match(refused.command!, /^countersign partner authorize/)
    await admin('partners.authorize', { params: { realm, organization: slug, partner }, body: { name: 'Alder' } })
    const allowed = (await explain(token, { ...route, partner })).decision!
    assert.deepEqual([allowed.outcome, allowed.checks.filter(({ result }) => result === 'failed')], ['allowed', []])
    const unknown = (await explain(token, { api: 'order', route: `/v1/partners/${partner}/${slug}` })).decision!
    assert.deepEqual(
      [unknown.outcome, unknown.detail],
      ['unknown', `No guard has reported this route. Nearest are GET ${route.route} (orders).`],
    )
    assert.equal(
      (await explain(token, { requires: { dpa: 'any', scope: ['orders:read'] } })).decision!.command,
      `countersign client update ${client.params.client} --scope 'profile email orders:read' --realm ${realm} --reason 'why'`,
    )
  })

  // The last one: several servers wait a while until the next key signs.
  test('a token of a compromised key is told by the key, and nothing else of it', async () => {
    const { token } = await aToken()
    const { items } = await shared().admin('signingKeys.list', { params: { realm } })
    const { keyId } = items.find(({ state }) => state === 'active')!
    await shared().admin('signingKeys.compromise', { params: { realm, key: keyId }, body: { reason: 'Stolen' } })
    const found = await explain(token)
    assert.deepEqual(
      [found.standing, found.changedBy?.kind, found.changedBy?.reason, found.token],
      ['key-ended', 'signingKeys.compromise', 'Stolen', null],
    )
  })
})

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { refusalOf } from '../../test/console.fixture.ts'
import { aReader, realm, signInToPortal, tryToken, withPortal } from '../../test/portal.fixture.ts'
import { shareTestServer, startTestServer, tokenRequest } from '../../test/test-server.fixture.ts'

suite('trying out a token at the portal', () => {
  const shared = shareTestServer(withPortal)

  test('abuse 149: the answer is that of the token endpoint, and neither the secret nor the token is stored or logged', async () => {
    const server = shared()
    const { client, browser } = await aReader(server)
    const answer = await tryToken(browser, { clientSecret: client.clientSecret, scope: 'profile' })
    assert.equal(answer.statusCode, 200, answer.body)
    assert.deepEqual(
      [String(answer.headers['content-type']).split(';')[0], answer.headers['cache-control']],
      ['application/json', 'no-store'],
    )
    const { access_token: token, ...rest } = answer.json()
    const { access_token: other, ...usual } = (await server.requestToken(realm, { ...tokenRequest(client), scope: 'profile' })).json()
    assert.deepEqual(rest, usual)
    const me = await server.request({ url: '/realms/nt24-idp/v1/me', headers: { authorization: `Bearer ${token}` } })
    assert.equal(me.statusCode, 200)
    const tables = ['audit_events', 'sessions', 'usage', 'credential_uses', 'refusals']
    const stored = await Promise.all(tables.map((table) => server.database.query(`select * from ${table}`)))
    const kept = JSON.stringify([stored, server.log])
    for (const secret of [token, String(token).split('.')[2]!, other, client.clientSecret]) assert.ok(!kept.includes(secret))
    const [event] = await server.database.query<Record<string, string>>(
      `select * from audit_events where client_id = ? and kind = 'token.request' and outcome = 'success'`,
      client.clientId,
    )
    assert.equal(JSON.parse(event!['detail']!).scope, 'profile')
  })

  test('a wrong secret, a scope that is not granted and the secret of another client get the errors of OAuth', async () => {
    const server = shared()
    const { client, browser } = await aReader(server)
    const other = await server.aClient(realm)
    for (const [payload, expected] of [
      [{ clientSecret: 'csk_wrong' }, [401, 'invalid_client']],
      [{ clientSecret: other.clientSecret }, [401, 'invalid_client']],
      [{ clientSecret: client.clientSecret, scope: 'orders:write' }, [400, 'invalid_scope']],
    ] as const) {
      const answer = await tryToken(browser, payload)
      assert.deepEqual([answer.statusCode, answer.json().error], expected, answer.body)
      if (answer.statusCode === 401) assert.equal(answer.headers['www-authenticate'], 'Cookie realm="portal"')
    }
    assert.equal((await browser.session()).statusCode, 200)
    const denials = await server.database.query(
      `select 1 from audit_events where kind = 'token.request' and outcome = 'refused' and client_id = ?`,
      client.clientId,
    )
    assert.ok(denials.length > 0)
    await server.upkeep.writeRefusals()
    const { items } = await server.admin('refusals.list', { params: { realm }, query: { client: client.clientId, source: 'token' } })
    assert.deepEqual(
      // Of two nodes, whose clocks differ.
      items.map(({ code, isVerified, route }) => `${code} ${isVerified} ${route}`).toSorted(),
      [
        'invalid-client false /portal/api/try/token',
        'invalid-client false /portal/api/try/token',
        'invalid-scope true /portal/api/try/token',
      ],
    )
    for (const payload of [{}, { clientSecret: client.clientSecret, clientId: other.clientId }, { clientSecret: 7 }])
      assert.deepEqual(refusalOf(await tryToken(browser, payload)), [400, 'invalid-request'])
    const signedOut = await server.request({
      method: 'POST',
      url: '/portal/api/try/token',
      headers: { 'sec-fetch-site': 'same-origin' },
      payload: { clientSecret: client.clientSecret },
    })
    assert.deepEqual(refusalOf(signedOut), [401, 'signed-out'])
  })
})

test('guesses there are throttled as at the token endpoint', async () => {
  const server = await startTestServer({ ...withPortal, nodes: 1 })
  const client = await server.aClient('prod')
  const browser = await signInToPortal(server, client, 'prod')
  const codes: number[] = []
  for (let attempt = 0; attempt < 7; attempt++) {
    server.clock.advance(50)
    codes.push((await tryToken(browser, { clientSecret: 'csk_guess' })).statusCode)
  }
  assert.deepEqual([codes[0], codes.at(-1)], [401, 429])
  assert.equal((await server.requestToken('prod', tokenRequest(client))).statusCode, 429)
})

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { withPortal } from '../../test/portal.fixture.ts'
import { startTestServer } from '../../test/test-server.fixture.ts'

async function aServer() {
  const server = await startTestServer({ ...withPortal, nodes: 1 })
  const acme = await server.aClient('nt24-idp')
  const aToken = () => server.tokenOf('nt24-idp', acme)
  const ask = async (token: string, url = '/realms/nt24-idp/v1/me', remoteAddress = '192.0.2.1') => {
    const { statusCode, headers } = await server.request({ url, remoteAddress, headers: { authorization: `Bearer ${token}` } })
    return [statusCode, headers['retry-after']]
  }
  /** Uses up the budget of an address. */
  const flood = async (remoteAddress?: string) => {
    const bad = `${(await aToken()).slice(0, -4)}AAAA`
    for (let times = 0; times < 1000; times++) assert.deepEqual(await ask(bad, undefined, remoteAddress), [401, undefined])
    // The clock of a database goes on by itself, and a millisecond is half a token.
    for (let more = 0; more < 50 && (await ask(bad, undefined, remoteAddress))[0] === 401; more++);
    return bad
  }
  return { server, aToken, ask, flood }
}

suite('bad tokens where a request needs nothing else', () => {
  test('have a budget of each network, beside which tokens that were good are answered', async () => {
    const { server, aToken, ask, flood } = await aServer()
    const [known, fresh] = [await aToken(), await aToken()]
    assert.deepEqual(await ask(known), [200, undefined])
    const bad = await flood()
    const urls = ['me', 'me/partners', 'me/refusals', 'me/usage', 'me/secret-rotation', 'changes'].map(
      (path) => `/realms/nt24-idp/v1/${path}`,
    )
    for (const url of [...urls, '/v1/me', '/admin/v1/realms/prod/organizations']) assert.deepEqual(await ask(bad, url), [429, '1'], url)
    assert.deepEqual(await ask(fresh), [429, '1'], 'whether a new one is good is not known before it is verified')
    assert.deepEqual(await ask(known), [200, undefined])
    assert.deepEqual(await ask(fresh, undefined, '192.0.2.2'), [200, undefined])
    server.clock.advance(1000)
    assert.deepEqual(await ask(await aToken()), [200, undefined])
  })

  test('count for the networks of IPv6 that one user may have, and what is no token at all counts for nothing', async () => {
    const { aToken, ask, flood } = await aServer()
    for (let times = 0; times < 1100; times++) assert.deepEqual(await ask('no-token', undefined, '2001:db8:1::1'), [401, undefined])
    await flood('2001:db8:1:2::1')
    assert.deepEqual(await ask(await aToken(), undefined, '2001:db8:1:2::2'), [429, '1'])
    assert.deepEqual(await ask(await aToken(), undefined, '2001:db8:1:3::1'), [200, undefined], 'of the wider networks little is used up')
    for (const network of ['3', '4', '5']) await flood(`2001:db8:1:${network}::1`)
    assert.deepEqual(await ask(await aToken(), undefined, '2001:db8:1:6::1'), [429, '1'], 'a household has the budget of four')
    assert.deepEqual(await ask(await aToken(), undefined, '2001:db8:2::1'), [200, undefined])
  })

  test('are not taken for good ones where a session is asked for and no token is read', async () => {
    const { ask, flood } = await aServer()
    const bad = await flood()
    for (const mount of ['console', 'portal'])
      assert.deepEqual(
        await ask(bad, `/${mount}/api/v1/realms/nt24-idp/clients/acme/secret-rotation`, '192.0.2.9'),
        [401, undefined],
        mount,
      )
    assert.deepEqual(await ask(bad), [429, '1'])
  })
})

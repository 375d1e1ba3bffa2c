import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { generateClientSecret } from '../keys/secret-format.ts'
import { shareTestServer, tokenRequest } from '../../test/test-server.fixture.ts'
import type { OwnUsage } from './own-usage.ts'

const hourMs = 3_600_000

suite('the own usage of a client', () => {
  const server = shareTestServer({
    realms: `
  here: { issuer: /realms/here, aliases: [/auth/realms/here], tokenEndpoint: /realms/here/token, audience: api }
  there: { issuer: /realms/there, tokenEndpoint: /realms/there/token, audience: api }
`,
  })
  const read = async (token: string, path = '/realms/here/v1/me/usage') => {
    await server().upkeep.writeUsage()
    return server().request({ url: path, headers: { authorization: `Bearer ${token}` } })
  }
  const totals = (series: OwnUsage['tokens']) => series.map(({ key, total }) => [key, total])

  test('has its tokens and refusals by hour or day, at every address and at the root', async () => {
    const client = await server().aClient('here')
    const token = await server().tokenOf('here', client)
    await server().requestToken('here', { ...tokenRequest(client), scope: 'none' })
    for (const path of ['/realms/here/v1/me/usage', '/auth/realms/here/v1/me/usage', '/v1/me/usage', '/v1/me/usage?step=day']) {
      const response = await read(token, path)
      assert.equal(response.statusCode, 200, response.body)
      assert.equal(response.headers['cache-control'], 'no-store')
      const { tokens, calls, routes, step } = response.json<OwnUsage>()
      assert.deepEqual(totals(tokens), [
        ['invalid-scope', 1],
        ['issued', 1],
      ])
      // Only the calls of this test themselves.
      assert.ok(calls.every(({ key }) => key === 'allowed') && routes.every(({ key }) => key?.endsWith('/v1/me/usage')))
      assert.equal(tokens[0]?.points.length, step === 'hour' ? 24 : 30)
    }
    assert.equal((await read(token, '/v1/me/usage?step=week')).statusCode, 400)
    assert.equal((await read(token, '/v1/me/usage?client=other')).statusCode, 400)
    assert.equal((await read('none')).statusCode, 401)
  })

  test('has nothing of neighbours, of the same id in another realm, or of those who only named it', async () => {
    const [client, neighbour] = [await server().aClient('here'), await server().aClient('here')]
    const namesake = await server().aClient('there', { clientId: client.clientId })
    for (const other of [neighbour, neighbour]) await server().tokenOf('here', other)
    for (let i = 0; i < 3; i++) await server().tokenOf('there', namesake)
    await server().requestToken('here', tokenRequest({ ...client, clientSecret: generateClientSecret() }))
    const { tokens } = (await read(await server().tokenOf('here', client))).json<OwnUsage>()
    assert.deepEqual(totals(tokens), [['issued', 1]])
  })

  test('has nothing of a deleted client of the same id, in the same or another organization', async () => {
    const first = await server().aClient('here', { clientId: 'reused' })
    for (let i = 0; i < 5; i++) await server().tokenOf('here', first)
    await server().upkeep.writeUsage()
    await server().admin('clients.delete', { params: { realm: 'here', client: 'reused' } })
    server().clock.advance(1000)
    const created = await server().admin('clients.create', {
      params: { realm: 'here' },
      body: { organization: first.slug, name: 'again', clientId: 'reused' },
    })
    const second = { clientId: 'reused', clientSecret: created.clientSecret! }
    assert.deepEqual((await read(await server().tokenOf('here', second))).json<OwnUsage>().tokens, [], 'the hour of the change is left out')
    server().clock.advance(hourMs)
    assert.deepEqual(totals((await read(await server().tokenOf('here', second))).json<OwnUsage>().tokens), [['issued', 1]])

    await server().admin('clients.delete', { params: { realm: 'here', client: 'reused' } })
    server().clock.advance(2 * hourMs)
    const third = await server().aClient('here', { clientId: 'reused' })
    await server().tokenOf('here', third)
    server().clock.advance(hourMs)
    const { tokens } = (await read(await server().tokenOf('here', third))).json<OwnUsage>()
    assert.deepEqual(totals(tokens), [['issued', 1]])
  })
})

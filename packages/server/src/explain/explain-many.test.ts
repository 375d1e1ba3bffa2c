import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestServer } from '../../test/test-server.fixture.ts'

test('an operator may ask about 1000 bad tokens at once and 500 a second, and beside them about tokens that were good', async () => {
  const server = await startTestServer({ nodes: 1 })
  const acme = await server.aClient('nt24-idp')
  const [known, fresh] = [await server.tokenOf('nt24-idp', acme), await server.tokenOf('nt24-idp', acme)]
  const authorization = `Bearer ${await server.tokenOf('operators', server.operator)}`
  const explain = async (token: string) => {
    const response = await server.request({
      method: 'POST',
      url: '/admin/v1/tokens/explain',
      headers: { authorization, 'content-type': 'application/json' },
      payload: JSON.stringify({ token }),
    })
    return [response.statusCode, response.json<{ standing?: string }>().standing, response.headers['retry-after']]
  }
  assert.deepEqual(await explain(known), [200, 'good', undefined])
  const bad = `${known.slice(0, -4)}AAAA`
  for (let count = 0; count < 1000; count++) assert.deepEqual(await explain(bad), [200, 'altered', undefined])
  // The clock of a database goes on by itself, and a millisecond is half a token.
  let answer = await explain(bad)
  for (let more = 0; more < 50 && answer[0] === 200; more++) answer = await explain(bad)
  assert.deepEqual(answer, [429, undefined, '1'])
  assert.deepEqual(await explain(fresh), [429, undefined, '1'])
  assert.deepEqual(await explain(known), [200, 'good', undefined])
  server.clock.advance(1000)
  assert.deepEqual(await explain(fresh), [200, 'good', undefined])
})

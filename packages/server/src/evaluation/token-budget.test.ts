import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestServer } from '../../test/test-server.fixture.ts'

interface Answer {
  readonly evaluations?: readonly { readonly decision: boolean }[]
}

async function anApiWithCallers() {
  const server = await startTestServer({ nodes: 1 })
  const tokenOf = async (slug: string, scopes?: string[]) => {
    const client = await server.aClient('nt24-idp', { slug, ...(scopes && { scopes }) })
    return () => server.tokenOf('nt24-idp', client)
  }
  const [flooded, other] = [await tokenOf('flooded', ['access:evaluate']), await tokenOf('other', ['access:evaluate'])]
  const callers = { flooded: await flooded(), other: await other() }
  const ask = async (caller: keyof typeof callers, token: string, count = 1) => {
    const response = await server.request({
      method: 'POST',
      url: '/realms/nt24-idp/access/v1/evaluations',
      headers: { authorization: `Bearer ${callers[caller]}`, 'content-type': 'application/json' },
      payload: JSON.stringify({
        subject: { type: 'access_token', id: token },
        action: { name: 'x', properties: { dpa: 'any' } },
        resource: { type: 'api', id: 'nt24-integration-api' },
        evaluations: Array.from({ length: count }, () => ({})),
      }),
    })
    const { evaluations = [] } = response.json<Answer>()
    return [response.statusCode, evaluations[0]?.decision, response.headers['retry-after']]
  }
  return { server, ask, aToken: await tokenOf('acme') }
}

test('tokens that are not valid have a budget of each caller, beside which those that were valid are answered', async () => {
  const { server, ask, aToken } = await anApiWithCallers()
  const [known, fresh] = [await aToken(), await aToken()]
  const bad = `${known.slice(0, -4)}AAAA`
  assert.deepEqual(await ask('flooded', known), [200, true, undefined])
  for (let times = 0; times < 10; times++) assert.deepEqual(await ask('flooded', bad, 100), [200, false, undefined])
  assert.deepEqual(await ask('flooded', bad), [429, undefined, '1'])
  assert.deepEqual(await ask('flooded', fresh), [429, undefined, '1'], 'whether a new one is valid is not known before it is verified')
  assert.deepEqual(await ask('flooded', known), [200, true, undefined])
  assert.deepEqual(await ask('other', fresh), [200, true, undefined])
  server.clock.advance(1000)
  assert.deepEqual(await ask('flooded', fresh), [200, true, undefined])
})

test('what is refused before a token is verified does not count', async () => {
  const { ask, aToken } = await anApiWithCallers()
  for (let times = 0; times < 11; times++) assert.deepEqual(await ask('flooded', 'two words', 100), [200, false, undefined])
  assert.deepEqual(await ask('flooded', await aToken()), [200, true, undefined])
})

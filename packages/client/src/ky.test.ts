// What the adapter of ky has besides the contract of adapters.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import ky from 'ky'
import { aUrl, apiOrigin, createClientOfApi, refusal } from './api.fixture.ts'
import { withBearer } from './ky.ts'

const options = { origins: [apiOrigin] }
const invalidToken = { realm: 'api', error: 'invalid_token' }

test('ky keeps the fetch of the instance, and repeats JSON with a new token', async () => {
  const { api, tokens } = await createClientOfApi(5)
  api.refuse = ({ authorization }) => (authorization === 'Bearer token-1' ? refusal(401, invalidToken) : undefined)
  const instance = withBearer(ky.create({ fetch: api.fetch }), tokens, options)
  assert.deepEqual(await instance.post(aUrl, { json: { a: 1 } }).json(), { ok: true })
  assert.deepEqual(
    api.calls.map(({ authorization, body }) => [authorization, body]),
    [
      ['Bearer token-1', '{"a":1}'],
      ['Bearer token-2', '{"a":1}'],
    ],
  )
})

test('ky, which repeats requests after errors that it does not know, does not after those of this package', async () => {
  const { api, tokens } = await createClientOfApi(5)
  const instance = withBearer(ky.create({ fetch: api.fetch, retry: { limit: 3, delay: () => 0 } }), tokens, {
    ...options,
    throwProblems: true,
  })
  api.refuse = () => new Response('{}', { status: 403, headers: { 'content-type': 'application/problem+json' } })
  await assert.rejects(instance.get(aUrl), { name: 'ProblemError', code: 'http-403' })
  assert.equal(api.calls.length, 1)
  await assert.rejects(instance.get('https://elsewhere.example/'), { name: 'TypeError', message: /^withBearer: the token is not sent to/ })
})

test('ky repeats as it was told to besides', async () => {
  const { api, tokens } = await createClientOfApi(5)
  const asked: string[] = []
  const shouldRetry = ({ error }: { error: Error }) => (asked.push(error.name), undefined)
  const instance = withBearer(ky.create({ fetch: api.fetch, retry: { limit: 1, delay: () => 0, shouldRetry } }), tokens, options)
  api.refuse = () => (api.calls.length === 1 ? refusal(502) : undefined)
  assert.deepEqual(await instance.get(aUrl).json(), { ok: true })
  assert.deepEqual([api.calls.length, asked], [2, ['HTTPError']])
})

test('a number as the retry of an instance stays a limit', async () => {
  const { api, tokens } = await createClientOfApi(5)
  const instance = withBearer(ky.create({ fetch: api.fetch, retry: 0 }), tokens, options)
  api.refuse = () => refusal(502)
  await assert.rejects(instance.get(aUrl), { name: 'HTTPError' })
  assert.equal(api.calls.length, 1)
})

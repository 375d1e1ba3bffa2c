// Where a token must not get to: another server, by a URL that changes while a call waits, and the log, by an error that is printed whole.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { inspect } from 'node:util'
import { create } from 'axios'
import { got } from 'got'
import ky from 'ky'
import { request } from 'undici'
import { attachBearer } from './axios.ts'
import type { BearerOptions } from './bearer-options.ts'
import { withBearer as gotWithBearer } from './got.ts'
import { withBearer as kyWithBearer } from './ky.ts'
import { ProblemError } from './problem-error.ts'
import { startApi } from './real-http.fixture.ts'
import { withBearer as undiciWithBearer } from './undici.ts'
import { withBearer } from './with-bearer.ts'

const token = 'mF_9.B5f-4.1JqM'
/** With a wait before each call, as for a token that is requested. */
const tokens = {
  getToken: () => new Promise<string>((resolve) => setTimeout(() => resolve(token), 5)),
  invalidate: () => {},
  ageSeconds: () => 5,
}

type Call = (url: string | URL) => Promise<unknown>

function callsBy(options: BearerOptions): Record<string, Call> {
  const axios = create({ proxy: false })
  attachBearer(axios, tokens, options)
  const api = gotWithBearer(got.extend({ retry: { limit: 0 } }), tokens, options)
  const byKy = kyWithBearer(ky.create({ retry: 0 }), tokens, options)
  const byUndici = undiciWithBearer(request, tokens, options)
  return {
    fetch: withBearer(fetch, tokens, options),
    axios: (url) => axios.get(url as string),
    got: async (url) => await api(url),
    ky: async (url) => byKy(url),
    undici: async (url) => byUndici(url),
  }
}

async function callBy(name: string, options: BearerOptions, url: string | URL): Promise<unknown> {
  const call = callsBy(options)[name] ?? assert.fail(name)
  return call(url)
}

async function start(t: TestContext, more: Partial<BearerOptions> = {}) {
  const [api, elsewhere] = [await startApi(t), await startApi(t)]
  return { api, elsewhere, options: { origins: [api.origin], ...more } }
}

for (const name of ['fetch', 'axios', 'got', 'ky', 'undici']) {
  test(`a URL object that changes while ${name} waits for a token does not lead the token elsewhere`, async (t) => {
    const { api, elsewhere, options } = await start(t)
    const url = new URL(`${api.origin}/me`)
    const call = callBy(name, options, url).catch(() => {})
    await new Promise((resolve) => setTimeout(resolve, 1))
    url.port = new URL(elsewhere.origin).port
    await call
    assert.deepEqual(elsewhere.calls, [])
  })

  test(`${name} refuses a URL with a password, and does not repeat it`, async (t) => {
    const { api, options } = await start(t)
    const url = api.origin.replace('//', '//joe:pw-7@')
    await assert.rejects(callBy(name, options, url), { name: 'TypeError' })
    assert.deepEqual(api.calls, [])
  })

  test(`a problem that repeats the token is thrown by ${name} without it`, async (t) => {
    const { api, options } = await start(t, { throwProblems: true })
    const body = JSON.stringify({ type: 'https://a.example/problems/odd', title: 'Odd', detail: `I do not like ${token} at all` })
    api.answers.push({ status: 400, headers: { 'content-type': 'application/problem+json' }, body })
    const error: unknown = await callBy(name, options, api.origin).catch((thrown: unknown) => thrown)
    assert.ok(error instanceof ProblemError)
    assert.deepEqual([error.code, error.detail], ['odd', undefined])
  })

  for (const [what, path] of [
    ['a status', '/me'],
    ['a broken connection', '/dead'],
  ] as const)
    test(`an error of ${name} for ${what} does not show the token where it is printed`, async (t) => {
      const { api, options } = await start(t)
      api.answers.push({ status: 500 })
      const url = path === '/dead' ? 'http://127.0.0.1:9/' : api.origin
      const error: unknown = await callBy(name, { origins: [...options.origins, 'http://127.0.0.1:9'] }, url)
        .then(() => undefined)
        .catch((thrown: unknown) => thrown)
      assert.ok(!`${inspect(error, { depth: 12 })} ${JSON.stringify(error)} ${(error as Error | undefined)?.stack}`.includes(token))
    })
}

for (const [name, fail] of Object.entries({
  axios: (url: string) => create({ proxy: false, headers: { Authorization: `Bearer ${token}` } }).get(url),
  'axios with the adapter': (url: string) => callBy('axios', { origins: [url] }, url),
  got: (url: string) => got(url, { retry: { limit: 0 }, headers: { authorization: `Bearer ${token}` } }),
  'got with the adapter': (url: string) => callBy('got', { origins: [url] }, url),
}))
  test(`ProblemError.from an error of ${name} does not repeat the token that was sent`, async (t) => {
    const { api } = await start(t)
    const body = JSON.stringify({ type: 'https://a.example/problems/odd', detail: `I do not like ${token} at all` })
    api.answers.push({ status: 400, headers: { 'content-type': 'application/problem+json' }, body })
    const error: unknown = await Promise.resolve(fail(api.origin)).catch((thrown: unknown) => thrown)
    const problem = ProblemError.from(error)
    assert.deepEqual([problem?.code, problem?.detail], ['odd', undefined])
  })

test('an interceptor of axios that runs later does not lead the token elsewhere, and credentials in "auth" are not sent', async (t) => {
  const { api, elsewhere, options } = await start(t)
  const axios = create({ proxy: false })
  let target = elsewhere.origin
  axios.interceptors.request.use((config) => ({ ...config, baseURL: target, url: '/me' }) as typeof config)
  attachBearer(axios, tokens, options)
  await assert.rejects(axios.get(`${api.origin}/me`), { name: 'TypeError', message: /the token is not sent to/ })
  target = api.origin
  await axios.get(`${api.origin}/me`, { auth: { username: 'joe', password: 'pw-7' } })
  assert.deepEqual([elsewhere.calls, api.calls], [[], [`GET /me Bearer ${token}`]])
})

test('a hook of got that runs later does not lead the token elsewhere, and a request function of the program is still called', async (t) => {
  const { api, elsewhere, options } = await start(t)
  const asked: string[] = []
  const own = got.extend({ retry: { limit: 0 }, request: (url) => void asked.push(url.pathname) })
  const instance = gotWithBearer(own, tokens, options)
  const beforeRequest = [(sent: { url?: URL | string | undefined }) => void (sent.url = new URL(`${elsewhere.origin}/me`))]
  await assert.rejects(instance(api.origin, { hooks: { beforeRequest } }), { name: 'TypeError', message: /the token is not sent to/ })
  await instance(`${api.origin}/me`)
  assert.deepEqual([elsewhere.calls, api.calls, asked], [[], [`GET /me Bearer ${token}`], ['/me']])
})

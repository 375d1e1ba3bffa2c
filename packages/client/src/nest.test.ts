// What the adapter of NestJS has besides the contract of adapters.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HttpService } from '@nestjs/axios'
import { create } from 'axios'
import { lastValueFrom } from 'rxjs'
import { createHandClock } from './clock.fixture.ts'
import { attachBearer } from './nest.ts'
import { startApi, startTokenEndpoint } from './real-http.fixture.ts'
import { createTokenProvider } from './token-provider.ts'

const client = { clientId: 'api-client-acme', clientSecret: 's3cret' }

test('an Observable that loses its subscriber ends the wait for a token, and sends nothing', async (t) => {
  const api = await startApi(t)
  const asked = Promise.withResolvers<void>()
  const aborted = Promise.withResolvers<void>()
  const tokens = createTokenProvider({
    ...client,
    tokenUrl: 'https://auth.example.com/token',
    clock: createHandClock(),
    fetch: () => new Promise(() => {}),
  })
  const watched = {
    ageSeconds: tokens.ageSeconds.bind(tokens),
    invalidate: tokens.invalidate.bind(tokens),
    getToken: (options?: { readonly signal?: AbortSignal }) => {
      options?.signal?.addEventListener('abort', () => aborted.resolve())
      asked.resolve()
      return tokens.getToken(options)
    },
  }
  const http = new HttpService(create({ baseURL: api.origin, proxy: false }))
  attachBearer(http, watched, { origins: [api.origin] })
  const subscription = http.get('/me').subscribe()
  await asked.promise
  subscription.unsubscribe()
  await aborted.promise
  assert.deepEqual(api.calls, [])
})

test('after detaching, HttpService sends no token', async (t) => {
  const { tokenUrl } = await startTokenEndpoint(t)
  const api = await startApi(t)
  const http = new HttpService(create({ baseURL: api.origin, proxy: false, validateStatus: () => true }))
  attachBearer(http, createTokenProvider({ ...client, tokenUrl }), { origins: [api.origin] })()
  assert.equal((await lastValueFrom(http.get('/me'))).status, 401)
  assert.deepEqual(api.calls, ['GET /me none'])
})

test('what is no HttpService is a TypeError', () => {
  const tokens = createTokenProvider({ ...client, tokenUrl: 'https://auth.example.com/token' })
  const wrong = create() as unknown as HttpService
  assert.throws(() => attachBearer(wrong, tokens, { origins: ['https://api.example.com'] }), {
    name: 'TypeError',
    message: /must be the HttpService/,
  })
})

// The contract of the adapters with the real libraries, and the problems in their errors. What one of them has besides is in a test file of its own.
import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { HttpService } from '@nestjs/axios'
import { create } from 'axios'
import { got } from 'got'
import ky from 'ky'
import { lastValueFrom } from 'rxjs'
import { Agent, fetch as fetchOfUndici, interceptors, request, type Dispatcher } from 'undici'
import { contractOf, statusOf, type ContractCall } from './adapter-contract.fixture.ts'
import { attachBearer } from './axios.ts'
import { withBearer as gotWithBearer } from './got.ts'
import { withBearer as kyWithBearer } from './ky.ts'
import { ProblemError } from './problem-error.ts'
import { readProblem } from './read-problem.ts'
import { startApi } from './real-http.fixture.ts'
import { attachBearer as nestWithBearer } from './nest.ts'
import { withBearer as undiciWithBearer } from './undici.ts'
import { withBearer } from './with-bearer.ts'

function initOf({ stream = false, body, ...init }: ContractCall = {}): RequestInit {
  if (body === undefined) return init
  return stream ? { ...init, body: new Blob([body]).stream(), duplex: 'half' } : { ...init, body }
}

function nodeBody({ stream = false, body }: ContractCall): string | Readable | undefined {
  return stream && body !== undefined ? Readable.from([body]) : body
}

contractOf({
  name: 'fetch',
  attach: (tokens, options) => {
    const callApi = withBearer(fetch, tokens, options)
    return (url, call) => callApi(url, initOf(call))
  },
})

contractOf({
  name: "undici's fetch",
  attach: (tokens, options) => {
    const callApi = withBearer(fetchOfUndici as unknown as typeof fetch, tokens, options)
    return (url, call) => callApi(url, initOf(call))
  },
})

contractOf({
  name: "undici's request",
  attach: (tokens, options) => {
    const callApi = undiciWithBearer(request, tokens, options)
    const dispatcher = new Agent().compose(interceptors.redirect({ maxRedirections: 3 }))
    return async (url, { method = 'GET', headers = {}, signal, ...call } = {}) => {
      const sent = { method: method as Dispatcher.HttpMethod, headers, dispatcher, body: nodeBody(call) ?? null, ...(signal && { signal }) }
      const { statusCode, body } = await callApi(url, sent)
      await body.dump()
      return { status: statusCode }
    }
  },
})

contractOf({
  name: 'axios',
  attach: (tokens, options) => {
    const axios = create({ proxy: false })
    attachBearer(axios, tokens, options)
    return (url, call = {}) => axios.request({ url, ...call, data: nodeBody(call) }).catch(statusOf)
  },
})

contractOf({
  name: "NestJS's HttpService",
  attach: (tokens, options) => {
    const http = new HttpService(create({ proxy: false }))
    nestWithBearer(http, tokens, options)
    return (url, call = {}) => lastValueFrom(http.request({ url, ...call, data: nodeBody(call) })).catch(statusOf)
  },
})

contractOf({
  name: 'got',
  attach: (tokens, options) => {
    const api = gotWithBearer(got.extend({ retry: { limit: 0 } }), tokens, options)
    return async (url, { method = 'GET', headers = {}, signal, ...call } = {}) => {
      const body = nodeBody(call)
      const sent = { method: method as 'GET', headers, ...(body !== undefined && { body }), ...(signal && { signal }) }
      return api(url, sent).then(({ statusCode }) => ({ status: statusCode }), statusOf)
    }
  },
})

contractOf({
  name: 'ky',
  attach: (tokens, options) => {
    const api = kyWithBearer(ky.create({ retry: 0 }), tokens, options)
    return (url, call) => api(url, initOf(call)).catch(statusOf)
  },
})

const failures: Record<string, (url: string) => Promise<unknown>> = {
  axios: (url) => create({ proxy: false }).get(url),
  'axios with bytes': (url) => create({ proxy: false }).get(url, { responseType: 'arraybuffer' }),
  'axios with a stream': (url) => create({ proxy: false }).get(url, { responseType: 'stream' }),
  got: (url) => got(url, { retry: { limit: 0 } }),
  'got with JSON': (url) => got(url, { retry: { limit: 0 } }).json(),
  ky: (url) => ky(url, { retry: 0 }),
}
for (const [name, fail] of Object.entries(failures))
  test(`readProblem reads the problem in an error of ${name}`, async (t) => {
    const api = await startApi(t)
    const body = JSON.stringify({ type: 'https://auth.example.com/problems/dpa-missing', remedy: 'Accept it.' })
    api.answers.push({ status: 403, headers: { 'content-type': 'application/problem+json' }, body })
    const error: unknown = await fail(api.origin).catch((thrown: unknown) => thrown)
    const problem = await readProblem(error)
    assert.deepEqual([problem?.code, problem?.remedy], ['dpa-missing', 'Accept it.'])
    assert.equal(ProblemError.from(problem), problem)
  })

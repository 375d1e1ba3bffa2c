import assert from 'node:assert/strict'
import { beforeEach, suite, test } from 'node:test'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { shareTestServer, tokenRequest } from '../../test/test-server.fixture.ts'
import { OAuthError, ProblemError } from '../errors.ts'
import { admitClientRequests, type ClientRequestContext } from '../clients/client-request.ts'
import { logFailure } from './answer-error.ts'
import { createRejectionLog } from './rejection-log.ts'

/** None of them is an error; the third is the form of a response in some frameworks. */
const thrown: readonly unknown[] = [null, undefined, { statusCode: 404, message: 'secret words' }, 'secret words', 0, Symbol('words')]

suite('fault 6.8: a value that is no error, thrown below a handler, gets our own 500', () => {
  const server = shareTestServer({ nodes: 1 })
  beforeEach(() => server().expectErrors())

  test('fault 6.8: at the token endpoint', async () => {
    const { aClient, realms, requestToken } = server()
    const client = await aClient('nt24-idp')
    for (const value of thrown) {
      const response = await whileThrowing(realms.get('nt24-idp')!, 'multipartRequests', value, () =>
        requestToken('nt24-idp', tokenRequest(client)),
      )
      assert.deepEqual([response.statusCode, response.json().error], [500, 'server_error'], String(value))
      assert.match(response.json().error_uri, /\/problems\/token-server-error$/)
    }
  })

  test('fault 6.8: where a client changes its own secret', async () => {
    const { aClient, realms, postForm } = server()
    const { clientId, clientSecret } = await aClient('nt24-idp')
    const form = { client_id: clientId, client_secret: clientSecret, window: '700000' }
    for (const value of thrown) {
      const response = await whileThrowing(realms.get('nt24-idp')!, 'secretRotation', value, () =>
        postForm('/realms/nt24-idp/v1/me/secret-rotation', form),
      )
      assertOurProblem(response, value)
    }
  })

  test('fault 6.8: at the admin API, and none of the words of the value is sent or logged', async () => {
    const { log, operator, realms, request, tokenOf } = server()
    const authorization = `Bearer ${await tokenOf('operators', operator)}`
    for (const value of thrown) {
      const { get } = realms
      // Only the handler asks for this realm: the guard would answer 503.
      const broken = (name: string) => (name === 'nt24-idp' ? raise(value) : get.call(realms, name))
      Object.assign(realms, { get: broken })
      const response = await request({ url: '/admin/v1/realms/nt24-idp/clients', headers: { authorization } })
      Object.assign(realms, { get })
      assertOurProblem(response, value)
    }
    assert.ok(!log.join('').includes('secret words'))
    assert.ok(log.some((line) => line.includes('request failed unexpectedly') && line.includes('a value of type \\"null\\"')))
  })
})

test('fault 6.8: a value that is no error, thrown while a request is admitted, never admits it', async () => {
  for (const value of thrown) {
    for (const admit of [() => raise(value), () => Promise.reject(value as Error)]) {
      const context = { addressOf: () => '192.0.2.1', clock: Date.now, protection: { admit } } as unknown as ClientRequestContext
      const error = await new Promise<unknown>((resolve) => {
        const hook = admitClientRequests(context) as (request: FastifyRequest, reply: FastifyReply, done: (error?: unknown) => void) => void
        hook({ headers: {}, raw: { url: '/' } } as FastifyRequest, {} as FastifyReply, resolve)
      })
      assert.ok(error instanceof Error, String(value))
    }
  }
})

test('what is rejected with 503 is logged once, without a stack; a defect each time', () => {
  const lines: string[] = []
  const write = (level: string) => (_about: object, text: string) => void lines.push(`${level} ${text}`)
  const log = { error: write('error'), warn: write('warn'), debug: () => {} }
  const request = { log, server: { noteRejection: createRejectionLog({ info: () => {} }) } } as unknown as FastifyRequest
  const away = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
  const rejections = [
    new ProblemError('temporarily-unavailable', { detail: '50 reports of guards wait to be written already.' }),
    // A sign-in, of which the token endpoint would say the same.
    new ProblemError('temporarily-unavailable', { cause: new OAuthError('token-service-unavailable', { reason: 'changed-meanwhile' }) }),
    new ProblemError('temporarily-unavailable', { cause: new OAuthError('token-service-unavailable', { cause: away }) }),
  ]
  for (let times = 0; times < 3; times++) for (const one of rejections) logFailure(one, request)
  assert.deepEqual(lines, Array(3).fill('warn requests are rejected with 503: temporarily unavailable'))
  const defect = new ProblemError('temporarily-unavailable', { cause: new TypeError('undefined is not a function') })
  for (let times = 0; times < 2; times++) logFailure(defect, request)
  assert.deepEqual(lines.slice(3), Array(2).fill('error request failed unexpectedly'))
})

function raise(value: unknown): never {
  throw value
}

/** Calls `work` while reading the property throws the value. */
async function whileThrowing<Result>(holder: object, property: string, value: unknown, work: () => Promise<Result>): Promise<Result> {
  const before = Object.getOwnPropertyDescriptor(holder, property)!
  Object.defineProperty(holder, property, { configurable: true, get: () => raise(value) })
  try {
    return await work()
  } finally {
    Object.defineProperty(holder, property, before)
  }
}

function assertOurProblem(response: { statusCode: number; headers: object; body: string }, value: unknown): void {
  assert.equal(response.statusCode, 500, `${String(value)}: ${response.body}`)
  assert.match((response.headers as Record<string, string>)['content-type']!, /^application\/problem\+json/)
  assert.match((JSON.parse(response.body) as { type: string }).type, /\/problems\/internal-error$/)
  assert.ok(!response.body.includes('secret words'))
}

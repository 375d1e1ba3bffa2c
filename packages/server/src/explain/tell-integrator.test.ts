import assert from 'node:assert/strict'
import { test } from 'node:test'
import { problems, type Fixer, type ProblemCode } from '@countersign/protocol'
import type { RefusedRequest } from './refused-request.ts'
import { tellIntegrator } from './tell-integrator.ts'

const request: RefusedRequest = {
  requestId: '0199c5e2a4b0-1f2e3d4c-0000002a',
  at: Date.UTC(2026, 10, 28, 2, 10, 44),
  source: 'guard',
  reporter: 'guard-of-orders',
  realm: 'prod',
  guard: 'process-7',
  api: 'orders',
  method: 'GET',
  route: '/v1/partners/{sellerId}/orders',
  code: 'partner-not-authorized',
  reason: 'kept-to-itself',
  organizationId: 'o-1',
  clientId: 'api-client-acme',
  address: '203.0.113.7',
  apiRequestId: 'req-8',
  callerRequestId: null,
  detail: {},
}

const tell = (code: ProblemCode, who: Fixer | null, remedy: string, isAllowedNow = false) =>
  tellIntegrator({ request: { ...request, code }, realm: undefined }, { who, remedy, isAllowedNow })

test('an integrator is told the request, its answer, and that the provider has to change something', () => {
  const remedy = 'countersign partner authorize'
  assert.equal(
    tell('partner-not-authorized', 'operator', remedy),
    'The request 0199c5e2a4b0-1f2e3d4c-0000002a of 2026-11-28 02:10:44 UTC (GET /v1/partners/{sellerId}/orders) was refused with 403 partner-not-authorized: The partner is not one of your authorized partners.\n\nWe have to change something for it to be allowed. You will hear from us when it is done.',
  )
  assert.match(tell('partner-not-authorized', 'operator', remedy, true), /It would be allowed now: send it again\.$/)
})

test('an integrator is told the remedy of its own fault, and never a command of ours', () => {
  assert.match(tell('missing-token', 'integrator', 'Send a token.'), /Send a token\.$/)
  assert.match(tell('expired-token', 'integrator', 'Ask. countersign explain'), /Re-issue: request a new token/)
})

test('a client without keys is not told to check keys, and one with keys is', () => {
  const tellClient = (...authenticationMethods: string[]) =>
    tellIntegrator(
      { request: { ...request, code: 'invalid-client' }, realm: undefined, client: { authenticationMethods } },
      { who: 'integrator', remedy: 'Ask. countersign explain', isAllowedNow: false },
    )
  assert.doesNotMatch(tellClient('client_secret_basic', 'client_secret_post'), /kid|jti|claim/)
  assert.match(tellClient('client_secret_basic'), /Check both for typos[^]*Use the newer secret/)
  assert.match(tellClient('private_key_jwt'), /kid[^]*claim[^]*jti/)
  assert.match(tell('invalid-client', 'integrator', 'Ask. countersign explain'), /jti/, 'of a client that is not known everything is told')
})

test('nothing that the response did not tell is in the text, whatever the problem', () => {
  for (const code of Object.keys(problems) as ProblemCode[])
    for (const who of ['integrator', 'operator', 'api'] as const) {
      const text = tell(code, who, 'Ask with countersign audit search.')
      assert.doesNotMatch(text, /guard-of-orders|process-7|kept-to-itself|req-8|203\.0\.113|api-client|undefined|countersign audit/)
    }
})

// The counters of addresses may be remote; those of this server answer synchronously.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FastifyRequest } from 'fastify'
import { ConnectionRefused, OAuthError } from '../errors.ts'
import type { AddressProtection } from '../throttle/address-protection.ts'
import { admitClientRequests, authenticateRequest, type ClientRequestContext } from './client-request.ts'

const request = { headers: {}, raw: { url: '/token', rawHeaders: [] } } as unknown as FastifyRequest
const atOnce: AddressProtection = { admit() {}, refuseBlocked() {}, recordFailure() {} }
const refusal = new ConnectionRefused('The address is blocked')
const later = () => new Promise<void>((resolve) => void setImmediate(resolve))
const refuseLater = () => later().then(() => Promise.reject(refusal))

function contextWith(protection: Partial<AddressProtection>): ClientRequestContext {
  const context = { realm: { name: 'prod' }, addressOf: () => '203.0.113.9', clock: () => 0, protection: { ...atOnce, ...protection } }
  return context as unknown as ClientRequestContext
}

/** The outcome of the hook, and whether it was synchronous. */
function runHook(context: ClientRequestContext, of = request): Promise<{ error: unknown; wasAtOnce: boolean }> {
  let wasAtOnce = true
  const ended = new Promise<{ error: unknown; wasAtOnce: boolean }>((resolve) =>
    admitClientRequests(context).call({} as never, of, {} as never, (error) => resolve({ error, wasAtOnce })),
  )
  wasAtOnce = false
  return ended
}

test('a request continues synchronously if the counters answer synchronously', async () => {
  assert.deepEqual(await runHook(contextWith({})), { error: undefined, wasAtOnce: true })
})

test('a request waits for counters that answer later, and is denied if they deny it', async () => {
  assert.deepEqual(await runHook(contextWith({ admit: later })), { error: undefined, wasAtOnce: false })
  assert.deepEqual(await runHook(contextWith({ admit: refuseLater })), { error: refusal, wasAtOnce: false })
})

test('a request that was admitted later is also denied for parameters in its query', async () => {
  const withQuery = { ...request, raw: { ...request.raw, url: '/token?client_secret=x' } } as FastifyRequest
  const { error } = await runHook(contextWith({ admit: later }), withQuery)
  assert.ok(error instanceof OAuthError)
})

test('a client that is blocked at its address is denied before its credentials are checked', async () => {
  const form = { client_id: 'acme', client_secret: 'x' }
  await assert.rejects(authenticateRequest(contextWith({ refuseBlocked: refuseLater }), request, form), refusal)
})

test('a failed authentication is counted before the response', async () => {
  let counted = 0
  const recordFailure = () => later().then(() => void counted++)
  await assert.rejects(authenticateRequest(contextWith({ recordFailure }), request, {}), { code: 'invalid-client' })
  assert.equal(counted, 1)
})

test('a failed authentication that meets a block is answered with the block', async () => {
  await assert.rejects(authenticateRequest(contextWith({ recordFailure: refuseLater }), request, {}), refusal)
})

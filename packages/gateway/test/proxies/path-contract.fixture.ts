// What is decided is what the API serves: the same path and method, whatever a caller sends.
import assert from 'node:assert/strict'
import { ambiguousPaths, sameForBoth } from './paths.fixture.ts'
import { joined } from './send-request.fixture.ts'
import { only, type Setting } from './setting.fixture.ts'
import { ordersPath } from './stack.fixture.ts'

export async function testPaths({ stack, call, authorized }: Setting): Promise<void> {
  for (const path of [...sameForBoth, ...ambiguousPaths]) {
    const { status } = await call(authorized({ path })).catch(() => ({ status: 400 })) // A proxy may close the connection.
    const seen = stack.takeSeen()
    if (seen.length === 0) {
      assert.ok(status >= 400, path)
      assert.ok(!sameForBoth.includes(path), `${path} got ${status}`)
      continue
    }
    const { url, rawHeaders } = only(seen)
    const { 1: token } = authorized().headers!
    const verdict = await stack.gateway().decideRequest({ method: 'GET', target: url, rawHeaders: ['Authorization', token!] })
    // The proxy normalized the path for both, or it was not ambiguous.
    assert.deepEqual(
      [verdict.status, verdict.headers['x-auth-route']],
      [200, joined(rawHeaders)['x-auth-route']],
      `${path} reached the API as ${url}`,
    )
  }
}

/** Headers that say to the gateway, or to some programs, that the request is for the public route. */
const chosenTargets: readonly (readonly string[])[] = [
  ['X-Forwarded-Method', 'GET', 'X-Forwarded-Uri', '/health'],
  ['x-forwarded-uri', '/health', 'X-Forwarded-Uri', '/health'],
  ['X_Forwarded_Uri', '/health'],
  ['Connection', 'X-Forwarded-Uri, X-Forwarded-Method', 'X-Forwarded-Uri', '/health', 'X-Forwarded-Method', 'GET'],
  ['X-Original-URL', '/health'],
  ['X-Rewrite-URL', '/health'],
  ['X-Envoy-Original-Path', '/health'],
]

export async function testChosenTargets({ stack, call, authorized }: Setting): Promise<void> {
  for (const headers of chosenTargets) {
    const { status } = await call({ path: ordersPath, headers })
    assert.ok(status >= 400, headers.join(' '))
    assert.equal(stack.takeSeen().length, 0, headers.join(' '))
    // With a token, what reaches the API is what was decided.
    await call(authorized({ headers }))
    for (const { url, rawHeaders } of stack.takeSeen()) {
      assert.equal(url, ordersPath)
      assert.equal(joined(rawHeaders)['x-auth-route'], '/v1/partners/{sellerId}/orders')
    }
  }
}

export async function testMethods({ stack, call, authorized }: Setting): Promise<void> {
  assert.equal((await call(authorized({ method: 'HEAD' }))).status, 200)
  assert.equal(only(stack.takeSeen()).method, 'HEAD')
  assert.deepEqual(await call({ method: 'HEAD', path: ordersPath }).then(({ status, body }) => [status, body]), [401, ''])
  for (const method of ['OPTIONS', 'TRACE', 'PROPFIND', 'DELETE', 'PATCH']) {
    const { status } = await call(authorized({ method }))
    assert.ok(status >= 400, `${method} got ${status}`)
    assert.equal(stack.takeSeen().length, 0, method)
  }
  const overridden = await call(authorized({ method: 'POST', headers: ['X-HTTP-Method-Override', 'DELETE'], body: '{}' }))
  assert.deepEqual([overridden.status, stack.takeSeen().length], [400, 0])
}

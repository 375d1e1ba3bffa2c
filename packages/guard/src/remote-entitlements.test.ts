import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { VerifiedToken } from './claims.ts'
import { aClock, anEntitlementDocument, issuer, organizationId } from './guard.fixture.ts'
import { aGate, aRemoteServer, entitlementUrl, json } from './remote.fixture.ts'
import { createRemoteEntitlements } from './remote-entitlements.ts'

const token = { organizationId, clientId: 'api-client-acme' } as VerifiedToken

function aSource() {
  const clock = aClock()
  const server = aRemoteServer()
  const alarms: Error[] = []
  const entitlements = createRemoteEntitlements({
    issuer,
    fetch: server.fetch,
    freshSeconds: 5,
    staleIfErrorSeconds: 300,
    clock: clock.now,
    onError: (error) => alarms.push(error),
  })
  return { alarms, clock, server, entitlements, find: async () => entitlements.find(token) }
}

const down = () => new Response(null, { status: 503 })

test('an entitlement is fetched once for concurrent callers, and then cached for seconds', async () => {
  const { clock, find, server } = aSource()
  const found = await Promise.all(Array.from({ length: 100 }, find))
  clock.advance(4.9)
  assert.equal(await find(), found[0])
  assert.equal(found[0]?.document.organization.slug, 'acme')
  assert.equal(server.calls(entitlementUrl), 1)
})

test('a withdrawn partner is denied when the entitlement is no longer fresh', async () => {
  const { clock, find, server } = aSource()
  assert.equal((await find())?.partnerIds.size, 1)
  server.answer(entitlementUrl, () => json(anEntitlementDocument({ partners: [] })))
  clock.advance(5)
  assert.equal((await find())?.partnerIds.size, 0)
})

test('an unchanged entitlement is neither sent nor indexed again', async () => {
  const { clock, find, server } = aSource()
  const before = await find()
  server.answer(entitlementUrl, (request) => {
    assert.equal(request.headers.get('if-none-match'), '"1"')
    return new Response(null, { status: 304 })
  })
  clock.advance(5)
  assert.equal(await find(), before)
  clock.advance(5)
  assert.equal(await find(), before)
  assert.equal(server.calls(entitlementUrl), 3)
})

test('a slow refresh causes no stampede', async () => {
  const { clock, find, server } = aSource()
  await find()
  const gate = aGate()
  server.answer(entitlementUrl, async () => {
    await gate.opened
    return json(anEntitlementDocument({ partners: [] }))
  })
  clock.advance(5)
  const waiting = Array.from({ length: 100 }, find)
  gate.open()
  for (const found of await Promise.all(waiting)) assert.equal(found?.partnerIds.size, 0)
  assert.equal(server.calls(entitlementUrl), 2)
})

test('while the server fails, a cached entitlement is used up to its limit and no longer', async () => {
  const { alarms, clock, find, server } = aSource()
  const before = await find()
  server.answer(entitlementUrl, down)
  clock.advance(304)
  assert.equal(await find(), before)
  assert.equal(alarms.length, 1)
  clock.advance(1)
  await assert.rejects(find, /returned HTTP 503/)
})

for (const status of [400, 401, 403, 410, 429, 500, 503, 304]) {
  test(`an answer ${status} without an entitlement is a failure of the source, not of the token`, async () => {
    const { find, server } = aSource()
    server.answer(entitlementUrl, () => new Response(null, { status }))
    await assert.rejects(find, new RegExp(`returned HTTP ${status}`))
  })
}

test('a document of another shape is a failure of the source', async () => {
  const { find, server } = aSource()
  server.answer(entitlementUrl, () => json({ ...anEntitlementDocument(), partners: 'all' }))
  await assert.rejects(find, { name: 'EntitlementSyntaxError' })
})

test('an organization that the realm does not know has no entitlement, and is not fetched for every request', async () => {
  const { clock, find, server } = aSource()
  server.answer(entitlementUrl, () => new Response(null, { status: 404 }))
  assert.equal(await find(), undefined)
  assert.equal(await find(), undefined)
  assert.equal(server.calls(entitlementUrl), 1)
  clock.advance(5)
  assert.equal(await find(), undefined)
  assert.equal(server.calls(entitlementUrl), 2)
})

test('a token without an organization is looked up by its client, whose id cannot escape its path segment', async () => {
  const { entitlements, server } = aSource()
  const url = `${issuer}/v1/clients/a%2F..%2Fb%3Fx/entitlement`
  server.answer(url, () => json(anEntitlementDocument()))
  assert.ok(await entitlements.find({ ...token, organizationId: undefined, clientId: 'a/../b?x' }))
  assert.equal(server.calls(url), 1)
})

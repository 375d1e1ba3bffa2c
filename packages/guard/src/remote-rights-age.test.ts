// How long a remote guard decides by what its server knew last, and how it asks a server that is away.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aClock, anEntitlementDocument } from './guard.fixture.ts'
import { aGate, changesUrl, entitlementUrl, json } from './remote.fixture.ts'
import { aSource, down, settled } from './remote-entitlements.fixture.ts'

test('fault 9.11: what the server knew is used for the whole bound and no longer, counted from when the server knew it', async () => {
  const { alarms, clock, find, realm, server } = aSource()
  realm.asOf = { ...realm.asOf, ageSeconds: 19 }
  const before = await find()
  server.answer(changesUrl, down)
  server.answer(entitlementUrl, down)
  clock.advance(280.9)
  assert.equal(await find(), before)
  await settled()
  assert.equal(alarms.length, 1)
  clock.advance(0.1)
  await assert.rejects(find, /returned HTTP 503/)
})

test('fault 9.11: each pull that fails to reach the store of the server uses up the bound', async () => {
  const { clock, find, realm } = aSource({ maxAgeSeconds: 30 })
  for (let age = 0; age < 30; age += 5) {
    realm.asOf = { ...realm.asOf, ageSeconds: age }
    assert.ok(await find())
    clock.advance(5)
  }
  realm.asOf = { ...realm.asOf, ageSeconds: 30 }
  await assert.rejects(find, /has not reached its store for 30 s/)
})

test('fault 9.11: a document of a server that is cut off for longer than the bound decides nothing', async () => {
  const { find, server } = aSource({ maxAgeSeconds: 20 })
  const asOf = { revision: 1, state: 'state-1', ageSeconds: 20 }
  server.answer(entitlementUrl, () => json(anEntitlementDocument({ asOf })))
  await assert.rejects(find, /has not reached its store for 20 s/)
})

test('a pause of zero asks before each decision, and needs no server that is ahead of its store', async () => {
  const { find, realm, requests } = aSource({ freshSeconds: 0, maxAgeSeconds: 0 })
  realm.asOf = { ...realm.asOf, ageSeconds: 0.9 }
  await find()
  requests()
  assert.ok(await find())
  assert.equal(requests().filter((url) => url.startsWith('changes')).length, 1)
})

for (const [name, move] of [
  ['the clock was set back by an hour', (clock: ReturnType<typeof aClock>) => (clock.setBy(-3600), clock.advance(300))],
  ['the clock is set back again and again', (clock) => Array.from({ length: 300 }, () => (clock.advance(1), clock.setBy(-2)))],
  ['the machine was suspended', (clock) => clock.suspend(300)],
] as [string, (clock: ReturnType<typeof aClock>) => void][]) {
  test(`fault 9.12: rights that are too old decide nothing while the server is away, also if ${name}`, async () => {
    const { clock, find, server } = aSource()
    await find()
    server.answer(changesUrl, down)
    clock.advance(4)
    move(clock)
    await assert.rejects(find, /returned HTTP 503/)
  })
}

test('while the server is away, one decision in five seconds waits for it, and none after the first failure', async () => {
  const { clock, find, requests, server } = aSource()
  await find()
  server.answer(changesUrl, down)
  clock.advance(5)
  await find()
  const gate = aGate()
  server.answer(changesUrl, async () => (await gate.opened, down()))
  requests()
  for (let second = 0; second < 20; second++) {
    clock.advance(1)
    await Promise.all(Array.from({ length: 20 }, () => find()))
  }
  assert.equal(requests().length, 1)
  gate.open()
})

test('without a usable answer, the server is asked once a second, and the others fail at once', async () => {
  const { alarms, clock, find, requests, server } = aSource()
  server.answer(changesUrl, down)
  server.answer(entitlementUrl, down)
  for (let second = 0; second < 3; second++) {
    for (let index = 0; index < 50; index++) await assert.rejects(find)
    clock.advance(1)
  }
  assert.ok(requests().length <= 6)
  assert.ok(alarms.length <= 6)
})

test('damaged changes keep what is known, until the bound', async () => {
  const { clock, find, server } = aSource()
  const before = await find()
  server.answer(changesUrl, () =>
    json({ asOf: { revision: 2, state: 'state-1', ageSeconds: 0 }, cursor: '2', changes: [{ what: 'rights' }] }),
  )
  clock.advance(299)
  assert.equal(await find(), before)
  clock.advance(1)
  await assert.rejects(find, { name: 'RemoteGuardError', message: /"\/changes\/0\/organizationId" is not a string/ })
})

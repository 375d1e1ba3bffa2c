import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { WrongClockError } from '../clock.ts'
import { aChange, aFeed } from './feed.fixture.ts'

const turn = () => new Promise<void>((resolve) => void setImmediate(resolve))

/** Lets the timer of the heartbeats fire. */
async function pass(milliseconds: number): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += 250) {
    mock.timers.tick(250)
    await turn()
  }
}

function stopTimers(t: { after(restore: () => void): void }): void {
  mock.timers.enable({ apis: ['setInterval'] })
  t.after(() => mock.timers.reset())
}

test('a batch of changes is written once for all streams that are at the same place', async (t) => {
  const { open, change, changesRead } = await aFeed(t)
  const streams = await Promise.all(Array.from({ length: 20 }, () => open()))
  for (const stream of streams) await stream.next()
  const before = changesRead()
  change(3)
  const events = await Promise.all(streams.map((stream) => stream.nextChange()))
  assert.equal(new Set(events.map((event) => JSON.stringify(event))).size, 1)
  assert.deepEqual(
    events[0]!.data.changes?.map(({ clientId }) => clientId),
    ['client-11', 'client-12', 'client-13'],
  )
  assert.equal(changesRead() - before, 1)
})

test('each stream gets a heartbeat every 2.5 s with a fresh age, not all at the same moment', async (t) => {
  stopTimers(t)
  let age = 1
  const { open, counters } = await aFeed(t, { ageSeconds: () => age })
  const streams = await Promise.all(Array.from({ length: 20 }, () => open()))
  for (const stream of streams) assert.equal((await stream.next())?.data.asOf.ageSeconds, 1)
  age = 2
  const sent: number[] = []
  for (let beat = 0; beat < 10; beat++) {
    const before = counters.events()
    await pass(250)
    sent.push(counters.events() - before)
  }
  assert.deepEqual(sent, Array<number>(10).fill(2))
  for (const stream of streams) {
    const heartbeat = await stream.next()
    assert.deepEqual([heartbeat?.data.changes, heartbeat?.data.asOf.ageSeconds], [[], 2])
  }
})

test('abuse 216: changes that the node does not remember any more are not skipped: everything may have changed', async (t) => {
  const { open, change, ring } = await aFeed(t)
  const first = await open()
  const { id } = (await first.next())!
  ring.append([aChange(500)]) // After a gap.
  assert.deepEqual([(await first.nextChange())?.data.changes], [null])
  const again = await open({ 'last-event-id': id! })
  const { data } = (await again.next())!
  assert.deepEqual([data.changes, data.asOf.revision], [null, 500])
  change()
  assert.equal((await again.nextChange())?.data.changes?.length, 1)
})

test('a guard that missed more than can be listed begins from nothing, and so does one whose cursor cannot be read', async (t) => {
  const { open, change } = await aFeed(t)
  const first = await open()
  const { id } = (await first.next())!
  first.close()
  change(1000)
  assert.equal((await (await open({ 'last-event-id': id! })).next())?.data.changes?.length, 1000)
  change()
  for (const cursor of [id!, 'no cursor', 'bm8', 'a'.repeat(600), ''])
    assert.equal((await (await open({ 'last-event-id': cursor })).next())?.data.changes, null, cursor)
})

test('another state is told as an event that names nothing, and the stream goes on', async (t) => {
  const { open, change, facts } = await aFeed(t)
  const stream = await open()
  const first = await stream.next()
  facts.database = 'a database after a failover'
  change()
  const { data } = (await stream.nextChange())!
  assert.deepEqual([data.changes, data.asOf.state === first!.data.asOf.state], [null, false])
  change()
  assert.deepEqual((await stream.nextChange())?.data.changes?.length, 1)
})

test('abuse 211: a stream never goes back in revisions: it ends if the node does, and the next one begins from nothing', async (t) => {
  const { open, change, ring, endsBy } = await aFeed(t)
  const stream = await open()
  await stream.next()
  change(5)
  const { id } = (await stream.nextChange())!
  ring.reset({ number: 12, identity: 'of a backup' })
  assert.deepEqual((await stream.nextChange())?.data, { reason: 'state' })
  assert.deepEqual([await stream.next(), endsBy('state')], [undefined, 1])
  const again = await open({ 'last-event-id': id! })
  assert.deepEqual([(await again.next())?.data.changes, (change(), await again.nextChange())?.data.changes?.length], [null, 1])
})

test('abuse 215: a node whose lease has ended tells nothing, keeps its streams, and then tells what they missed', async (t) => {
  stopTimers(t)
  const { open, change, facts, counters } = await aFeed(t)
  const stream = await open()
  await stream.next()
  facts.canTell = false
  const sent = counters.events()
  change()
  await pass(5000)
  assert.deepEqual([counters.events() - sent, [...counters.streams()]], [0, [['prod', 1]]])
  facts.canTell = true
  await pass(2500)
  assert.deepEqual(
    (await stream.next())?.data.changes?.map(({ clientId }) => clientId),
    ['client-11'],
  )
})

test('abuse 232: while the clock of the node is wrong, its streams get nothing and stay', async (t) => {
  stopTimers(t)
  const { open, change, facts, counters } = await aFeed(t)
  const stream = await open()
  await stream.next()
  facts.clockFailure = new WrongClockError('the clock was set back')
  const sent = counters.events()
  change()
  await pass(2500)
  assert.equal(counters.events(), sent)
  facts.clockFailure = undefined
  await pass(2500)
  assert.deepEqual((await stream.nextChange())?.data.changes?.length, 1)
})

test('a stream whose client changed gets nothing until it is decided that it may go on', async (t) => {
  stopTimers(t)
  const { open, change, facts, counters } = await aFeed(t)
  const stream = await open()
  await stream.next()
  facts.denial = { allowed: false, code: 'temporarily-unavailable' }
  change(1, { organizationId: 'acme', clientId: null, what: 'rights' })
  await turn()
  change()
  const sent = counters.events()
  await pass(5000)
  assert.equal(counters.events(), sent)
  facts.denial = undefined
  await pass(2500)
  assert.equal((await stream.nextChange())?.data.changes?.length, 2)
})

test('a stream ends when a secret that its client had at the beginning is gone or has expired, and not by a newer one', async (t) => {
  stopTimers(t)
  const { open, change, facts } = await aFeed(t)
  const ofClient = { organizationId: 'acme', clientId: 'guard' }
  const [stream, other] = [await open(), await open()]
  for (const one of [stream, other]) await one.next()
  facts.secrets = [
    { id: 'newer', expiresAt: null },
    { id: 'secret', expiresAt: facts.now + 60_000 },
  ]
  change(1, ofClient)
  assert.equal((await stream.nextChange())?.data.changes?.length, 1)
  const later = await open()
  await later.next()
  facts.now += 60_000
  await pass(250)
  for (const one of [stream, other, later]) {
    let event = await one.nextChange()
    if (event?.event === 'changes') event = await one.nextChange()
    assert.deepEqual(event?.data, { reason: 'client' })
  }
  const last = await open()
  await last.next()
  facts.secrets = []
  change(1, ofClient)
  assert.deepEqual((await last.nextChange())?.data, { reason: 'client' })
})

test('a change that is not about its client, its organization or all of the realm lets no stream be checked', async (t) => {
  const { open, change, facts } = await aFeed(t)
  const stream = await open()
  await stream.next()
  facts.denial = { allowed: false, code: 'invalid-token' }
  change(1)
  change(1, { organizationId: 'acme', clientId: 'another' })
  for (const what of ['claims', 'partners']) change(1, { organizationId: null, clientId: null, what })
  change(1, { realm: 'other', organizationId: null, clientId: null, what: 'any' })
  assert.equal((await stream.nextChange())?.data.changes?.length, 2)
  for (const what of ['keys', 'any']) {
    facts.denial = undefined
    const another = await open()
    await another.next()
    facts.denial = { allowed: false, code: 'invalid-token' }
    change(1, { organizationId: null, clientId: null, what, subject: null })
    assert.deepEqual((await another.nextChange())?.data, { reason: 'token' })
  }
})

test('a guard hears of a compromised key before its stream ends because its own token was signed with that key', async (t) => {
  const { open, change, facts } = await aFeed(t)
  const stream = await open()
  await stream.next()
  facts.denial = { allowed: false, code: 'invalid-token' }
  const ofKey = { what: 'keys', organizationId: null, clientId: null }
  change(1, { ...ofKey, subject: 'a kid' })
  assert.deepEqual((await stream.nextChange())?.data.changes, [{ ...ofKey, keyId: 'a kid' }])
  assert.deepEqual((await stream.nextChange())?.data, { reason: 'token' })
})

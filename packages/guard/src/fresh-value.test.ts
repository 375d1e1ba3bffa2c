import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFreshValue } from './fresh-value.ts'
import { aClock } from './guard.fixture.ts'
import { aGate } from './remote.fixture.ts'

/** A value that counts its fetches: fresh for 10 s, refreshed ahead from 8 s, stale for 100 s more, retried after 1 s at first. */
function aValue(options: { aheadSeconds?: number; ageSecondsOf?: () => number } = { aheadSeconds: 8 }) {
  const clock = aClock()
  const source = { fails: false, loads: 0, errors: 0, gate: undefined as ReturnType<typeof aGate> | undefined }
  const value = createFreshValue<number>({
    load: async () => {
      const number = ++source.loads
      await source.gate?.opened
      if (source.fails) throw new Error('down')
      return number
    },
    freshSeconds: 10,
    staleIfErrorSeconds: 100,
    clock: clock.steady,
    random: () => 0,
    onError: () => source.errors++,
    ...options,
  })
  return { clock, source, value }
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

test('it is fetched once and then returned without waiting', async () => {
  const { clock, source, value } = aValue()
  assert.equal(await value.get(), 1)
  clock.advance(7.9)
  assert.equal(value.get(), 1)
  assert.equal(source.loads, 1)
})

test('concurrent callers share one fetch', async () => {
  const { source, value } = aValue()
  const values = await Promise.all(Array.from({ length: 1000 }, () => value.get()))
  assert.deepEqual([...new Set(values)], [1])
  assert.equal(source.loads, 1)
})

test('shortly before its end it is refreshed in the background, while callers keep the old value', async () => {
  const { clock, value } = aValue()
  await value.get()
  clock.advance(8)
  assert.equal(value.get(), 1)
  await settled()
  assert.equal(value.get(), 2)
})

test('after an idle time the first caller waits for a new value', async () => {
  const { clock, value } = aValue()
  await value.get()
  clock.advance(60)
  assert.equal(await value.get(), 2)
})

test('its age counts from the start of the fetch: the value may have changed while the source answered', async () => {
  const { clock, source, value } = aValue({})
  source.gate = aGate()
  const first = value.get()
  clock.advance(9)
  source.gate.open()
  assert.equal(await first, 1)
  clock.advance(1)
  assert.equal(await value.get(), 2)
})

test('while its source fails it is served without waiting, and the source is asked once per pause', async () => {
  const { clock, source, value } = aValue()
  await value.get()
  source.fails = true
  clock.advance(60)
  assert.equal(await value.get(), 1)
  for (let i = 0; i < 100; i++) assert.equal(value.get(), 1)
  assert.equal(source.loads, 2)
  clock.advance(5)
  assert.equal(value.get(), 1)
  assert.equal(source.loads, 3)
  assert.equal(source.errors, 1)
})

test('it is no longer served once it has been stale for too long', async () => {
  const { clock, source, value } = aValue()
  await value.get()
  source.fails = true
  clock.advance(109)
  assert.equal(await value.get(), 1)
  clock.advance(1)
  await assert.rejects(async () => value.get(), /down/)
})

test('without a value to serve, the source is asked once a second', async () => {
  const { clock, source, value } = aValue()
  source.fails = true
  for (let i = 0; i < 100; i++) await assert.rejects(async () => value.get(), /down/)
  assert.equal(source.loads, 1)
  clock.advance(1)
  source.fails = false
  assert.equal(await value.get(), 2)
})

test('it recovers as soon as its source does', async () => {
  const { clock, source, value } = aValue()
  await value.get()
  source.fails = true
  clock.advance(10)
  await value.get()
  source.fails = false
  clock.advance(5)
  await value.get()
  await settled()
  assert.equal(value.get(), 3)
  assert.equal(value.failure, undefined)
})

test('fault 9.12: a clock that is set back does not keep an old value fresh', async () => {
  const { clock, value } = aValue()
  await value.get()
  clock.setBy(-3600)
  assert.equal(value.get(), 1)
  clock.advance(10)
  assert.equal(await value.get(), 2)
})

test('fault 9.12: while its source fails, a value is served no longer because the clock is set back or the machine suspended', async () => {
  for (const move of ['setBy', 'suspend'] as const) {
    const { clock, source, value } = aValue()
    await value.get()
    source.fails = true
    clock[move](move === 'setBy' ? -3600 : 109)
    assert.equal(await value.get(), 1)
    clock.advance(move === 'setBy' ? 110 : 1)
    await assert.rejects(async () => value.get(), /down/)
  }
})

test('fault 9.11: it is served that much shorter as it was older when it was fetched', async () => {
  const { clock, source, value } = aValue({ ageSecondsOf: () => 60 })
  await value.get()
  clock.advance(9.9)
  assert.equal(value.get(), 1)
  source.fails = true
  clock.advance(40)
  assert.equal(await value.get(), 1)
  clock.advance(0.1)
  await assert.rejects(async () => value.get(), /down/)
})

test('an onError that throws affects no caller that has a value', async () => {
  const clock = aClock()
  let fails = false
  const value = createFreshValue<string>({
    load: async () => (fails ? Promise.reject(new Error('down')) : 'value'),
    freshSeconds: 10,
    staleIfErrorSeconds: 100,
    clock: clock.steady,
    random: () => 0,
    onError: () => {
      throw new Error('the alarm is broken')
    },
  })
  await value.get()
  fails = true
  clock.advance(11)
  assert.equal(await value.get(), 'value')
  clock.advance(6)
  assert.equal(await value.get(), 'value')
  await settled()
})

test('while its source sends values, none is fetched, and its age counts from when each was sent', async () => {
  const { clock, source, value } = aValue({ ageSecondsOf: () => 3 })
  await value.get()
  for (let number = 100; number < 120; number++) {
    clock.advance(9)
    value.accept(number, clock.steady() - 1000)
    assert.equal(value.get(), number)
  }
  assert.deepEqual([source.loads, value.ageSeconds, value.usableSeconds], [1, 4, 106])
  clock.advance(9)
  assert.equal(await value.get(), 2)
})

test('what was sent or fetched before the held value does not replace it', async () => {
  const { clock, source, value } = aValue()
  await value.get()
  source.gate = aGate()
  clock.advance(10)
  const slow = value.get()
  clock.advance(1)
  value.accept(100, clock.steady())
  source.gate.open()
  await slow
  assert.equal(value.get(), 100)
  value.accept(99, clock.steady() - 1)
  assert.equal(value.get(), 100)
})

test('a value that was sent ends the pause after a failure, and an old one makes nothing usable', async () => {
  const { clock, source, value } = aValue()
  await value.get()
  source.fails = true
  clock.advance(10)
  await value.get()
  assert.ok(value.failure)
  value.accept(100, clock.steady())
  assert.deepEqual([value.failure, value.get()], [undefined, 100])
  clock.advance(110)
  await assert.rejects(async () => value.get(), /down/)
  value.accept(101, clock.steady() - 111_000)
  await assert.rejects(async () => value.get(), /down/)
})

test('in doubt it is asked for every half second, by callers that wait, until the source tells by itself again', async () => {
  const { clock, source, value } = aValue({})
  await value.get()
  clock.advance(1)
  value.doubtFrom(clock.steady() + 250)
  clock.advance(0.249)
  assert.equal(value.get(), 1, 'what was known then still counts')
  clock.advance(0.001)
  assert.equal(await value.get(), 2)
  clock.advance(0.499)
  assert.equal(value.get(), 2)
  clock.advance(0.001)
  assert.equal(await value.get(), 3)
  value.accept(9, clock.steady())
  clock.advance(9.9)
  assert.deepEqual([value.get(), source.loads], [9, 3])
})

test('in doubt, too, a source that fails is asked once per pause, and callers do not wait', async () => {
  const { clock, source, value } = aValue({})
  await value.get()
  clock.advance(1)
  value.doubtFrom(clock.steady())
  source.fails = true
  assert.equal(await value.get(), 1)
  for (let i = 0; i < 100; i++) assert.equal(value.get(), 1)
  assert.equal(source.loads, 2)
  clock.advance(0.9)
  assert.deepEqual([value.get(), source.loads], [1, 2])
})

test('after a minute in doubt it is as fresh as without a source that tells by itself', async () => {
  const { clock, source, value } = aValue({})
  await value.get()
  value.doubtFrom(clock.steady())
  clock.advance(60)
  await value.get()
  clock.advance(9.9)
  value.get()
  assert.equal(source.loads, 2)
  clock.advance(0.1)
  assert.equal(await value.get(), 3)
})

test('a fetch that does not end is given up, and what it brings in the end is not newer', async () => {
  const { clock, source, value } = aValue()
  const gate = (source.gate = aGate())
  const dropped = value.get()
  await settled()
  source.gate = undefined
  clock.advance(29)
  assert.ok(value.pending)
  clock.advance(1)
  assert.equal(value.pending, undefined)
  await value.settled()
  assert.equal(await value.get(), 2)
  gate.open()
  assert.equal(await dropped, 1)
  assert.equal(value.get(), 2)
})

test('settled() waits for the fetch that is under way, and does not reject', async () => {
  const { clock, source, value } = aValue()
  await value.get()
  clock.advance(8)
  source.gate = aGate()
  source.fails = true
  value.get()
  const waiting = value.settled()
  source.gate.open()
  await waiting
  assert.equal(source.errors, 1)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDatabaseClock } from './clock-difference.ts'

/** A machine whose clock is ahead of the database's by `ahead` milliseconds, with a database whose responses take time. */
function aMachine(ahead: number) {
  let [time, set] = [1_000_000, 0]
  const wall = () => time + ahead + set
  const { now, measured } = createDatabaseClock({ clock: wall, systemClock: wall, monotonicClock: () => time })
  return {
    /** By how much its corrected clock is ahead of the database's. */
    ahead: () => now() - time,
    pass: (milliseconds: number) => void (time += milliseconds),
    setWallClock: (milliseconds: number) => void (set += milliseconds),
    measure(there = 1, back = 1) {
      const before = wall()
      time += there
      const databaseNow = time
      time += back
      measured({ before, after: wall(), databaseNow })
    },
  }
}

test('without a measurement the clock is that of the machine', () => assert.equal(aMachine(4000).ahead(), 4000))

for (const ahead of [-4900, -300, 300, 4900]) {
  test(`fault 9.3: a machine ${ahead} ms ahead of the database is corrected, as exactly as its best measurement`, () => {
    const machine = aMachine(ahead)
    machine.measure(150, 80)
    assert.ok(Math.abs(machine.ahead()) <= 231)
    machine.pass(1000)
    machine.measure()
    assert.ok(Math.abs(machine.ahead()) <= 3)
    for (let i = 0; i < 10; i++) {
      machine.pass(1000)
      machine.measure(200, 1)
      assert.ok(Math.abs(machine.ahead()) <= 10)
    }
  })
}

test('a clock that agrees with that of the database is not corrected', () => {
  const machine = aMachine(0)
  for (const [there, back] of [
    [1, 1],
    [200, 3],
    [0, 90],
  ] as const) {
    machine.measure(there, back)
    assert.equal(machine.ahead(), 0)
  }
})

test('fault 9.3: a step of the clock is corrected, both before and after the next measurement', () => {
  const machine = aMachine(100)
  machine.measure()
  const before = machine.ahead()
  machine.setWallClock(3000)
  assert.equal(machine.ahead(), before)
  machine.measure()
  assert.ok(Math.abs(machine.ahead()) <= 3)
})

test('a difference above the tolerance is corrected only by the tolerance', () => {
  const machine = aMachine(-3_600_000)
  machine.measure()
  assert.equal(machine.ahead(), -3_595_000)
})

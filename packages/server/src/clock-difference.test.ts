import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WrongClockError } from './clock.ts'
import { createDatabaseClock } from './clock-difference.ts'

/** A machine whose clock is ahead of the database's by `ahead` milliseconds, with a database whose responses take time. */
function aMachine(ahead: number) {
  let [time, set, suspended, moved] = [1_000_000, 0, 0, 0]
  const wall = () => time + ahead + set
  const monotonicClock = () => time - suspended
  const { now, measured, trusted, failure, warning, compare } = createDatabaseClock({ clock: wall, systemClock: wall, monotonicClock })
  return {
    /** By how much its corrected clock is ahead of the database's. */
    ahead: () => now() - time,
    trustedAhead: () => trusted() - time,
    failure,
    warning,
    compare,
    suspend: (milliseconds: number) => void ((time += milliseconds), (suspended += milliseconds)),
    moveDatabase: (milliseconds: number) => void (moved += milliseconds),
    pass: (milliseconds: number) => void (time += milliseconds),
    setWallClock: (milliseconds: number) => void (set += milliseconds),
    measure(there = 1, back = 1) {
      const before = wall()
      time += there
      const databaseNow = time + moved
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

const hour = 3_600_000

test('fault 9.5: a clock that is an hour ahead for three seconds is not trusted meanwhile, and is trusted again at once', () => {
  const machine = aMachine(0)
  machine.measure()
  machine.setWallClock(hour)
  assert.throws(machine.trustedAhead, WrongClockError)
  assert.match(machine.failure() ?? '', /has not been compared/)
  machine.measure()
  assert.throws(machine.trustedAhead, /this machine is 3600 s ahead of that of the database, and that of this machine was set/)
  machine.pass(3000)
  machine.measure()
  assert.ok(Math.abs(machine.ahead()) <= 3, 'what is recorded meanwhile has the time of the database')
  machine.setWallClock(-hour)
  assert.equal(machine.failure(), undefined)
  assert.ok(Math.abs(machine.trustedAhead()) <= 3)
  machine.measure()
  assert.ok(Math.abs(machine.trustedAhead()) <= 3)
})

test('fault 9.5: a clock that goes back by an hour, and one that is set right in two steps', () => {
  const machine = aMachine(0)
  machine.measure()
  machine.setWallClock(-hour)
  machine.measure()
  assert.throws(machine.trustedAhead, WrongClockError)
  machine.setWallClock(hour - 8000)
  machine.measure()
  assert.throws(machine.trustedAhead, WrongClockError)
  machine.setWallClock(8000)
  assert.ok(Math.abs(machine.trustedAhead()) <= 3)
})

test('fault 9.5: after a suspension the clock is trusted with the next measurement', () => {
  const machine = aMachine(0)
  machine.measure()
  machine.suspend(2 * hour)
  assert.throws(machine.trustedAhead, WrongClockError)
  machine.measure()
  assert.ok(Math.abs(machine.trustedAhead()) <= 3)
})

test('fault 9.6: a machine that starts with a wrong clock is not trusted once another node agrees with the database', () => {
  const machine = aMachine(-hour)
  machine.measure()
  machine.compare([40])
  assert.throws(machine.trustedAhead, /database is 3600 s ahead of that of this machine, and other nodes agree with the database/)
  machine.setWallClock(hour)
  machine.measure()
  assert.ok(Math.abs(machine.trustedAhead()) <= 3)
})

test('fault 9.7: a database that is set ten seconds ahead under running nodes leaves them trusted', () => {
  const machine = aMachine(0)
  machine.measure()
  machine.compare([0])
  machine.pass(1000)
  machine.moveDatabase(10_000)
  machine.measure()
  assert.match(machine.warning() ?? '', /10 s ahead/)
  assert.ok(Math.abs(machine.trustedAhead() - 5000) <= 3)
  machine.pass(5000)
  machine.measure()
  machine.compare([10_000])
  machine.pass(20_000)
  machine.measure()
  assert.equal(machine.failure(), undefined)
  assert.match(machine.warning() ?? '', /2 nodes share the difference/)
})

test('fault 9.7: if the others did not see the database move, it is the machine after all', () => {
  const machine = aMachine(0)
  machine.measure()
  machine.moveDatabase(10_000)
  machine.measure()
  machine.compare([0])
  machine.pass(20_000)
  machine.measure()
  assert.throws(machine.trustedAhead, WrongClockError)
})

test('fault 9.7: nodes that share a difference agree with each other', () => {
  const machines = [-58_000, -60_000, -63_000].map((ahead) => aMachine(ahead))
  for (const machine of machines) machine.measure()
  for (const [index, machine] of machines.entries()) machine.compare([58_000, 60_000, 63_000].toSpliced(index, 1))
  const readings = machines.map((machine) => Math.round(machine.trustedAhead() / 10))
  assert.deepEqual(new Set(readings).size, 1)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aClock } from './guard.fixture.ts'
import { createSteadyClock } from './steady-clock.ts'

/** Returns the seconds on the steady clock since the call before. */
function given() {
  const clock = aClock()
  const steady = createSteadyClock(clock.now, clock.monotonic)
  let before = steady()
  const passed = () => {
    const seconds = (steady() - before) / 1000
    before = steady()
    return seconds
  }
  return { clock, steady, passed }
}

test('it runs with the time', () => {
  const { clock, passed } = given()
  for (const seconds of [0, 0.001, 5, 3600]) {
    clock.advance(seconds)
    assert.equal(Math.round(passed() * 1000), seconds * 1000)
  }
})

test('fault 9.12: it does not go back with the time of day, and goes on from there', () => {
  const { clock, passed } = given()
  clock.setBy(-3600)
  assert.equal(passed(), 0)
  clock.advance(7)
  assert.equal(passed(), 7)
  clock.setBy(-1)
  clock.advance(7)
  assert.equal(passed(), 7)
})

test('fault 9.12: it counts the time in which the machine was suspended, also after the time of day was set back', () => {
  const { clock, passed } = given()
  clock.suspend(600)
  assert.equal(Math.floor(passed()), 600)
  clock.setBy(-3600)
  assert.equal(passed(), 0)
  clock.suspend(600)
  assert.equal(Math.floor(passed()), 600)
})

test('a time of day that moved is never less, whatever the monotonic clock did before', () => {
  for (const driftMs of [0, 1, 9, 11, 500]) {
    let timeOfDay = 0
    let run = 0
    const steady = createSteadyClock(
      () => timeOfDay,
      () => run,
    )
    run = driftMs
    const startedAt = steady()
    timeOfDay = 300_000
    assert.ok(steady() - startedAt >= 300_000)
  }
})

test('the resolution of the time of day does not add up', () => {
  const { clock, steady } = given()
  const whole = createSteadyClock(() => Math.floor(clock.now()), clock.monotonic)
  const [startedAt, wholeStartedAt] = [steady(), whole()]
  for (let i = 0; i < 10_000; i++) {
    clock.advance(0.0003)
    whole()
  }
  assert.ok(Math.abs(whole() - wholeStartedAt - (steady() - startedAt)) <= 10)
})

test('fault 9.12: many small suspends add up', () => {
  const { clock, steady } = given()
  const startedAt = steady()
  for (let i = 0; i < 1000; i++) {
    clock.suspend(0.005)
    steady()
  }
  assert.ok(steady() - startedAt >= 4980)
})

test('an invalid time of day does not stop it', () => {
  let timeOfDay = 0
  let run = 0
  const steady = createSteadyClock(
    () => timeOfDay,
    () => run,
  )
  timeOfDay = Number.NaN
  run = 5000
  assert.equal(steady(), 5000)
})

import assert from 'node:assert/strict'
import { mock, test, type TestContext } from 'node:test'
import { createStepTimer } from './step-timer.ts'

function start(t: TestContext) {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.after(() => mock.timers.reset())
  let now = 0
  let until = Infinity
  const runs: number[] = []
  const failures: unknown[] = []
  let fails = false
  const timer = createStepTimer({
    run: async () => {
      runs.push(now)
      if (fails) throw new Error('away')
    },
    intervalMs: 60_000,
    untilNext: () => until,
    onFailure: (error) => void failures.push(error),
    monotonicClock: () => now,
  })
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve))
  async function pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      now += 1000
      mock.timers.tick(1000)
      await settle()
    }
  }
  const set = (milliseconds: number, failing = false) => {
    until = milliseconds
    fails = failing
  }
  return { timer, runs, failures, pass, set }
}

test('it runs five seconds after the start, at regular intervals, and earlier for a step that is due earlier', async (t) => {
  const { timer, runs, pass, set } = start(t)
  await pass(10)
  assert.deepEqual(runs, [])
  timer.start()
  await pass(65)
  assert.deepEqual(runs, [15_000, 75_000])
  set(7000)
  await pass(60)
  set(Infinity)
  assert.deepEqual(runs.slice(2), [135_000])
  await pass(7)
  assert.deepEqual(runs.slice(3), [142_000])
  await timer.stop()
  await pass(100)
  assert.equal(runs.length, 4)
})

test('a step that is due by a change elsewhere is taken within a second or two, and no later one puts a run off', async (t) => {
  const { timer, runs, pass, set } = start(t)
  timer.start()
  await pass(5)
  set(0)
  timer.reconsider()
  timer.reconsider()
  await pass(1)
  assert.deepEqual(runs, [5000, 6000])
  set(Infinity)
  await pass(1) // The step was still due after the run before.
  timer.reconsider()
  await pass(59)
  assert.equal(runs.length, 3)
  await pass(1)
  assert.equal(runs.length, 4)
})

test('a run that fails is told, and the next one comes', async (t) => {
  const { timer, runs, failures, pass, set } = start(t)
  set(Infinity, true)
  timer.start()
  await pass(65)
  assert.deepEqual([runs.length, failures.length], [2, 2])
  await assert.rejects(timer.run(), /away/)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watchDrain } from './watch-drain.ts'

function aWatch() {
  let now = 0
  const watch = watchDrain(() => now)
  const attempt = (seconds: number, result: Parameters<typeof watch.noteAttempt>[0]) => {
    for (let i = 0; i < seconds; i++) {
      now += 1000
      watch.noteAttempt(result)
    }
  }
  return { watch, attempt, pass: (seconds: number) => void (now += seconds * 1000) }
}

const refused = { isEmpty: false, error: new Error('cannot execute INSERT in a read-only transaction') }

test('fault 6.2: a spool that does not empty for 30 s while the store answers is a reason not to be ready, until it moves', () => {
  const { watch, attempt } = aWatch()
  attempt(30, refused)
  assert.equal(watch.stalled(), undefined)
  attempt(2, refused)
  assert.match(watch.stalled() ?? '', /has not emptied for 31 s, although the store answers: cannot execute INSERT in a read-only/)
  watch.noteProgress()
  assert.equal(watch.stalled(), undefined)
  attempt(30, { isEmpty: true })
  assert.equal(watch.stalled(), undefined)
})

test('fault 6.2: while the store does not answer a full spool is no reason, before and after', () => {
  const { watch, attempt, pass } = aWatch()
  attempt(20, refused)
  pass(60)
  assert.equal(watch.stalled(), undefined)
  attempt(20, refused)
  assert.equal(watch.stalled(), undefined, 'the time of the outage does not count')
  attempt(15, refused)
  assert.notEqual(watch.stalled(), undefined)
  pass(11)
  assert.equal(watch.stalled(), undefined)
})

test('fault 6.2: a large spool that moves steadily is no reason', () => {
  const { watch, attempt } = aWatch()
  for (let i = 0; i < 20; i++) {
    attempt(20, refused)
    watch.noteProgress()
  }
  assert.equal(watch.stalled(), undefined)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRejectionLog } from './rejection-log.ts'

test('a line when requests begin to be rejected, and one when that is over', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let now = 0
  const lines: string[] = []
  const write = (level: string) => (about: { readonly reason: string }, text: string) =>
    void lines.push(`${level} ${about.reason}: ${text}`)
  const info = write('info') as Parameters<typeof createRejectionLog>[0]['info']
  const note = createRejectionLog({ info }, () => now)
  const ofRequest = { warn: write('warn'), debug: () => {} } as unknown as Parameters<typeof note>[0]
  const pass = (milliseconds: number) => {
    now += milliseconds
    t.mock.timers.tick(milliseconds)
  }

  for (let times = 0; times < 500; times++) {
    note(ofRequest, 'the disk is full')
    pass(100)
  }
  note(ofRequest, 'too many reports wait')
  assert.deepEqual(lines, [
    'warn the disk is full: requests are rejected with 503: temporarily unavailable',
    'warn too many reports wait: requests are rejected with 503: temporarily unavailable',
  ])
  pass(9000)
  assert.equal(lines.length, 2)
  pass(1000)
  assert.deepEqual(lines.slice(2), [
    'info the disk is full: requests are no longer rejected with 503; 500 were, within 50 s',
    'info too many reports wait: requests are no longer rejected with 503; 1 was, within 0 s',
  ])
  note(ofRequest, 'the disk is full')
  assert.equal(lines.length, 5)
})

test('reasons without end are one', () => {
  const lines: unknown[] = []
  const note = createRejectionLog({ info: () => {} })
  const ofRequest = { warn: (line: unknown) => void lines.push(line), debug: () => {} } as unknown as Parameters<typeof note>[0]
  for (let number = 0; number < 1000; number++) note(ofRequest, `connect ECONNREFUSED 10.0.0.${number}`)
  assert.equal(lines.length, 21)
})

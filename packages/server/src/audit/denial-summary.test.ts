import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createManualClock } from '../../test/test-server.fixture.ts'
import type { AuditEvent } from './events/audit-event.ts'
import { createDenialSummary } from './denial-summary.ts'

const denial: AuditEvent = {
  kind: 'token.request',
  outcome: 'refused',
  reason: 'wrong-secret',
  realm: 'prod',
  clientId: 'acme',
  address: '203.0.113.9',
}

function aSummary(t: TestContext) {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const written: AuditEvent[] = []
  const clock = createManualClock()
  const summary = createDenialSummary({ clock: clock.now, write: (event) => written.push(event) })
  t.after(() => summary.close())
  const note = (times: number, event: Partial<AuditEvent> = {}) => {
    for (let i = 0; i < times; i++) summary.note({ ...denial, ...event })
  }
  const passMinute = () => {
    clock.advance(60_000)
    t.mock.timers.tick(60_000)
  }
  return { written, summary, note, passMinute }
}

test('abuse 186: the first ten denials of a minute are written, and the rest of a flood as one event with their number', (t) => {
  const { written, note, passMinute } = aSummary(t)
  note(10_000)
  assert.deepEqual(
    written,
    Array.from({ length: 10 }, () => denial),
  )
  passMinute()
  const { kind, outcome, reason, realm } = denial
  assert.deepEqual(written.slice(10), [{ kind, outcome, reason, realm, detail: { count: 9990, summarized: true } }])
})

test('abuse 186: a minute without denials writes nothing', (t) => {
  const { written, note, passMinute } = aSummary(t)
  note(10)
  for (let i = 0; i < 3; i++) passMinute()
  assert.equal(written.length, 10)
})

test('abuse 186: after a flood denials are written one by one again', (t) => {
  const { written, note, passMinute } = aSummary(t)
  note(11)
  for (let i = 0; i < 2; i++) passMinute()
  note(1)
  assert.deepEqual(written.at(-1), denial)
})

for (const [what, other] of Object.entries({
  'from another address': { address: '203.0.113.10' },
  'of another client': { clientId: 'borealis' },
  'for another reason': { reason: 'unknown-client' },
  'in another realm': { realm: 'nt24-idp' },
  'of another kind': { kind: 'token.revocation' as const },
})) {
  test(`abuse 186: a denial ${what} is not lost in the flood`, (t) => {
    const { written, note } = aSummary(t)
    note(1000)
    note(1, other)
    assert.deepEqual(written.slice(10), [{ ...denial, ...other }])
  })
}

test('abuse 051: values that contain the separator are not confused with others', (t) => {
  const { written, note } = aSummary(t)
  note(10, { realm: 'a', clientId: 'b","c' })
  note(1, { realm: 'a","b', clientId: 'c' })
  assert.equal(written.length, 11)
})

test('abuse 186: a realm with many sources gets one summary, so memory does not grow with them', (t) => {
  const { written, note, summary } = aSummary(t)
  for (let i = 0; i < 50; i++) note(15, { address: `2001:db8:${i.toString(16)}::1` })
  summary.close()
  assert.deepEqual(
    written.filter(({ detail }) => detail !== undefined).map(({ detail }) => detail),
    [{ count: 250, summarized: true }],
  )
})

test('abuse 186: the denials from many sources that are written one by one are bounded per realm and minute', (t) => {
  const { written, note } = aSummary(t)
  for (let i = 0; i < 2000; i++) note(1, { address: `2001:db8:${i.toString(16)}::1` })
  assert.equal(written.length, 600)
})

test('fault 2.5: one site does not use up what a realm may write in a minute', (t) => {
  const { written, note } = aSummary(t)
  for (let i = 0; i < 2000; i++) note(1, { address: `2001:db8:0:${i.toString(16)}::1` })
  assert.equal(written.length, 160)
  note(1, { address: '2001:db8:1::1' })
  assert.equal(written.length, 161)
})

test('abuse 049: an unregistered client id is counted like a registered one', (t) => {
  const { written, summary } = aSummary(t)
  const { clientId: _, ...unknown } = denial
  for (let i = 0; i < 100; i++) summary.note(unknown, 'nobody')
  summary.note(unknown, 'somebody-else')
  assert.equal(written.length, 11)
})

test('counted denials are written when the server closes', (t) => {
  const { written, note, summary } = aSummary(t)
  note(12)
  summary.close()
  assert.deepEqual(written.at(-1)?.detail, { count: 2, summarized: true })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeResult, describeSummary, toJUnit } from './describe-results.ts'
import type { Result } from './run-scenarios.ts'

const right: Result = { id: 'cached', title: 'One token', outcome: 'right', faults: [], notes: [], remedy: 'Keep it.', seconds: 0.5 }
const wrong: Result = {
  ...right,
  id: 'call',
  outcome: 'wrong',
  faults: [{ seen: 'a <b> & "c"\u0001\n  more', expected: 'nothing' }],
  problem: 'expired-token',
}
const notTested: Result = { ...right, id: 'rotation', outcome: 'not tested', notes: ['Read the file.'] }

test('what is wrong is described with what was seen, what is expected, the remedy and the pages', () => {
  const text = describeResult(wrong)
  assert.match(text, /^WRONG +call +One token\n +Seen: +a <b> & "c".\n +more\n +Expected: nothing\n +Remedy: +Keep it\.\n/)
  assert.match(text, /countersign certify --explain call; the page \/problems\/expired-token/)
  assert.match(describeResult(notTested), /^not tested +rotation +One token\n +Read the file\.$/)
  assert.equal(describeSummary([right, wrong, notTested]), '1 right, 1 wrong, 1 not tested')
})

test('the JUnit report counts failures and skipped scenarios, and is XML whatever a backend writes', () => {
  const xml = toJUnit([right, wrong, notTested])
  assert.match(xml, /tests="3" failures="1" errors="0" skipped="1" time="1\.500"/)
  assert.match(xml, /name="cached: One token" time="0\.500"\/>/)
  assert.match(xml, /<failure message="a &lt;b&gt; &amp; &quot;c&quot;\?/)
  assert.match(xml, /<skipped message="Read the file\."\/>/)
  assert.ok(!xml.includes('\u0001'))
})

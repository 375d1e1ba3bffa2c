import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { replay, replayFiles } from './replay.ts'
import { recordSteps, type Bounds, type DecidedStep, type IssuedStep, type Step } from './steps.ts'

const bounds: Bounds = {
  node: { connected: 0, cutOff: 5000 },
  guard: { connected: 1000, cutOff: 30_000 },
  publishBefore: 4000,
  publishBeforeInEmergency: 2000,
}
const at = (from: number, to = from + 10) => ({ from, to })
const rests = ['client:acme', 'secret:s1', 'cut:acme'] as const
const issued: IssuedStep = { step: 'issued', by: 'node:1', token: 't1', key: 'k1', rests, expiresAt: 300_000, ...at(0) }
const decided = (by: 'guard:1' | 'node:1', outcome: DecidedStep['outcome'], from: number): Step => {
  return { step: 'decided', by, token: 't1', outcome, ...at(from) }
}

function findingsOf(...steps: readonly Step[]): string[] {
  return replay({ name: 'test', bounds }, steps).findings.map(({ invariant, what }) => `${invariant}: ${what}`)
}

test('a good run has no findings, in whatever order its steps were written', () => {
  const steps: Step[] = [
    { step: 'begun', subject: 'secret:s1', client: 'acme', ...at(-50) },
    issued,
    { step: 'published', by: 'node:2', keys: ['k1'], ...at(20) },
    decided('guard:1', 'accepted', 30),
    { step: 'ended', subject: 'client:acme', why: 'revoked', ...at(100) },
    decided('guard:1', 'accepted', 1000),
    decided('guard:1', 'refused', 200),
    { step: 'begun', subject: 'client:acme', ...at(2000) },
    decided('guard:1', 'refused', 2500),
    decided('guard:1', 'accepted', 4000),
  ]
  assert.deepEqual(findingsOf(...steps), [])
  assert.deepEqual(findingsOf(...steps.toReversed()), [])
})

test('what had ended is found where it is accepted beyond the bound, which is longer where the place was cut off', () => {
  const ended: Step = { step: 'ended', subject: 'client:acme', why: 'revoked', ...at(100) }
  assert.deepEqual(findingsOf(issued, ended, decided('guard:1', 'accepted', 1200)), [
    'ended: guard:1 accepted client:acme 1090 after its end was acknowledged',
  ])
  const cut: Step = { step: 'cut', who: 'guard:1', ...at(50) }
  assert.deepEqual(findingsOf(issued, ended, cut, decided('guard:1', 'accepted', 1200)), [])
  assert.deepEqual(findingsOf(issued, ended, cut, decided('guard:1', 'accepted', 40_000)).length, 1)
  const joined: Step = { step: 'joined', who: 'guard:1', ...at(2000) }
  assert.deepEqual(findingsOf(issued, ended, cut, joined, decided('guard:1', 'accepted', 4000)).length, 1)
})

test('what accepts anything after it was cut off for its bound is found', () => {
  const cut: Step = { step: 'cut', who: 'guard:1', ...at(50) }
  const joined: Step = { step: 'joined', who: 'guard:1', ...at(50_000) }
  assert.match(
    findingsOf(issued, cut, decided('guard:1', 'accepted', 40_000))[0]!,
    /^cutOff: guard:1 accepted token:t1.* 39940 after it was cut off/,
  )
  assert.deepEqual(findingsOf(issued, cut, joined, decided('guard:1', 'accepted', 51_000)), [])
})

test('a cut ends only the tokens from before it', () => {
  const cut: Step = { step: 'ended', subject: 'cut:acme', why: 'revoked', ...at(100) }
  const later: Step = { ...issued, token: 't2', ...at(200) }
  const acceptedLater: Step = { step: 'decided', by: 'guard:1', token: 't2', outcome: 'accepted', ...at(5000) }
  assert.deepEqual(findingsOf(issued, later, cut, acceptedLater), [])
  assert.equal(findingsOf(issued, later, cut, decided('guard:1', 'accepted', 5000)).length, 1)
})

test('a token outlives its secret, and a node does not accept the secret', () => {
  const ended: Step = { step: 'ended', subject: 'secret:s1', why: 'revoked', ...at(100) }
  assert.deepEqual(findingsOf(issued, ended, decided('guard:1', 'accepted', 9000)), [])
  assert.deepEqual(findingsOf(ended, { ...issued, ...at(200) }), ['ended: node:1 accepted secret:s1 90 after its end was acknowledged'])
})

test('a compromised key that signs, or whose token is accepted, is found', () => {
  const compromised: Step = { step: 'key', key: 'k1', state: 'compromised', ...at(100) }
  assert.deepEqual(findingsOf(compromised, { ...issued, ...at(200) }), [
    'compromised: node:1 accepted key:k1 90 after its end was acknowledged',
  ])
  assert.match(findingsOf(issued, compromised, decided('guard:1', 'accepted', 1200))[0]!, /^compromised: guard:1/)
})

test('a key that a node does not publish is found as long as a token of it has not expired', () => {
  const missing = (from: number): Step => ({ step: 'published', by: 'node:2', keys: ['k2'], ...at(from) })
  assert.deepEqual(findingsOf(issued, missing(50)), ['published: node:2 does not publish k1 of t1'])
  assert.deepEqual(findingsOf(issued, missing(300_000)), [])
  assert.deepEqual(findingsOf(issued, missing(5), { step: 'key', key: 'k1', state: 'compromised', ...at(40) }), [])
})

test('a key that signs too early is found', () => {
  const staged: Step = { step: 'key', key: 'k1', state: 'staged', ...at(-3900) }
  assert.deepEqual(findingsOf(staged, issued), ['publishedBefore: k1 signed after it was published for 3910 of 4000'])
  assert.deepEqual(findingsOf({ ...staged, isKnown: true }, issued), [])
  assert.deepEqual(findingsOf(staged, { step: 'key', key: 'k1', state: 'active', isEmergency: true, ...at(-100) }, issued), [])
})

test('a revision that goes back is found, in one history', () => {
  const seen = (revision: number, from: number, history = 'one'): Step => ({ step: 'seen', by: 'feed:1', revision, history, ...at(from) })
  assert.deepEqual(findingsOf(seen(7, 0), seen(6, 20)), ['revisions: feed:1 went from 7 back to 6'])
  assert.deepEqual(findingsOf(seen(7, 0), seen(6, 5), seen(3, 30, 'two'), seen(8, 30)), [])
})

test('a good token or secret that is refused is found', () => {
  assert.deepEqual(findingsOf(issued, decided('guard:1', 'refused', 50)), ['goodRefused: guard:1 refused t1 (key k1): no reason'])
  assert.deepEqual(findingsOf(issued, decided('guard:1', 'unavailable', 50), decided('guard:1', 'refused', 300_001)), [])
  assert.equal(findingsOf({ step: 'denied', by: 'node:1', rests, ...at(0) }).length, 1)
})

test('the last secret of a client is ended only by a revocation', () => {
  const begun = (secret: string, from: number): Step => ({ step: 'begun', subject: `secret:${secret}`, client: 'acme', ...at(from) })
  const ended = (secret: string, why: 'replaced' | 'revoked', from: number): Step => {
    return { step: 'ended', subject: `secret:${secret}`, client: 'acme', why, ...at(from) }
  }
  assert.deepEqual(findingsOf(begun('s1', 0), begun('s2', 20), ended('s1', 'replaced', 40), ended('s2', 'revoked', 60)), [])
  assert.deepEqual(findingsOf(begun('s1', 0), begun('s2', 20), ended('s2', 'revoked', 40), ended('s1', 'replaced', 60)), [
    'lastSecret: secret:s1 was the last secret of acme',
  ])
})

const folder = mkdtempSync(join(tmpdir(), 'countersign-steps-'))
after(() => rmSync(folder, { recursive: true }))

test('the recordings of several processes are one run', () => {
  const files = ['one', 'two'].map((name) => join(folder, name))
  for (const file of files) {
    const recording = recordSteps(file, { name: 'test', bounds })
    recording.add(file === files[0] ? issued : decided('guard:1', 'accepted', 50))
    recording.close()
  }
  assert.deepEqual(replayFiles(files), { name: 'test', steps: { issued: 1, accepted: 1 }, unknownTokens: 0, findings: [] })
})

test('a line that is no step, or of another run, is named', () => {
  const file = join(folder, 'three')
  recordSteps(file, { name: 'test', bounds }).close()
  const other = join(folder, 'four')
  recordSteps(other, { name: 'other', bounds }).close()
  assert.throws(() => replayFiles([file, other]), /several runs/)
  writeFileSync(other, '{"step":"sigend","from":1,"to":2}\n')
  assert.throws(() => replayFiles([file, other]), /four:1: there is no step "sigend"/)
})

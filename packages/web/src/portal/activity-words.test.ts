import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeActivity } from './activity-words.ts'

type Activity = Parameters<typeof describeActivity>[0]

const say = (activity: Activity) =>
  describeActivity(activity, { realm: 'nt24-idp', organization: 'acme' })
    .map((word) => (typeof word === 'string' ? word : word.text))
    .join('')

test('what the audit log has and an integrator is not told is not missed', () => {
  assert.equal(
    say({ kind: 'dpa.accept', by: 'provider', detail: { version: '2026-01' } }),
    'recorded that you accepted version 2026-01 of the agreement',
  )
  assert.equal(say({ kind: 'dpa.accept', by: 'you', detail: { version: '2026-01' } }), 'accepted version 2026-01 of the agreement')
  assert.equal(say({ kind: 'passkeys.add', by: 'you', detail: {} }), 'added a passkey')
})

test('an integrator asks for itself', () => {
  const detail = { asked: 'client', what: 'Reports' }
  assert.equal(say({ kind: 'accessRequests.create', by: 'colleague', detail }), 'asked for a client "Reports"')
  assert.equal(say({ kind: 'accessRequests.create', by: 'provider', detail }), 'asked on behalf of acme for a client "Reports"')
})

test('everything else is said in the words of the audit log, and a kind of a later version by its name', () => {
  assert.equal(say({ kind: 'partners.authorize', by: 'provider', detail: { partner: 'b42d' } }), 'allowed acme to act for b42d')
  assert.equal(say({ kind: 'later.kind', by: 'provider', detail: {} }), 'later.kind')
})

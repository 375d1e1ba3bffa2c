import assert from 'node:assert/strict'
import { test } from 'node:test'
import { whatHappened, type ToldEvent } from './audit-what.ts'

const rows: [kind: string, detail: ToldEvent['detail'], text: string][] = [
  ['organizations.create', { slug: 'acme', name: 'Acme', capabilities: { tier: 'standard' } }, '"Acme", tier=standard'],
  ['capabilities.set', { capability: 'tier', value: 'standard' }, 'tier=standard'],
  ['partners.change', { authorized: ['a'], withdrawn: ['b'] }, '+a, -b'],
  [
    'clients.update',
    { scopes: ['read', 'write'], enabled: false, reason: 'ticket 4711', by: { realm: 'r', client: 'c' } },
    'scopes read write, enabled=false',
  ],
  ['signingKeys.activate', { keyId: 'k2', algorithm: 'ES256', replaces: 'k1', emergency: false }, 'k2 ES256, replaces k1'],
  ['signingKeys.compromise', { keyId: 'k1', algorithm: 'ES256', before: 'active', replacedBy: null }, 'k1 ES256'],
  ['organizations.cutTokens', { tokensNotBefore: 1_769_860_800, reason: 'stolen' }, 'tokens before 2026-01-31T12:00:00Z'],
  ['token.request', { scope: 'read', keyId: 'k1', tokenId: 't' }, 'read, signed by k1'],
  ['request', { method: 'GET', route: null }, 'GET at an unknown path'],
]
for (const [kind, detail, text] of rows)
  test(`${kind} says "${text}"`, () => assert.equal(whatHappened({ kind, outcome: 'success', detail }), text))

test('a refusal says what it was about only where that was a request, and how many there were', () => {
  assert.equal(whatHappened({ kind: 'rotation.confirm', outcome: 'refused', detail: {} }), '')
  assert.equal(whatHappened({ kind: 'request', outcome: 'refused', detail: { method: 'GET', route: '/v1/me' } }), 'GET /v1/me')
  assert.equal(whatHappened({ kind: 'token.request', outcome: 'refused', detail: { count: 12, summarized: true } }), '12 of one minute')
})

test('an event of another version, or one that was tampered with, says nothing', () => {
  assert.equal(whatHappened({ kind: 'partners.change', outcome: 'success', detail: {} }), '')
  assert.equal(whatHappened({ kind: 'organizations.paint', outcome: 'success', detail: { unreadable: 'x' } }), '')
})

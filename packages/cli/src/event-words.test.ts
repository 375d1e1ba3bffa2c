import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventDetails } from '@countersign/admin/event-details'
import { describeEvent, describeEventAsText, type ToldEvent } from '@countersign/admin/event-words'
import type { AuditKind, ChangeDetails, RequestDetails } from '@countersign/server'

/** Of changes; a denial of the same kind has no details. */
type Written<Kind extends AuditKind> = Kind extends keyof ChangeDetails
  ? ChangeDetails[Kind]
  : Kind extends keyof RequestDetails
    ? RequestDetails[Kind]
    : never

/** Does not compile if a kind has no sentence, or if the sentence reads a member that the writer does not write. */
const fits: { readonly [Kind in AuditKind]: (written: Written<Kind>) => EventDetails[Kind] } = new Proxy({} as never, {
  get: () => (written: unknown) => written,
})

function event(kind: string, detail: ToldEvent['detail'], more: Partial<ToldEvent> = {}): ToldEvent {
  return {
    kind,
    outcome: 'success',
    reason: null,
    realm: 'nt24-idp',
    organizationId: 'b1d7',
    organizationSlug: 'acme',
    clientId: 'api-client-acme',
    detail,
    ...more,
  }
}

const rows: [kind: string, detail: ToldEvent['detail'], text: string][] = [
  ['organizations.create', { name: 'Acme' }, 'created the organization acme, "Acme"'],
  [
    'organizations.update',
    { name: 'Acme AG', capabilities: { tier: 'premium', kyc: null } },
    'changed acme: named it "Acme AG", set tier to premium, removed kyc',
  ],
  ['sessions.end', { sessionId: 's', mount: 'portal', person: 'p', name: 'Mia Wong' }, 'ended a session of Mia Wong in the portal'],
  ['sessions.end', { sessionId: 's', mount: 'console' }, 'ended a session of api-client-acme in the console'],
  ['organizations.suspend', { before: 'active', status: 'suspended' }, 'suspended acme'],
  ['capabilities.set', { capability: 'kyc', value: true }, 'set kyc of acme to true'],
  ['partners.authorize', { partner: 'p-1' }, 'allowed acme to act for p-1'],
  [
    'partners.change',
    { authorized: ['a', 'b', 'c', 'd'], withdrawn: ['e'] },
    'allowed acme to act for a, b, c and 1 other partner and withdrew e from acme',
  ],
  ['dpa.accept', { version: '2026-01', acceptedBy: 'Ada' }, 'recorded that acme accepted version 2026-01 of the agreement, by Ada'],
  ['clients.update', { enabled: false, by: {}, reason: 'x' }, 'disabled api-client-acme'],
  ['clients.update', { scopes: ['a', 'b'], subject: 's' }, 'changed api-client-acme: set its scopes to a b, set subject'],
  ['rotation.confirm', { force: true }, 'ended the old secret of api-client-acme by force'],
  ['token.request', { scope: 'profile' }, 'got a token for profile'],
]
for (const [kind, detail, text] of rows) test(`${kind} says "${text}"`, () => assert.equal(describeEventAsText(event(kind, detail)), text))

test('a denial says what was refused, why, and how often', () => {
  const denied = { outcome: 'refused', reason: 'wrong-secret' } as const
  assert.equal(describeEventAsText(event('token.request', {}, denied)), 'was refused a token: wrong secret')
  assert.equal(
    describeEventAsText(event('token.request', { summarized: true, count: 12 }, denied)),
    'was refused a token, 12 times within a minute: wrong secret',
  )
  assert.equal(describeEventAsText(event('request', { method: 'GET', route: '/v1/me' }, denied)), 'was refused GET /v1/me: wrong secret')
})

test('an event of another version, or one that was tampered with, says its kind', () => {
  assert.deepEqual(describeEvent(event('partners.change', {})), [{ what: 'code', text: 'partners.change' }])
  assert.deepEqual(describeEvent(event('organizations.paint', {})), [{ what: 'code', text: 'organizations.paint' }])
  assert.deepEqual(describeEvent(event('constructor', {})), [{ what: 'code', text: 'constructor' }])
})

test('every kind of event has a sentence whose details the server writes', () => {
  assert.equal(typeof fits['partners.authorize'], 'function')
})

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { problems, type ProblemCode } from '@countersign/protocol'
import { remedyOf } from './cause.ts'
import { codeOfReason } from './code-of-reason.ts'
import type { Facts } from './facts.ts'
import { findCause } from './find-cause.ts'
import { loginCauses } from './login-causes.ts'
import { ofEvent, type RefusedRequest } from './refused-request.ts'

function factsOf(request: Partial<RefusedRequest>, saw = ''): Facts {
  return {
    request: { ...ofEvent(anEvent('request', null), 'r-1'), ...request },
    realm: undefined,
    requires: { scope: ['orders:read'], capability: 'kyc', requestor: { permission: 'pay' } },
    saw,
    client: undefined,
    organization: { id: 'o-1', slug: 'acme', name: 'Acme' },
    entitlement: undefined,
    rights: undefined,
    partnerName: null,
    dpa: { required: '2026-01', isPublished: false },
    portalUrl: undefined,
  }
}

function anEvent(kind: string, reason: string | null, detail = '{}') {
  const none = {
    actor_kind: null,
    actor_id: null,
    actor_realm: null,
    actor_via: null,
    on_behalf_of: null,
    caller_request_id: null,
    trace_id: null,
  }
  const about = { realm: 'prod', organization_id: 'o-1', client_id: 'c-1', address: null, request_id: 'r-1' }
  return { id: 'e-1', at: 1, kind, outcome: 'refused' as const, reason, ...about, detail, mac: '', layout: 2, ...none }
}

function check(facts: Facts): void {
  const { sentence, unchanged, changes = () => [], step = () => undefined } = findCause(facts)
  assert.match(sentence(facts), /^[A-Z"].*\.$/)
  assert.doesNotMatch(sentence(facts), /undefined|null/)
  assert.notEqual(typeof unchanged === 'string' ? unchanged : unchanged(facts), '')
  assert.ok(Array.isArray(changes(facts)))
  assert.equal(step(facts), undefined, 'no step without a realm')
}

const partnerId = '5f0c6a0e-8f55-4b6e-9a43-6a1f5d1f7c11'

test('every problem has a cause, whoever refused with it', () => {
  for (const code of Object.keys(problems) as ProblemCode[]) {
    for (const source of ['guard', 'admin', 'token', 'me'] as const)
      check(factsOf({ code, source, detail: { partnerId, requestorId: partnerId, tokenId: 't-1' } }))
    check(factsOf({ code, source: 'guard', organizationId: null, clientId: null }))
  }
})

for (const [saw, who, remedy] of [
  [
    'The access token is not three segments: it was altered or truncated, or is not a JWT.',
    'integrator',
    /^Send the value of "access_token"/,
  ],
  ['The access token is too long.', 'integrator', /^Send the value of "access_token"/],
  ['issued by another realm', 'integrator', /^Verify the realm in your token URL/],
  ['wrong audience: it is for another API', 'integrator', /^Request a token for this API/],
  ['its key is unknown, or was compromised', 'integrator', /^Request a new token\.$/],
  ['The signature of the access token is invalid.', 'integrator', /unchanged.*was not issued by this server\.$/],
  ['The algorithm of the access token does not match its key.', 'integrator', /was not issued by this server\.$/],
  ['not valid yet by the clock of the guard', 'api', /clock has to be corrected/],
  ['This API does not accept tokens signed by RS256.', 'api', /who choose the algorithms/],
  ['The "typ" of the token does not mark it as an access token.', 'integrator', /no ID token/],
  ['The access token does not name its key ("kid").', 'integrator', /no ID token/],
  ['The access token does not name its issuer ("iss").', 'integrator', /no ID token/],
  ['The access token has the header "crit", which is not accepted.', 'integrator', /no ID token/],
  ['The access token was not issued by this realm: its client is not named by a string.', 'integrator', /"tokenProfile"/],
  ['client disabled', 'operator', /^A new token does not help before/],
  ['of a later guard', 'integrator', /^Send the access_token of the token response unchanged/],
  ['', 'integrator', /explain --token-file/],
] as const) {
  test(`an invalid token has the remedy of what was wrong with it: ${saw || 'not known'}`, () => {
    const facts = factsOf({ code: 'invalid-token', source: 'guard' }, saw)
    const cause = findCause(facts)
    check(facts)
    assert.equal(cause.who, who)
    assert.match(remedyOf(cause, facts), remedy)
  })
}

test('every reason of the audit log has a cause and a problem', () => {
  for (const reason of Object.keys(loginCauses)) {
    check(factsOf({ reason, source: 'token' }))
    assert.ok(codeOfReason(reason) in problems, reason)
  }
})

test('every reason that a source file names has a cause', () => {
  const files = [
    'oauth/revocation-endpoint.ts',
    'oauth/open-signing-key.ts',
    'oauth/token-endpoint.ts',
    'token/grant-scope.ts',
    'token/choose-api.ts',
    'throttle/address-protection.ts',
    'clients/authenticate-client.ts',
    'clients/assertion-rate.ts',
  ]
  const named = files.flatMap((file) => {
    const text = readFileSync(join(import.meta.dirname, '..', file), 'utf8')
    return [...text.matchAll(/reason(?: =|:) (?:[^'\n]*\? )?'([a-z-]+)'(?: : '([a-z-]+)')?/g)].flatMap(([, first, second]) => [
      first,
      second,
    ])
  })
  const reasons = named.filter((reason) => reason !== undefined)
  assert.ok(reasons.includes('token-not-active') && reasons.includes('scope-not-granted') && reasons.includes('address-blocked'))
  assert.deepEqual(
    reasons.filter((reason) => !Object.hasOwn(loginCauses, reason)),
    [],
  )
})

test('an event of an earlier version has its problem from the reason', () => {
  assert.equal(ofEvent(anEvent('token.request', 'wrong-secret'), 'r').code, 'invalid-client')
  assert.equal(ofEvent(anEvent('token.request', 'address-blocked'), 'r').code, 'authentication-blocked')
  assert.equal(ofEvent(anEvent('token.request', 'FST_ERR_CTP_BODY_TOO_LARGE'), 'r').code, 'malformed-token-request')
  const admin = ofEvent(anEvent('request', 'http-404', '{"method":"GET","route":"/admin/v1/realms/:realm"}'), 'r')
  assert.deepEqual([admin.code, admin.source, admin.route], ['not-found', 'admin', '/admin/v1/realms/{realm}'])
  assert.equal(ofEvent(anEvent('request', 'http-401', 'damaged'), 'r').code, 'invalid-token')
})

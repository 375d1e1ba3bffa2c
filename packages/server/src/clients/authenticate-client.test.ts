import assert from 'node:assert/strict'
import crypto, { createSecretKey } from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { test, type TestContext } from 'node:test'
import type { ClientRecord, OrganizationRecord, SecretRecord } from '../cache/records.ts'
import type { OAuthForm } from '../api/form.ts'
import { OAuthError } from '../errors.ts'
import type { Realm } from '../realms/realm.ts'
import { checkCredentials, readCredentials } from './authenticate-client.ts'
import type { AuthenticationFailure } from '../errors.ts'
import { digestSecret, generateClientSecret } from '../keys/secret-format.ts'

const now = 1_000_000
const pepper = { versions: new Map([[1, createSecretKey(Buffer.alloc(32, 1))]]), currentVersion: 1 }
const [secret, otherSecret, strangeSecret] = [generateClientSecret(), generateClientSecret(), generateClientSecret()]

function aSecret(clientSecret: string, expiresAt: number | null = null): SecretRecord {
  const digest = digestSecret(pepper, 1, 'internal-id', clientSecret)
  return {
    id: `id of ${clientSecret}`,
    digest,
    pepperVersion: 1,
    lastFour: clientSecret.slice(-4),
    createdAt: 0,
    expiresAt,
    expiresAtBeforeRotation: null,
    startedBy: 'operator',
    firstUsedAt: null,
    lastUsedAt: null,
    remindedAt: null,
    tokensEndAt: null,
  }
}

/** The one client "acme", with the members that authentication reads. */
function aClient(client: Partial<ClientRecord> = {}, status: OrganizationRecord['status'] = 'active'): ClientRecord {
  const methods = ['client_secret_basic', 'client_secret_post']
  const organization = { id: 'organization-id', slug: 'acme', name: 'Acme', status }
  const acme = { id: 'internal-id', clientId: 'acme', organization, enabled: true, serviceAccountEnabled: true, secrets: [aSecret(secret)] }
  return { ...acme, authenticationMethods: methods, ...client } as ClientRecord
}

/** Every outcome of a request with a client id and a secret, with its reason in the audit log. */
const outcomes: [what: string, reason: AuthenticationFailure | undefined, ...request: Parameters<typeof authenticate>][] = [
  ['the right secret', undefined, aClient(), secret],
  ['the older of two secrets', undefined, aClient({ secrets: [aSecret(otherSecret), aSecret(secret)] }), secret],
  ['the newer of two secrets', undefined, aClient({ secrets: [aSecret(secret), aSecret(otherSecret)] }), secret],
  ['an unknown client', 'unknown-client', aClient(), secret, 'nobody'],
  ['a wrong secret', 'wrong-secret', aClient(), strangeSecret],
  ['neither of two secrets', 'wrong-secret', aClient({ secrets: [aSecret(secret), aSecret(otherSecret)] }), strangeSecret],
  ['a client without a secret', 'wrong-secret', aClient({ secrets: [] }), secret],
  ['an expired secret', 'expired-secret', aClient({ secrets: [aSecret(secret, now)] }), secret],
  ['a disabled client', 'client-disabled', aClient({ enabled: false }), secret],
  ['a service account that is off', 'service-account-off', aClient({ serviceAccountEnabled: false }), secret],
  ['a suspended organization', 'organization-suspended', aClient({}, 'suspended'), secret],
  ['an empty secret', 'secret-mistyped', aClient(), ''],
  ['an empty secret of an unknown client', 'secret-mistyped', aClient(), '', 'nobody'],
  ['a secret of 1 MB', 'secret-mistyped', aClient(), 'x'.repeat(1_000_000)],
  ['a secret of 4 kB and a byte', 'secret-mistyped', aClient(), 'x'.repeat(4097)],
  ['a secret in different letter case', 'secret-mistyped', aClient(), swapCase(secret)],
]

function authenticate(client: ClientRecord, clientSecret: string, clientId = 'acme') {
  const presented = { clientId, clientSecret, method: 'client_secret_post' as const }
  return checkCredentials(clientId === 'acme' ? client : undefined, pepper, presented, now)
}

function reasonOf(verdict: ReturnType<typeof authenticate>) {
  return 'failure' in verdict ? verdict.failure : undefined
}

function swapCase(text: string): string {
  return text.replace(/[a-z]/gi, (letter) => (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()))
}

for (const [what, reason, ...request] of outcomes) {
  test(`${what}: ${reason ?? 'lets the client in'}`, () => {
    const verdict = authenticate(...request)
    assert.equal(reasonOf(verdict), reason)
    if ('credential' in verdict) assert.deepEqual(verdict.credential, { id: `id of ${secret}`, kind: 'client_secret' })
  })
}

test('abuse 037: every outcome computes the same HMACs and comparisons', (t) => {
  for (const [what, , ...request] of outcomes)
    assert.deepEqual(
      workOf(t, () => authenticate(...request)),
      { hashes: 2, comparisons: 2 },
      what,
    )
})

test('abuse 056: with two versions of the pepper every outcome costs two HMACs and two comparisons', (t) => {
  pepper.versions.set(2, createSecretKey(Buffer.alloc(32, 2)))
  t.after(() => pepper.versions.delete(2))
  for (const [what, , ...request] of outcomes)
    assert.deepEqual(
      workOf(t, () => authenticate(...request)),
      { hashes: 4, comparisons: 2 },
      what,
    )
})

function workOf(t: TestContext, attempt: () => unknown) {
  const hash = t.mock.method(crypto, 'hash') // Two hashes make an HMAC.
  const compare = t.mock.method(crypto, 'timingSafeEqual')
  syncBuiltinESMExports()
  attempt()
  const work = { hashes: hash.mock.callCount(), comparisons: compare.mock.callCount() }
  t.mock.restoreAll()
  syncBuiltinESMExports()
  return work
}

for (const [what, tail] of Object.entries({ 'a NUL': '\0', 'a space': ' ', 'a newline': '\n', 'a zero-width space': '\u200B' })) {
  test(`abuse 042: a secret followed by ${what} is not the secret`, () => {
    assert.equal(reasonOf(authenticate(aClient(), secret + tail)), 'secret-mistyped')
  })
}

test('abuse 042: a secret with a look-alike letter is not the secret', () => {
  assert.equal(reasonOf(authenticate(aClient(), secret.replace('c', 'с'))), 'secret-mistyped')
})

test('a secret is valid until the instant of its expiry', () => {
  assert.equal(reasonOf(authenticate(aClient({ secrets: [aSecret(secret, now + 1)] }), secret)), undefined)
})

test('abuse 037: with a newer version of the pepper in use, every outcome costs the same, and only a success gets the new digest', (t) => {
  const rotated = { versions: new Map([...pepper.versions, [2, createSecretKey(Buffer.alloc(32, 2))]]), currentVersion: 2 }
  const presented = { clientId: 'acme', clientSecret: secret, method: 'client_secret_post' } as const
  const attempts: [ClientRecord | undefined, string][] = [
    [aClient(), secret],
    [aClient(), strangeSecret],
    [aClient({ enabled: false }), secret],
    [undefined, secret],
  ]
  const renewals = attempts.map(([client, clientSecret]) => {
    let verdict: ReturnType<typeof checkCredentials> | undefined
    const work = workOf(t, () => (verdict = checkCredentials(client, rotated, { ...presented, clientSecret }, now)))
    assert.deepEqual(work, { hashes: 4, comparisons: 2 })
    return 'credential' in verdict! ? verdict.credential.renewal : undefined
  })
  const [renewal, ...none] = renewals
  assert.deepEqual(none, [undefined, undefined, undefined])
  assert.deepEqual(renewal?.digest, digestSecret(rotated, 2, 'internal-id', secret))
  assert.deepEqual([renewal?.pepperVersion, renewal?.secret.pepperVersion], [2, 1])
})

test('a stored digest of zeros under a version that the server lacks matches nothing', () => {
  const forged = { ...aSecret(secret), digest: Buffer.alloc(32), pepperVersion: 9 }
  assert.equal(reasonOf(authenticate(aClient({ secrets: [forged] }), secret)), 'wrong-secret')
})

test('the digest of one client does not authenticate another', () => {
  assert.equal(reasonOf(authenticate(aClient({ id: 'another-id' }), secret)), 'wrong-secret')
})

test('abuse 047: a client that may not send its secret in the body is denied, even with the right secret', () => {
  const client = aClient({ authenticationMethods: ['client_secret_basic'] })
  assert.equal(reasonOf(authenticate(client, secret)), 'method-not-registered')
  assert.equal(reasonOf(authenticate(client, strangeSecret)), 'wrong-secret')
})

const basic = `Basic ${btoa('acme:word')}`
const form = { client_id: 'acme', client_secret: 'word' }

function read(authorization: string | undefined, form: OAuthForm) {
  return readCredentials(authorization, form, { realm: { compatibility: { twoMethods: false } } as Realm, assertionReaders: [] }, now)
}

test('credentials are read from the header or from the body', () => {
  assert.deepEqual(read(basic, {}), { clientId: 'acme', clientSecret: 'word', method: 'client_secret_basic' })
  assert.deepEqual(read(undefined, form), { clientId: 'acme', clientSecret: 'word', method: 'client_secret_post' })
})

test('abuse 039: a client_id beside the header must be the same', () => {
  assert.deepEqual(read(basic, { client_id: 'acme' }).clientId, 'acme')
  assert.throws(
    () => read(basic, { client_id: 'Acme' }),
    (error: OAuthError) => error.reason === 'client-ids-differ',
  )
})

for (const [what, attempt] of Object.entries({
  'header and body': () => read(basic, form),
  'secret and assertion': () => read(undefined, { ...form, client_assertion: 'a' }),
  'header and assertion': () => read(basic, { client_assertion: 'a' }),
  'an unreadable header and body': () => read('Bearer a', form),
})) {
  test(`two authentication methods at once are denied: ${what}`, () => {
    assert.throws(attempt, (error: OAuthError) => error.code === 'malformed-token-request')
  })
}

for (const [what, attempt, reason] of [
  ['nothing', () => read(undefined, {}), 'no-credentials'],
  ['a client_id alone', () => read(undefined, { client_id: 'acme' }), 'no-credentials'],
  ['a secret alone', () => read(undefined, { client_secret: 'word' }), 'no-credentials'],
  ['an assertion', () => read(undefined, { client_id: 'acme', client_assertion: 'a' }), 'method-not-registered'],
  ['another scheme', () => read('Digest a', {}), 'malformed-basic-header'],
  ['a bearer token', () => read('bearer a', {}), 'bearer-token'],
] as const) {
  test(`${what} is no authentication: ${reason}`, () => {
    assert.throws(attempt, (error: OAuthError) => error.code === 'invalid-client' && error.reason === reason)
  })
}

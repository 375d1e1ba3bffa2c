import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isProblemCode, problemDocument, problems, problemUri, type ProblemCode, type ProblemEntry } from './problems.ts'

const catalogue = Object.entries(problems) as [ProblemCode, ProblemEntry][]

/** Seed 000, "Troubleshooting", line by line; the statuses are the headings of seed 001. */
const troubleshooting: [line: string, status: number, code: ProblemCode, words: string[]][] = [
  ['Token expired', 401, 'expired-token', ['older than the expires_in', 'Re-issue', 'token endpoint']],
  ['Wrong realm', 401, 'invalid-token', ['Wrong realm', 'Verify the realm in your token URL', 'realms/nt24-idp']],
  ['Malformed Authorization header', 401, 'malformed-authorization', ['exactly "Bearer <token>"', 'single space']],
  ['Partner path not in your list', 403, 'partner-not-authorized', ['{sellerId}', 'list of partners', 'GET /v1/me']],
  ['Missing capability', 403, 'capability-missing', ['capability', 'Mode A KYC', 'allowMarketplaceLedKyc=true']],
  ['DPA not accepted', 403, 'dpa-missing', ['organization', 'never accepted the Data Processing Agreement']],
  ['Wrong client_id or client_secret', 401, 'invalid-client', ['Wrong client_id or client_secret']],
  ['Client disabled', 401, 'invalid-client', ['client is disabled', 'Contact the support']],
  ['Service Account Roles disabled', 401, 'invalid-client', ['Service account roles are disabled', 'configuration of the client']],
  ['grant_type', 400, 'wrong-grant-type', ['exactly', 'grant_type=client_credentials', 'lower case', '"invalid_grant"']],
  ['username or password', 400, 'user-credentials-sent', ['Do not include username or password', 'different grant flow']],
]
for (const [line, status, code, words] of troubleshooting) {
  test(`seed 000: the troubleshooting line "${line}" is one cause of "${code}", with its remedy`, () => {
    const texts = problems[code].causes.map(({ cause, remedy }) => `${cause} ${remedy}`)
    assert.ok(
      texts.some((text) => words.every((word) => text.includes(word))),
      `Expected ${words.join(' + ')} in one of:\n${texts.join('\n')}`,
    )
    assert.equal(problems[code].status, status)
  })
}

/** The problems of a guarded API, in the order of its checks. */
const guardStatuses: Partial<Record<ProblemCode, number>> = {
  'missing-token': 401,
  'malformed-authorization': 401,
  'several-tokens': 400,
  'invalid-token': 401,
  'expired-token': 401,
  'organization-suspended': 403,
  'dpa-missing': 403,
  'dpa-outdated': 403,
  'insufficient-scope': 403,
  'partner-not-authorized': 403,
  'capability-missing': 403,
  'requestor-id-missing': 400,
  'requestor-id-malformed': 400,
  'requestor-unknown': 403,
  'requestor-not-permitted': 403,
  'rate-limited': 429,
  'temporarily-unavailable': 503,
}
for (const [code, status] of Object.entries(guardStatuses)) {
  test(`"${code}" is answered with ${status}`, () => {
    assert.equal(problems[code as ProblemCode].status, status)
  })
}

/** The problems of the admin API and of secret rotation for conflicting changes. */
const changeStatuses: Partial<Record<ProblemCode, number>> = {
  conflict: 409,
  'precondition-failed': 412,
  'precondition-required': 428,
  'idempotency-key-reused': 422,
  'old-secret-in-use': 409,
  'rotation-in-progress': 409,
  'no-rotation': 409,
}
for (const [code, status] of Object.entries(changeStatuses)) {
  test(`a conflicting change is answered with "${code}" and ${status}`, () => {
    assert.equal(problems[code as ProblemCode].status, status)
  })
}

/** RFC 6749 §5.2 and RFC 8707 §2 allow one status for each of their errors at a token endpoint. */
const tokenErrorStatuses = { invalid_client: 401, unsupported_grant_type: 400, invalid_grant: 400, invalid_scope: 400, invalid_target: 400 }
for (const [error, status] of Object.entries(tokenErrorStatuses)) {
  test(`RFC 6749 §5.2: ${error} is answered with ${status}`, () => {
    const entries = catalogue.filter(([, entry]) => entry.oauthError === error)
    assert.deepEqual([...new Set(entries.map(([, entry]) => entry.status))], [status])
  })
}

for (const [code, entry] of catalogue) {
  test(`"${code}" is kebab-case and has an error status, a title, and causes with remedies`, () => {
    assert.match(code, /^[a-z]+(-[a-z]+)*$/)
    assert.ok(entry.status >= 400 && entry.status <= 599)
    assert.match(entry.title, /^[a-zA-Z].*[^.]$/)
    assert.notEqual(entry.causes.length, 0)
    for (const { cause, remedy } of entry.causes) for (const sentence of [cause, remedy]) assert.match(sentence, /^[a-zA-Z].*\.$/)
  })
}

test('the problems of the token endpoint, and no others, have an OAuth error', () => {
  for (const [code, entry] of catalogue) assert.equal(entry.surface === 'oauth', entry.oauthError !== undefined, code)
})

test('every OAuth error consists of the ASCII characters of RFC 6749 §5.2', () => {
  for (const [code, { oauthError }] of catalogue) if (oauthError !== undefined) assert.match(oauthError, /^[a-z_]+$/, code)
})

test('isProblemCode accepts every code of the catalogue', () => {
  for (const [code] of catalogue) assert.equal(isProblemCode(code), true)
})

for (const code of ['no-such-problem', '', 'toString', '__proto__', 'constructor']) {
  test(`"${code}" is not in the catalogue`, () => {
    assert.equal(isProblemCode(code), false)
  })
}

test('the page of a problem is below the public URL', () => {
  assert.equal(problemUri('https://auth.example', 'dpa-missing'), 'https://auth.example/problems/dpa-missing')
})

test('a problem document has the default cause and remedy', () => {
  assert.deepEqual(problemDocument('https://auth.example', 'missing-token', { requestId: 'r-1' }), {
    type: 'https://auth.example/problems/missing-token',
    title: 'The request carries no access token',
    status: 401,
    detail: 'The request has no Authorization header.',
    remedy: 'Get a token from the token endpoint and send it as "Authorization: Bearer <token>".',
    instance: 'urn:request:r-1',
  })
})

test('a specific cause and remedy replace the default ones', () => {
  const errors = [{ pointer: '/slug', detail: 'Expected 3 to 40 characters' }]
  const details = { requestId: 'r-1', detail: 'The body has 1 fault.', remedy: 'Correct it.', errors }
  const { detail, remedy, errors: shown } = problemDocument('https://auth.example', 'invalid-request', details)
  assert.deepEqual({ detail, remedy, errors: shown }, { detail: 'The body has 1 fault.', remedy: 'Correct it.', errors })
})

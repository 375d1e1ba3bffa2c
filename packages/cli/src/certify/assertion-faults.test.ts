import assert from 'node:assert/strict'
import { randomUUID, sign } from 'node:crypto'
import { after, before, test } from 'node:test'
import { assertionType } from './assertions.ts'
import { openSandbox, type Sandbox } from './sandbox.ts'
import { createSandboxKey } from './sandbox-key.ts'
import { startSandboxServer, type SandboxServer } from './sandbox-server.ts'

type Members = Record<string, unknown>

interface Sent {
  readonly header?: Members
  readonly claims?: Members
  readonly form?: Record<string, string>
  /** Of the text before the second dot. */
  readonly signature?: (input: string) => string
}

let server: SandboxServer
let number = 0

before(async () => (server = await startSandboxServer()))
after(() => server.close())

const encode = (members: Members) => Buffer.from(JSON.stringify(members)).toString('base64url')
const seconds = () => Math.floor(Date.now() / 1000)
const openOne = (on = server) =>
  openSandbox(on, { number: ++number, lifetime: { told: 60 }, auth: { kind: 'key', algorithm: 'ES256' }, tls: undefined })

function signBy({ credential, clientId, issuerUrl }: Sandbox, { header = {}, claims = {}, signature }: Sent = {}): string {
  const jwk = JSON.parse(credential.files.CLIENT_JWK_FILE!)
  const usual = { iss: clientId, sub: clientId, aud: issuerUrl, jti: randomUUID(), iat: seconds(), exp: seconds() + 60 }
  const input = `${encode({ alg: jwk.alg, kid: jwk.kid, ...header })}.${encode({ ...usual, ...claims })}`
  const key = { key: jwk, format: 'jwk' as const, dsaEncoding: 'ieee-p1363' as const }
  return `${input}.${signature?.(input) ?? sign('sha256', Buffer.from(input), key).toString('base64url')}`
}

async function post(sandbox: Sandbox, assertion: string, form: Record<string, string> = {}): Promise<number> {
  const body = { grant_type: 'client_credentials', client_assertion_type: assertionType, client_assertion: assertion, ...form }
  return (await fetch(sandbox.tokenUrl, { method: 'POST', body: new URLSearchParams(body) })).status
}

test('an assertion for the address of the sandbox is accepted, by each algorithm, and again with another "jti"', async () => {
  const sandbox = await openOne()
  for (let request = 0; request < 3; request++) assert.equal(await post(sandbox, signBy(sandbox)), 200)
  assert.equal(sandbox.conduct.broken.size, 0)
  await sandbox.close()
  for (const algorithm of ['RS256', 'PS256', 'EdDSA', 'ES512'] as const) {
    const key = await createSandboxKey(algorithm, 'k')
    const [input, signature] = [key.sign('a.b').slice(0, 3), key.sign('a.b').slice(4)]
    assert.deepEqual([input, key.hasSigned(input, signature), key.hasSigned('a.c', signature)], ['a.b', true, false], algorithm)
  }
})

const der = (sandbox: Sandbox) => (input: string) =>
  sign('sha256', Buffer.from(input), { key: JSON.parse(sandbox.credential.files.CLIENT_JWK_FILE!), format: 'jwk' }).toString('base64url')

const faults: [what: string, sent: (sandbox: Sandbox) => Sent, seen: RegExp, remedy: RegExp][] = [
  [
    'the token endpoint as its audience',
    ({ tokenUrl }) => ({ claims: { aud: tokenUrl } }),
    /"aud" .* is "http.*\/token"/,
    /The token endpoint is no/,
  ],
  ['a list as its audience', ({ issuerUrl }) => ({ claims: { aud: [issuerUrl] } }), /"aud" of the assertion is \["http/, /as one string/],
  ['no audience', () => ({ claims: { aud: undefined } }), /"aud" of the assertion is absent/, /Set "aud" to the issuer/],
  [
    'an hour of validity',
    () => ({ claims: { exp: seconds() + 3600 } }),
    /"exp" .* is 3(?:599|600) s ahead, .* accepts 300 s/,
    /60 s after now/,
  ],
  ['milliseconds', () => ({ claims: { exp: Date.now() } }), /"exp" of the assertion is \d{10,} s ahead/, /not in milliseconds/],
  ['no expiry', () => ({ claims: { exp: undefined } }), /"exp" of the assertion is absent/, /in seconds/],
  ['an expiry that has passed', () => ({ claims: { exp: seconds() - 100 } }), /it has passed/, /clock of this machine/],
  ['a start in the future', () => ({ claims: { nbf: seconds() + 100 } }), /"nbf" \d+: in the future/, /"nbf" not in the future/],
  ['another issuer', () => ({ claims: { iss: 'backend' } }), /"iss" of the assertion is "backend"/, /are both the client id/],
  ['another subject', () => ({ claims: { iss: 'me', sub: 'me' } }), /"sub" of the assertion is "me"/, /are both the client id/],
  ['another client_id', () => ({ form: { client_id: 'me' } }), /or "client_id" in the form is another/, /may be absent/],
  ['no "jti"', () => ({ claims: { jti: undefined } }), /"jti" of the assertion is absent/, /Set "jti" to a text .* for each token request/],
  ['the name of no key', () => ({ header: { kid: 'other' } }), /"kid" is "other" and "alg" "ES256"/, /CLIENT_KEY_ID/],
  ['another algorithm', () => ({ header: { alg: 'RS256' } }), /"alg" "RS256", which is no key/, /CLIENT_KEY_ALGORITHM/],
  ['the type of an access token', () => ({ header: { typ: 'at+jwt' } }), /no JWT of an assertion/, /"typ"/],
  ['a signature in DER', (sandbox) => ({ signature: der(sandbox) }), /in DER/, /ieee-p1363/],
  ['a signature of another key', () => ({ signature: () => 'A'.repeat(86) }), /not by the key that "kid" names/, /read all of it again/],
  ['no signature', () => ({ header: { alg: 'none' }, signature: () => '' }), /no JWT of an assertion/, /compact JWS/],
  ['no type in the form', () => ({ form: { client_assertion_type: '' } }), /another "client_assertion_type"/, /client_assertion_type=urn:/],
]

for (const [what, sent, seen, remedy] of faults)
  test(`an assertion with ${what} is refused, and told with what to change`, async () => {
    const sandbox = await openOne()
    const { form, ...rest } = sent(sandbox)
    assert.equal(await post(sandbox, signBy(sandbox, rest), form), 401)
    const breach = sandbox.conduct.broken.get('assertion')
    assert.match(breach?.seen ?? '', seen)
    assert.match(breach?.remedy ?? '', remedy)
    await sandbox.close()
  })

test('a secret where an assertion belongs is told', async () => {
  const sandbox = await openOne()
  const authorization = `Basic ${btoa('me:secret')}`
  const body = new URLSearchParams({ grant_type: 'client_credentials' })
  assert.equal((await fetch(sandbox.tokenUrl, { method: 'POST', headers: { authorization }, body })).status, 401)
  assert.match(sandbox.conduct.broken.get('assertion')?.seen ?? '', /a token request without "client_assertion"/)
  await sandbox.close()
})

test('the same assertion again is told, also after a response that was lost, and not after one that refused it for its rate', async () => {
  for (const [played, isTold] of [
    ['none', true],
    ['reset', true],
    [{ status: 503, headers: {}, body: '' }, true],
    [{ status: 429, headers: {}, body: '' }, false],
  ] as const) {
    const sandbox = await openOne()
    const assertion = signBy(sandbox)
    if (played !== 'none') sandbox.issuer.fault = () => played
    await post(sandbox, assertion).catch(() => {})
    sandbox.issuer.fault = undefined
    await post(sandbox, assertion)
    assert.equal(/same "jti"/.test(sandbox.conduct.broken.get('assertion')?.seen ?? ''), isTold, JSON.stringify(played))
    await sandbox.close()
  }
})

test('an issuer whose clock differs judges assertions by the clock of this machine', async () => {
  for (const offset of [-600_000, 600_000]) {
    const skewed = await startSandboxServer(offset)
    const sandbox = await openOne(skewed)
    assert.equal(await post(sandbox, signBy(sandbox, { claims: { nbf: seconds() } })), 200)
    assert.equal(await post(sandbox, signBy(sandbox, { claims: { exp: seconds() + 400 } })), 401)
    await sandbox.close()
    await skewed.close()
  }
})

test('the assertions of a key that a rotation has ended are refused, and are not told as wrong', async () => {
  const sandbox = await openOne()
  const rotated = { ...sandbox, credential: await sandbox.startRotation() }
  for (const each of [sandbox, rotated]) assert.equal(await post(each, signBy(each)), 200)
  await sandbox.endRotation()
  assert.deepEqual([await post(sandbox, signBy(sandbox)), await post(rotated, signBy(rotated))], [401, 200])
  assert.equal(sandbox.conduct.broken.size, 0)
  await sandbox.close()
})

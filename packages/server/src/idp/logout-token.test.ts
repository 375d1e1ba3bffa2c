import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { test } from 'node:test'
import { createLogoutReader } from './logout-token.ts'
import { SignInRefusal } from './sign-in-refusal.ts'

const issuer = 'https://idp.example'
const event = 'http://schemas.openid.net/event/backchannel-logout'
/** Seconds since the epoch. */
const at = 1_800_000_000
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const own = { ...publicKey.export({ format: 'jwk' }), kid: 'own', alg: 'ES256' }
const aKey = (kid: string) => ({
  ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }),
  kid,
  alg: 'ES256',
})

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

function tokenOf(claims: Readonly<Record<string, unknown>> = {}, header: object = { kid: 'own' }): string {
  const all = { iss: issuer, aud: 'portal', iat: at, exp: at + 120, jti: 'one', sub: 'mia', events: { [event]: {} }, ...claims }
  const signed = `${encode({ alg: 'ES256', ...header })}.${encode(all)}`
  return `${signed}.${sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

/** @param document at the address of the keys */
function aReader(document: string) {
  const settings = { issuer, clientId: 'portal', claim: 'groups', scopes: [] }
  const idp = { settings, describe: async () => ({ issuer, keysUrl: `${issuer}/keys` }) }
  return createLogoutReader(
    idp,
    async () => new Response(document),
    () => at * 1000,
  )
}

const withKeys = (...keys: readonly object[]) => aReader(JSON.stringify({ keys }))

/** The refusal of a token. */
async function refusalOf(attempt: Promise<unknown>): Promise<SignInRefusal> {
  const error = await attempt.then(
    () => assert.fail('It was not refused'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof SignInRefusal, String(error))
  return error
}

test('a token is verified by the key that it names, and without a name by three keys at most', async () => {
  const others = ['a', 'b', 'c'].map(aKey)
  assert.equal((await withKeys(...others, own)(tokenOf())).subject, 'mia')
  assert.equal((await withKeys(...others.slice(1), own)(tokenOf({}, {}))).subject, 'mia')
  assert.equal((await refusalOf(withKeys(...others, own)(tokenOf({}, {})))).reason, 'logout-signature')
})

test('keys beyond the twentieth are not looked at, nor what is no key', async () => {
  const nineteen = Array.from({ length: 19 }, (_, number) => aKey(`${number}`))
  assert.equal((await withKeys(...nineteen, own)(tokenOf())).subject, 'mia')
  assert.equal((await refusalOf(withKeys(...nineteen, aKey('20'), own)(tokenOf()))).reason, 'logout-signature')
  assert.equal((await refusalOf(withKeys({ kid: 'own', alg: 'ES256' }, { kid: 'own' })(tokenOf()))).reason, 'logout-signature')
  assert.equal((await aReader(JSON.stringify({ keys: [null, 7, 'x', own] }))(tokenOf())).subject, 'mia')
})

test('what is no set of keys is a failure that quotes nothing of it', async () => {
  for (const document of ['', 'null', '[]', '{"keys":7}', 'private words']) {
    const refusal = await refusalOf(aReader(document)(tokenOf()))
    assert.deepEqual([refusal.code, refusal.reason], ['idp-away', 'idp-keys'])
    assert.doesNotMatch(String(refusal.cause), /private/)
  }
})

test('a token is kept in mind for as long as it is accepted, whatever it says of its end', async () => {
  for (const exp of [at + 1, at + 1e9, 1e300]) assert.equal((await withKeys(own)(tokenOf({ exp }))).endsAt, (at + 300) * 1000)
  assert.equal((await withKeys(own)(tokenOf({ iat: at - 0.000123 }))).endsAt, (at + 300) * 1000)
})

test('a person or a session that can have no row here is refused', async () => {
  for (const claims of [{ sub: 'a\u0000b' }, { sid: 'a\u0000b' }, { sid: '' }, { sub: 'x'.repeat(256) }])
    assert.equal((await refusalOf(withKeys(own)(tokenOf(claims)))).reason, 'logout-claims')
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TokenProviderOptions } from './options.ts'
import { createTokenProvider } from './token-provider.ts'

const valid = { tokenUrl: 'https://auth.example.com/token', clientId: 'acme', clientSecret: 's3cret' }

const refusals: [what: string, change: Record<string, unknown>, message: RegExp][] = [
  ['an unknown option', { clientSecrets: 's3cret' }, /unknown option "clientSecrets"; expected "tokenUrl", "issuer"/],
  ['neither tokenUrl nor issuer', { tokenUrl: undefined }, /either "tokenUrl" or "issuer", found neither/],
  ['both tokenUrl and issuer', { issuer: 'https://auth.example.com' }, /found both/],
  [
    'abuse 251: a token URL without encryption',
    { tokenUrl: 'http://auth.example.com/token' },
    /"tokenUrl" must be an absolute https URL.*; found "http:/,
  ],
  ['credentials in the token URL', { tokenUrl: 'https://a:b@auth.example.com/' }, /"tokenUrl" must be/],
  ['an issuer without encryption', { tokenUrl: undefined, issuer: 'http://auth.example.com' }, /"issuer" must be/],
  ['a missing client id', { clientId: undefined }, /"clientId" must be a non-empty string; found undefined/],
  ['a missing secret', { clientSecret: undefined }, /"clientSecret" must be .*; found undefined/],
  ['an empty secret', { clientSecret: '' }, /"clientSecret" must be .*; found an empty string/],
  ['three secrets', { clientSecret: ['a', 'b', 'c'] }, /"clientSecret" must be .*; found an array of 3/],
  ['a scope with two spaces', { scope: 'a  b' }, /"scope" must be printable ASCII tokens/],
  ['a resource with a fragment', { resource: 'https://api.example.com/#part' }, /"resource" must be the audience of an API/],
  ['an empty resource', { resource: '' }, /"resource" must be the audience of an API/],
  ['an unknown authentication', { clientAuthentication: 'post' }, /"clientAuthentication" must be "basic" or "body"; found "post"/],
  ['a fetch that is not a function', { fetch: {} }, /"fetch" must be a function; found object/],
  ['a URL object', { tokenUrl: new URL('https://auth.example.com/token') }, /"tokenUrl" must be .*; found a URL object; pass its "href"/],
  [
    'an issuer with a query',
    { tokenUrl: undefined, issuer: 'https://auth.example.com/?realm=a' },
    /"issuer" must be a URL without a query/,
  ],
  ['abuse 260: a million scopes with a mistake', { scope: 'a  '.repeat(1e6) }, /found a text of 3000000 characters$/],
  ['abuse 260: a resource of a million characters', { resource: 'a'.repeat(1e6) }, /found a text of 1000000 characters$/],
  ['a clock without its functions', { clock: { now: 1 } }, /"clock" must be/],
]
for (const [what, change, message] of refusals)
  test(`${what} is rejected with a message that names it`, () => {
    assert.throws(() => createTokenProvider({ ...valid, ...change } as TokenProviderOptions), { name: 'TypeError', message })
  })

test('the error for an invalid option never contains a secret in the wrong place', () => {
  const misplaced = { ...valid, clientSecret: ['s3cret', ''], random: 's3cret' } as unknown as TokenProviderOptions
  assert.throws(
    () => createTokenProvider(misplaced),
    (error) => error instanceof TypeError && !error.message.includes('s3cret'),
  )
})

test('unknown and malformed options of getToken reject with a TypeError', async () => {
  const tokens = createTokenProvider({ ...valid, fetch: () => assert.fail('nothing may be sent') })
  await assert.rejects(tokens.getToken({ scopes: 'a' } as object), { name: 'TypeError', message: /unknown option "scopes"/ })
  await assert.rejects(tokens.getToken({ scope: 'a"b' }), { name: 'TypeError', message: /"scope" must be/ })
})

test('abuse 254: a signal that is none is named by getToken, and so is the controller in its place', async () => {
  const tokens = createTokenProvider({ ...valid, fetch: () => assert.fail('nothing may be sent') })
  const refused = (signal: unknown, message: RegExp) =>
    assert.rejects(tokens.getToken({ signal: signal as AbortSignal }), { name: 'TypeError', message })
  await refused(new AbortController(), /getToken: "signal" must be an AbortSignal; found an AbortController; pass its member "signal"/)
  await refused(5, /"signal" must be an AbortSignal; found number/)
  await refused(null, /"signal" must be an AbortSignal; found null/)
})

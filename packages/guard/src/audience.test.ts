// Guards of several audiences and of any: which tokens they accept, and which options are refused.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anyAudience, type Audience } from './audience.ts'
import { aRealm } from './guard.fixture.ts'
import { aRemoteGuard } from './remote.fixture.ts'

const accepted: [aud: unknown, passes: boolean][] = [
  ['orders-api', true],
  ['billing-api', true],
  [['orders-api', 'billing-api'], true],
  [['another-api', 'billing-api'], true],
  ['another-api', false],
  [['another-api'], false],
  [[], false],
  [['orders-api', 7], false],
  [[['orders-api']], false],
  ['orders-api,billing-api', false],
  ['orders-api billing-api', false],
  ['Orders-API', false],
  ['size', false],
  [undefined, false],
  [null, false],
]
for (const [aud, passes] of accepted)
  test(`abuse 102: a guard of two audiences ${passes ? 'accepts' : 'denies'} the audience ${JSON.stringify(aud)}`, async () => {
    const realm = aRealm({ audience: ['orders-api', 'billing-api'] })
    assert.equal(await realm.denialOf(realm.token({ aud })), passes ? undefined : 'invalid-token')
  })

test('abuse 102: a token without an audience is denied in words of its own, because it names no API at all', async () => {
  const realm = aRealm()
  const [none, other] = [await realm.authorize(realm.token({ aud: undefined })), await realm.authorize(realm.token({ aud: 'other' }))]
  assert.ok(!none.allowed && !other.allowed)
  assert.match(none.detail ?? '', /it has no audience/)
  assert.match(other.detail ?? '', /its audience is not the audience of this API/)
  assert.match(other.remedy ?? '', /name its audience as "resource" in the token request/)
})

test('a list of audiences that is changed afterwards changes nothing', async () => {
  const audience = ['orders-api']
  const realm = aRealm({ audience })
  audience.push('another-api')
  assert.equal(await realm.denialOf(realm.token({ aud: 'another-api' })), 'invalid-token')
})

test('a guard with anyAudience accepts every audience and none, in every profile', async () => {
  for (const tokenProfile of ['rfc9068', 'keycloak', 'cognito'] as const) {
    const realm = aRealm({ tokenProfile, audience: anyAudience })
    const typ = { rfc9068: 'at+jwt', keycloak: 'JWT', cognito: undefined }[tokenProfile]
    for (const aud of [undefined, 'another-api', ['a', 'b']])
      assert.equal(await realm.denialOf(realm.token({ aud, token_use: 'access' }, { typ })), undefined)
    assert.equal(await realm.denialOf(realm.token({ iss: 'https://evil.example' }, { typ })), 'invalid-token')
  }
})

const wrong: [name: string, audience: unknown, message: RegExp][] = [
  ['an empty list', [], /"audience" is neither the name of this API nor a list of its names; found an array of 0/],
  ['an empty string', '', /"audience" is neither .+ found an empty string/],
  ['a list with an empty string', ['orders-api', ''], /found an empty string/],
  ['a list with something else', ['orders-api', 7], /found number/],
  ['a list in a list', [['orders-api']], /found an array of 1/],
  ['a set', new Set(['orders-api']), /found object/],
  ['null', null, /found null/],
  ['a symbol of another origin', Symbol('anyAudience'), /found symbol/],
]
for (const [name, audience, message] of wrong)
  test(`createGuard and createRemoteGuard throw for an audience that is ${name}`, () => {
    for (const create of [aRealm, aRemoteGuard])
      assert.throws(() => create({ audience: audience as Audience }), { name: 'TypeError', message })
  })

test('abuse 102: createRemoteGuard throws for anyAudience: an API must name its own', () => {
  assert.throws(() => aRemoteGuard({ audience: anyAudience as never }), { name: 'TypeError', message: /"audience" cannot be anyAudience/ })
})

test('abuse 102: text in a configuration never means every audience', async () => {
  for (const audience of ['anyAudience', '*', 'Symbol(anyAudience)']) {
    const realm = aRealm({ audience })
    assert.equal(await realm.denialOf(realm.token()), 'invalid-token')
  }
})

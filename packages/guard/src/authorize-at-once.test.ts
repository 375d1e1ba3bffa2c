import assert from 'node:assert/strict'
import { test } from 'node:test'
import { askAtOnce, isPromise } from './authorize-at-once.ts'
import { aRealm } from './guard.fixture.ts'
import type { Guard } from './guard.ts'

test('a remembered token is decided on without a promise, and with the same answer', async () => {
  const { guard, token } = aRealm()
  const request = { rawHeaders: ['authorization', `Bearer ${token()}`], params: {} }
  const first = askAtOnce(guard)(request, {})
  assert.ok(isPromise(first))
  const access = await first
  const again = askAtOnce(guard)(request, {})
  assert.ok(!isPromise(again))
  assert.deepEqual(again, access)
  assert.deepEqual(await guard.authorize(request, {}), access)
})

test('a guard with its own authorize() around that of another is asked by its own', async () => {
  const { guard, token } = aRealm()
  const request = { rawHeaders: ['authorization', `Bearer ${token()}`], params: {} }
  await guard.authorize(request, {})
  const denying: Guard = { ...guard, authorize: async (asked) => guard.explainDenial({ allowed: false, code: 'not-found' }, asked, {}) }
  const copy: Guard = { ...guard }
  assert.equal((await askAtOnce(denying)(request, {})).allowed, false)
  assert.equal((await askAtOnce(copy)(request, {})).allowed, true)
})

const sources = {
  'an entitlement that has to be read': (find: () => never) => ({ entitlements: { find: async () => find() } }),
  'an entitlement that cannot be read': (find: () => never) => ({ entitlements: { find } }),
  'a counter of rates that fails later': (take: () => never) => ({ rates: { take: async () => take() } }),
  'a counter of rates that fails': (take: () => never) => ({ rates: { take } }),
}
for (const [what, options] of Object.entries(sources)) {
  test(`${what} is a denial, never a rejection`, async () => {
    const cause = new Error('away')
    const realm = aRealm(
      options(() => {
        throw cause
      }),
    )
    realm.setEntitlement({ organization: { rateLimit: { tier: 'standard', limit: 9, windowSeconds: 60 } } })
    const request = { rawHeaders: ['authorization', `Bearer ${realm.token()}`], params: {} }
    for (const _ of [1, 2]) {
      const denial = await askAtOnce(realm.guard)(request, {})
      assert.ok(!denial.allowed)
      assert.deepEqual([denial.code, denial.cause, denial.clientId !== null], ['temporarily-unavailable', cause, true])
    }
  })
}

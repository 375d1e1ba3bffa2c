import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aRealm } from './guard.fixture.ts'

/** A realm with these scopes of the client, and a token from when the client had "orders:read" and "orders:write". */
function given(scopes: readonly string[]) {
  const realm = aRealm()
  realm.setEntitlement({ client: { scopes } })
  const token = realm.token()
  return {
    ...realm,
    read: () => realm.authorize(token, { scope: 'orders:read' }),
    write: () => realm.authorize(token, { scope: 'orders:write' }),
    verify: () => realm.guard.verifyToken(token),
  }
}

test('fault 1.4: a scope that was removed from the client no longer counts in its older tokens', async () => {
  const { read, write } = given(['orders:read'])
  assert.equal((await read()).allowed, true)
  const refused = await write()
  assert.ok(!refused.allowed)
  assert.deepEqual([refused.code, refused.scope], ['insufficient-scope', 'orders:write'])
})

test('fault 1.4: every reader of a token sees only the scopes that count', async () => {
  const { guard, read, verify } = given(['orders:read'])
  const access = await read()
  assert.ok(access.allowed)
  assert.deepEqual([access.token.scope, [...access.token.scopes]], ['orders:read', ['orders:read']])
  assert.equal(guard.me(access).token.scope, 'orders:read')
  const verdict = await verify()
  assert.ok(verdict.valid)
  assert.deepEqual([verdict.token.scope, [...verdict.token.scopes]], ['orders:read', ['orders:read']])
})

test('fault 1.4: a client without scopes has none, regardless of its tokens', async () => {
  const { read, verify } = given([])
  assert.equal((await read()).allowed, false)
  const verdict = await verify()
  assert.equal(verdict.valid && verdict.token.scope, '')
})

test('a scope that the client got later is not added to a token that was issued before', async () => {
  const realm = given(['orders:read', 'orders:write', 'orders:delete'])
  const verdict = await realm.authorize(realm.token(), { scope: 'orders:delete' })
  assert.equal(verdict.allowed, false)
})

test('if nothing was removed, every request gets the same object', async () => {
  const { read, write } = given(['orders:write', 'orders:read'])
  const [first, second] = [await read(), await write()]
  assert.ok(first.allowed && second.allowed)
  assert.equal(first.token, second.token)
  assert.equal(first.token.scope, 'orders:read orders:write')
})

test('a token that is narrowed is narrowed once for each version of its client, and every request gets the same object', async () => {
  const { setEntitlement, read } = given(['orders:read'])
  const [first, second] = [await read(), await read()]
  assert.ok(first.allowed && second.allowed)
  assert.equal(first.token, second.token)

  setEntitlement({ client: { scopes: ['orders:read', 'orders:write'] } })
  const third = await read()
  assert.equal(third.allowed && third.token.scope, 'orders:read orders:write')
  setEntitlement({ client: { scopes: ['orders:read', 'orders:delete'] } })
  const fourth = await read()
  assert.equal(fourth.allowed && fourth.token.scope, 'orders:read')
})

test('a scope "openid" that the client does not have is in no access, and costs nothing after the first request', async () => {
  const realm = aRealm()
  const token = realm.token({ scope: 'openid orders:read' })
  const [first, second] = [await realm.authorize(token), await realm.authorize(token)]
  assert.ok(first.allowed && second.allowed)
  assert.deepEqual([first.token.scope, first.token === second.token], ['orders:read', true])
  assert.equal((await realm.authorize(token, { scope: 'openid' })).allowed, false)
})

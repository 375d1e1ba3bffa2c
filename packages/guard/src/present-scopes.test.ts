import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClientEntitlement } from '@countersign/protocol'
import { aRealm, clientId } from './guard.fixture.ts'

/** A realm whose client has these scopes now, and a token of it from when it had "orders:read" and "orders:write". */
function given(scopes: readonly string[] | undefined) {
  const realm = aRealm()
  const client: ClientEntitlement = { clientId, enabled: true, secret: null, ...(scopes && { scopes }) }
  realm.setEntitlement({ clients: [client] })
  const token = realm.token()
  return {
    ...realm,
    read: () => realm.authorize(token, { scope: 'orders:read' }),
    write: () => realm.authorize(token, { scope: 'orders:write' }),
    verify: () => realm.guard.verifyToken(token),
  }
}

test('fault 1.4: a scope that was taken from the client is not in its older tokens any more', async () => {
  const { read, write } = given(['orders:read'])
  assert.equal((await read()).allowed, true)
  const refused = await write()
  assert.deepEqual(refused, { allowed: false, code: 'insufficient-scope', scope: 'orders:write' })
})

test('fault 1.4: whatever reads the scopes of a token reads those that count', async () => {
  const { guard, read, verify } = given(['orders:read'])
  const access = await read()
  assert.ok(access.allowed)
  assert.deepEqual([access.token.scope, [...access.token.scopes]], ['orders:read', ['orders:read']])
  assert.equal(guard.me(access).token.scope, 'orders:read')
  const verdict = await verify()
  assert.ok(verdict.valid)
  assert.deepEqual([verdict.token.scope, [...verdict.token.scopes]], ['orders:read', ['orders:read']])
})

test('fault 1.4: a client without scopes has none, whatever its tokens say', async () => {
  const { read, verify } = given([])
  assert.equal((await read()).allowed, false)
  const verdict = await verify()
  assert.equal(verdict.valid && verdict.token.scope, '')
})

test('a scope that the client was given later is not in a token that was issued before', async () => {
  const realm = given(['orders:read', 'orders:write', 'orders:delete'])
  const verdict = await realm.authorize(realm.token(), { scope: 'orders:delete' })
  assert.equal(verdict.allowed, false)
})

for (const scopes of [undefined, ['orders:write', 'orders:read']]) {
  test(`where nothing was taken away (${scopes ? 'the same scopes' : 'an older server'}), every request gets the same object`, async () => {
    const { read, write } = given(scopes)
    const [first, second] = [await read(), await write()]
    assert.ok(first.allowed && second.allowed)
    assert.equal(first.token, second.token)
    assert.equal(first.token.scope, 'orders:read orders:write')
  })
}

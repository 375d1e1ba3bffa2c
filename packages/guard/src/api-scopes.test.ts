// Scopes of several APIs: of a client's scopes each API counts its own and those of no API.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Audience } from './audience.ts'
import { indexEntitlement } from './entitlement-index.ts'
import { anEntitlementDocument, aRealm, clientId } from './guard.fixture.ts'
import { aRemoteGuard } from './remote.fixture.ts'

const scopes = ['orders:read', 'invoices:read', 'shared', 'profile']
const apiScopes = { 'orders-api': ['orders:read', 'shared'], 'billing-api': ['invoices:read', 'shared', 'invoices:write'] }
const all = 'invoices:read orders:read profile shared'

const counted: [audience: Audience | undefined, scopes: string][] = [
  ['orders-api', 'orders:read profile shared'],
  ['billing-api', 'invoices:read profile shared'],
  [['orders-api', 'billing-api'], all],
  ['another-api', 'profile'],
  ['__proto__', 'profile'],
  [undefined, all],
]
for (const [audience, expected] of counted)
  test(`of the scopes of a client, ${JSON.stringify(audience) ?? 'a reader that names no audience'} counts ${expected}`, () => {
    const { client } = indexEntitlement(anEntitlementDocument({ client: { scopes, apiScopes } }), {}, audience)
    assert.equal([...client.scopes].toSorted().join(' '), expected)
    assert.deepEqual(client.rights.scopes, scopes)
  })

test('where the document does not tell APIs apart, all scopes count', () => {
  const { client } = indexEntitlement(anEntitlementDocument({ client: { scopes } }), {}, 'orders-api')
  assert.equal([...client.scopes].toSorted().join(' '), all)
})

test('a guard denies what only a scope of another API would permit, although the token has it and names both APIs', async () => {
  const { guard, server, sign } = aRemoteGuard({ audience: 'orders-api' })
  server.realm.audiences = ['nt24-integration-api', 'orders-api', 'billing-api']
  server.realm.client = () => ({ scopes, apiScopes })
  const token = sign({ aud: ['orders-api', 'billing-api'], scope: scopes.join(' ') })
  const ask = (scope: string) => guard.authorize({ rawHeaders: ['Authorization', `Bearer ${token}`], params: {} }, { scope })

  const own = await ask('orders:read')
  assert.equal(own.allowed && own.token.scope, 'orders:read shared profile')
  const other = await ask('invoices:read')
  assert.equal(other.allowed || other.code, 'insufficient-scope')
})

test('an API that is given a scope of another one later counts it from the next change on', async () => {
  const { guard, server, clock, sign } = aRemoteGuard({ audience: ['orders-api'] })
  server.realm.audiences = ['orders-api']
  server.realm.client = () => ({ scopes, apiScopes })
  const token = sign({ aud: 'orders-api', scope: scopes.join(' ') })
  const ask = async () =>
    (await guard.authorize({ rawHeaders: ['Authorization', `Bearer ${token}`], params: {} }, { scope: 'invoices:read' })).allowed
  assert.equal(await ask(), false)
  server.realm.client = () => ({ scopes, apiScopes: { 'orders-api': ['invoices:read'] } })
  server.realm.change('client', null, clientId)
  clock.advance(5)
  assert.equal(await ask(), true)
})

test('a guard that is told the scopes of the realm still refuses a requirement that names another one', () => {
  const realm = aRealm({ scopes: ['orders:read'], audience: ['orders-api', 'billing-api'] })
  assert.throws(() => realm.guard.checkRequirement({ scope: 'orders:raed' }, []), /the realm has no scope "orders:raed"/)
})

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { refusalOf } from '../../test/console.fixture.ts'
import { shareTestServer, startTestServer } from '../../test/test-server.fixture.ts'
import { addKeyRingVersion } from '../keys/change-key-ring.ts'

const settings = { settings: 'portal: { enabled: true }' }
const idp = {
  name: 'Acme SSO',
  issuer: 'https://login.acme.example',
  clientId: 'portal',
  clientSecret: 'a secret at the identity provider',
  roles: { staff: 'viewer' },
} as const

suite('the identity provider of an organization', () => {
  const shared = shareTestServer(settings)
  const anOrganization = async () => {
    const { slug: organization, organizationId } = await shared().aClient('prod')
    return { params: { realm: 'prod', organization }, organizationId }
  }

  /** An operator with the scope for organizations alone. */
  async function aClerk() {
    const { admin } = shared()
    const body = { organization: 'operators', name: 'Clerk', scopes: ['organizations:read', 'organizations:write'] }
    const { client, clientSecret } = await admin('clients.create', { params: { realm: 'operators' }, body })
    return { clientId: client.clientId, clientSecret: clientSecret! }
  }

  test('is set, read and removed; its addresses are there before', async () => {
    const { params } = await anOrganization()
    const { admin } = shared()
    const before = await admin('identityProviders.get', { params })
    const place = `prod/${params.organization}`
    assert.deepEqual(before, {
      signInUrl: `http://localhost:8080/portal/sign-in/${place}`,
      callbackUrl: `http://localhost:8080/portal/api/oidc/callback/${place}`,
      logoutUrl: `http://localhost:8080/portal/api/oidc/logout/${place}`,
      provider: null,
    })
    const set = await admin('identityProviders.set', { params, body: idp })
    const { changedAt, ...provider } = set.provider!
    assert.match(changedAt, /^\d{4}-/)
    const { clientSecret: _, ...shown } = idp
    assert.deepEqual(provider, { ...shown, claim: 'groups', scopes: ['profile', 'email'], everyone: null })
    assert.deepEqual(await admin('identityProviders.get', { params }), set)
    assert.deepEqual(await admin('identityProviders.remove', { params }), { deleted: true })
    assert.deepEqual(await admin('identityProviders.get', { params }), before)
    assert.deepEqual(refusalOf(await shared().requestAdmin('identityProviders.remove', { params })), [404, 'not-found'])
  })

  test('abuse 149: its secret is in the store under the key-encryption key only, and in no answer and no event', async () => {
    const { params, organizationId } = await anOrganization()
    const answer = await shared().requestAdmin('identityProviders.set', { params, body: idp })
    const { database } = shared()
    const rows = await database.query('select * from identity_providers where organization_id = ?', organizationId)
    const events = await database.query<{ detail: string }>('select detail from audit_events where organization_id = ?', organizationId)
    assert.ok(events.some(({ detail }) => detail.includes('"newSecret":true')))
    for (const text of [answer.body, JSON.stringify(rows), JSON.stringify(events), shared().log.join('')])
      assert.ok(!text.includes(idp.clientSecret))
  })

  test('a secret stays with its issuer and client, and goes to no other', async () => {
    const { params } = await anOrganization()
    const { clientSecret: _, ...without } = idp
    const set = (body: object) => shared().requestAdmin('identityProviders.set', { params, body: body as typeof idp })
    assert.deepEqual(refusalOf(await set(without)), [400, 'invalid-request'])
    await shared().admin('identityProviders.set', { params, body: idp })
    assert.equal((await set({ ...without, name: 'Renamed' })).statusCode, 200)
    for (const other of [{ issuer: 'https://evil.example' }, { clientId: 'other' }]) {
      const refused = await set({ ...without, ...other })
      assert.deepEqual(refusalOf(refused), [400, 'invalid-request'])
      assert.equal(refused.json().errors[0].pointer, '/clientSecret')
    }
  })

  test('what is left out stays with its issuer and client, and another identity provider begins anew', async () => {
    const { params } = await anOrganization()
    const { clientSecret: _, roles, ...without } = idp
    const more = { claim: 'realm_access.roles', scopes: ['groups'], everyone: 'viewer' } as const
    const set = async (body: object) => {
      const { provider } = await shared().admin('identityProviders.set', { params, body: body as typeof idp })
      const { claim, scopes, everyone, roles: ofGroups } = provider!
      return { claim, scopes, everyone, roles: ofGroups }
    }
    const first = await set({ ...idp, ...more })
    assert.deepEqual(first, { ...more, roles })
    assert.deepEqual(await set({ ...without, name: 'Renamed' }), first)
    assert.deepEqual(await set({ ...without, roles: {} }), { ...first, roles: {} })
    assert.deepEqual(await set({ ...without, roles, everyone: null }), { ...first, everyone: null })
    const other = { ...idp, issuer: 'https://login.other.example' }
    const { roles: _roles, ...noRoles } = other
    assert.deepEqual(refusalOf(await shared().requestAdmin('identityProviders.set', { params, body: noRoles })), [400, 'invalid-request'])
    assert.deepEqual(await set(other), { claim: 'groups', scopes: ['profile', 'email'], everyone: null, roles })
  })

  test('abuse 059: an issuer must be https, and at no address that is not public', async () => {
    const { params } = await anOrganization()
    const issuers = `http://login.acme.example http://127.0.0.1:8080 https://127.0.0.1 https://[::1] https://169.254.169.254 https://[::ffff:10.0.0.1]
      https://10.0.0.1 https://0x7f.1 https://2130706433 https://user:secret@login.acme.example`
    for (const issuer of issuers.split(/\s+/)) {
      const refused = await shared().requestAdmin('identityProviders.set', { params, body: { ...idp, issuer } })
      assert.deepEqual([...refusalOf(refused), refused.json().errors[0].pointer], [400, 'invalid-request', '/issuer'], issuer)
    }
    for (const issuer of ['https://login.acme.example?a=b', 'https://login.acme.example#a', 'login.acme.example', 'javascript:alert(1)'])
      assert.deepEqual(refusalOf(await shared().requestAdmin('identityProviders.set', { params, body: { ...idp, issuer } })), [
        400,
        'invalid-request',
      ])
  })

  test('abuse 146: an operator who may not change clients lets people in as viewers only', async () => {
    const { params } = await anOrganization()
    const { clientId, clientSecret } = await aClerk()
    const set = (body: object) =>
      shared().requestAdmin('identityProviders.set', { params, body: { ...idp, ...body } }, { clientId, clientSecret })
    assert.equal((await set({})).statusCode, 200)
    for (const more of [{ roles: { staff: 'developer' } }, { everyone: 'admin' }])
      assert.deepEqual(refusalOf(await set(more)), [403, 'insufficient-scope'])
    await shared().admin('identityProviders.set', { params, body: { ...idp, roles: { staff: 'developer' } } })
    const { roles: _, ...without } = idp
    const claimOfOthers = { params, body: { ...without, claim: 'chosen' } }
    const refused = await shared().requestAdmin('identityProviders.set', claimOfOthers, { clientId, clientSecret })
    assert.deepEqual(refusalOf(refused), [403, 'insufficient-scope'], 'roles that stay count as well')
  })

  test('one without any role, and one of the operators, are refused', async () => {
    const { params } = await anOrganization()
    assert.deepEqual(refusalOf(await shared().requestAdmin('identityProviders.set', { params, body: { ...idp, roles: {} } })), [
      400,
      'invalid-request',
    ])
    const ofOperators = { realm: 'operators', organization: 'operators' }
    assert.deepEqual(refusalOf(await shared().requestAdmin('identityProviders.set', { params: ofOperators, body: idp })), [409, 'conflict'])
  })
})

test('abuse 202: its secret is encrypted under a new version of the key-encryption key, too, before the old one is retired', async () => {
  const server = await startTestServer(settings)
  const { slug: organization } = await server.aClient('prod')
  await server.admin('identityProviders.set', { params: { realm: 'prod', organization }, body: idp })
  await addKeyRingVersion({ purpose: 'key-encryption key', location: `file:${join(server.folder, 'kek')}` })
  await server.reload()
  await server.upkeep.compareKeyRings()
  await server.upkeep.compareKeyRings()
  const versionOf = async () => {
    const [row] = await server.database.query<{ wrapped_secret: string }>('select wrapped_secret from identity_providers')
    return Number.parseInt(row!.wrapped_secret, 10)
  }
  assert.equal(await versionOf(), 1)
  await server.admin('keyEncryptionKey.rewrap', { params: {} })
  assert.equal(await versionOf(), 2)
  assert.equal((await server.requestAdmin('keyEncryptionKey.retire', { params: { version: 1 } })).statusCode, 200)
})

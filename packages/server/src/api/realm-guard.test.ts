// Which audiences the guards of the server's own APIs accept.
import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { test } from 'node:test'
import { importVerificationKey, indexEntitlement } from '@countersign/guard'
import { tokenProfiles, type ClientRights, type OrganizationRights, type TokenProfile } from '@countersign/protocol'
import type { Cache } from '../cache/cache.ts'
import { parseConfiguration } from '../configuration/configuration.ts'
import type { RealmKeys } from '../keys/realm-keys.ts'
import { operatorsRealm } from '../realms/operators-realm.ts'
import type { Realm } from '../realms/realm.ts'
import { createRealmGuard } from './realm-guard.ts'

const publicUrl = 'https://auth.example.com'
const nowSeconds = 1_800_000_000
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const key = importVerificationKey({ ...publicKey.export({ format: 'jwk' }), kid: 'key-1', alg: 'ES256' })

const organization = {
  id: 'organization-1',
  slug: 'acme',
  name: 'Acme',
  status: 'active',
  capabilities: {},
  rateLimit: null,
  tokensNotBefore: 0,
  dpa: { status: 'not-required', requiredVersion: null, acceptedVersion: null, acceptedAt: null },
  partners: { total: 0, list: [] },
  requestors: { total: 0, list: [] },
} satisfies OrganizationRights
const scopes = ['orders:read', 'invoices:read', 'entitlements:read']

function given(realm: Realm) {
  const profile: TokenProfile = tokenProfiles[realm.tokenProfile]
  const subject = profile.subject === 'client-id' ? 'acme' : 'subject-1'
  const client: ClientRights = {
    clientId: 'acme',
    subject,
    scopes,
    enabled: true,
    tokensNotBefore: 0,
    revokedTokenIds: [],
    secret: null,
    apiScopes: { 'orders-api': ['orders:read'], 'billing-api': ['invoices:read'] },
  }
  const asOf = { revision: 1, state: 'state-1', ageSeconds: 0 }
  const entitlement = indexEntitlement({ organization, client, asOf })
  const keys = { find: (kid: string) => (kid === 'key-1' ? key : undefined) } as RealmKeys
  const cache = { findEntitlement: () => entitlement } as unknown as Cache
  const guard = createRealmGuard(realm, { keys, cache, publicUrl, clock: () => nowSeconds * 1000 })
  return (aud: unknown) => {
    const claims = profile.claims({
      issuer: realm.issuer,
      audience: undefined,
      clientId: 'acme',
      subject,
      organizationId: undefined,
      scope: scopes.join(' '),
      tokenId: 'token-1',
      issuedAt: nowSeconds,
      expiresAt: nowSeconds + 300,
    })
    const signed = [
      { alg: 'ES256', kid: 'key-1', typ: profile.headerType },
      { ...claims, aud },
    ]
      .map(encode)
      .join('.')
    const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')
    return guard.verifyToken(`${signed}.${signature}`)
  }
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

const everyAud = [undefined, 'one-api', 'billing-api', ['billing-api', 'account'], []]
for (const profile of ['rfc9068', 'keycloak', 'cognito'])
  test(`the guard of a realm with the profile ${profile} accepts every audience of its tokens, and scopes of all its APIs`, async () => {
    const audience = profile === 'cognito' ? '' : ', audience: one-api'
    const text = `realms: { one: { issuer: /one, tokenEndpoint: /one/token, tokenProfile: ${profile}${audience} } }`
    const verify = given(parseConfiguration(text, '/').realms.get('one')!)
    for (const aud of everyAud) {
      const verdict = await verify(aud)
      assert.ok(verdict.valid, JSON.stringify(aud))
      assert.deepEqual([...verdict.token.scopes], scopes)
    }
  })

test('the guard of the admin API accepts only tokens for the admin API', async () => {
  const verify = given(operatorsRealm(publicUrl))
  assert.equal((await verify('countersign-admin')).valid, true)
  for (const aud of everyAud) assert.equal((await verify(aud)).valid, false, JSON.stringify(aud))
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseConfiguration } from '../configuration/configuration.ts'
import type { ClientRecord } from '../cache/records.ts'
import type { ClientGrants } from '../cache/records.ts'
import { emptyGrant, type Grant } from '@countersign/protocol'
import { createTokenDrafter } from './draft-token.ts'
import type { Granted } from './grant-scope.ts'

const claimSets = { get: (_realm: string, name: string): Grant => sets[name]!, version: 1 }
const sets: Record<string, Grant> = {}
const granted: Granted = { scopes: [], scope: '', answered: '', api: undefined }

test('abuse 029: 100,000 tokens of one instant have 100,000 ids', () => {
  const realm = parseConfiguration('realms: { one: { issuer: /one, tokenEndpoint: /one/token, audience: one } }', '/').realms.get('one')!
  const draftToken = createTokenDrafter(realm, claimSets)
  const client = {
    id: 'id',
    clientId: 'acme',
    organization: { id: 'id' },
    accessTokenLifetime: null,
    subject: null,
    headerType: null,
  } as ClientRecord
  const ids = new Set(Array.from({ length: 100_000 }, () => draftToken(client, granted, 0).tokenId))
  assert.equal(ids.size, 100_000)
})

test("fault 4.6: a token is never dated before its realm's cut, if the database's clock is a few seconds behind the machine's", () => {
  const text = 'realms: { one: { issuer: /one, tokenEndpoint: /one/token, audience: one, tokensNotBefore: "2026-01-15T12:00:00Z" } }'
  const draftToken = createTokenDrafter(parseConfiguration(text, '/').realms.get('one')!, claimSets)
  const organization = { id: 'id', tokensNotBefore: 0 }
  const client = {
    id: 'id',
    clientId: 'acme',
    organization,
    accessTokenLifetime: null,
    subject: null,
    headerType: null,
    tokensNotBefore: 1,
  } as ClientRecord
  const cut = Date.UTC(2026, 0, 15, 12)
  const issuedAt = (now: number) => draftToken(client, granted, now).issuedAt * 1000
  assert.deepEqual([issuedAt(cut - 4900), issuedAt(cut), issuedAt(cut + 3000)], [cut, cut, cut + 3000])
})

function given(settings: string, client: Partial<ClientRecord> & { grants?: ClientGrants } = {}) {
  const realm = parseConfiguration(`realms: { one: { issuer: /one, tokenEndpoint: /one/token${settings} } }`, '/').realms.get('one')!
  const organization = { id: 'organization-id', tokensNotBefore: 0 }
  const whole = {
    id: 'client-row',
    clientId: 'acme',
    realm: 'one',
    subject: null,
    headerType: null,
    accessTokenLifetime: null,
    tokensNotBefore: 0,
    organization,
  }
  const draft = createTokenDrafter(realm, claimSets)
  return {
    claims(request: Partial<Granted> = {}) {
      return JSON.parse(draft({ ...whole, ...client } as ClientRecord, { ...granted, ...request }, 1_000_000).claims) as Record<
        string,
        unknown
      >
    },
  }
}

const grant = (parts: Partial<Grant>): Grant => ({ ...emptyGrant, ...parts })
const own = (parts: Partial<Grant>, ofScopes: ClientGrants['ofScopes'] = new Map(), claimSet: string | null = null) => ({
  grants: { claimSet, own: grant(parts), ofScopes },
})

test('a token has the claims of its profile and the merge of its grants: claim set, client, scopes', () => {
  sets['partners'] = grant({
    audiences: ['orders'],
    roles: { realm: ['partner'], clients: { orders: ['read'] } },
    claims: { acr: '1', tier: 'basic' },
  })
  const ofScope = { grant: grant({ audiences: ['stock'], roles: { realm: [], clients: { orders: ['write'] } } }) }
  const { claims } = given(', tokenProfile: keycloak', own({ claims: { tier: 'gold' } }, new Map([['bulk', ofScope]]), 'partners'))
  const { exp, iat, jti, ...rest } = claims({ scope: 'bulk', scopes: ['bulk'] })
  assert.deepEqual([exp, iat, typeof jti], [1300, 1000, 'string'])
  assert.deepEqual(rest, {
    iss: 'http://localhost:8080/one',
    aud: ['orders', 'stock'],
    sub: 'client-row',
    typ: 'Bearer',
    azp: 'acme',
    client_id: 'acme',
    organization_id: 'organization-id',
    scope: 'bulk',
    realm_access: { roles: ['partner'] },
    resource_access: { orders: { roles: ['read', 'write'] } },
    acr: '1',
    tier: 'gold',
  })
  assert.deepEqual(claims().aud, 'orders')
})

for (const [settings, realm, aud] of [
  [', tokenProfile: keycloak', 'no audience', undefined],
  [', tokenProfile: keycloak, audience: own', 'one audience', 'own'],
] as const) {
  test(`"aud" of a realm with ${realm} is ${JSON.stringify(aud)}, and a list if a grant adds some`, () => {
    assert.deepEqual(given(settings).claims()['aud'], aud)
    assert.deepEqual(given(settings, own({ audiences: ['a', 'b'] })).claims()['aud'], [...(aud ? [aud] : []), 'a', 'b'])
  })
}

test('a token for one API has that audience alone, and of the roles of APIs only its own', () => {
  const roles = { realm: ['partner'], clients: { orders: ['read'], stock: ['count'] } }
  const { claims } = given(', audience: orders', own({ audiences: ['stock', 'kyc'], roles }))
  const token = claims({ api: 'stock' })
  assert.deepEqual([token['aud'], token['roles'], token['resource_access']], ['stock', ['partner'], { stock: { roles: ['count'] } }])
})

test('the variables in a grant stand for the client id and the subject, wherever they are in a text, and quotes stay text', () => {
  const grants = own({ claims: { a: '${client_id}', b: 'service-account-${client_id}/${subject}', c: { d: ['${subject}', '${exp}'] } } })
  const token = given(', tokenProfile: keycloak', { ...grants, clientId: 'a "b" \\ ü', subject: 'someone' }).claims()
  assert.deepEqual(
    [token['a'], token['b'], token['c'], token['sub'], token['azp']],
    ['a "b" \\ ü', 'service-account-a "b" \\ ü/someone', { d: ['someone', '${exp}'] }, 'someone', 'a "b" \\ ü'],
  )
})

test('a realm can leave out claims of its profile, and a grant can bring one back', () => {
  const settings = ', tokenProfile: keycloak, omitClaims: [client_id, organization_id]'
  const token = given(settings).claims()
  assert.ok(!('client_id' in token) && !('organization_id' in token))
  assert.equal(given(settings, own({ claims: { client_id: '${client_id}' } })).claims()['client_id'], 'acme')
})

test('a changed claim set is in the next token', () => {
  const sets = { get: () => grant({ claims: { tier } }), version: 1 }
  let tier = 'basic'
  const realm = parseConfiguration('realms: { one: { issuer: /one, tokenEndpoint: /one/token, audience: one } }', '/').realms.get('one')!
  const draft = createTokenDrafter(realm, sets)
  const client = {
    id: 'a',
    clientId: 'a',
    realm: 'one',
    organization: { id: 'o' },
    subject: null,
    ...own({}, new Map(), 'set'),
  } as unknown as ClientRecord
  const tierNow = () => JSON.parse(draft(client, granted, 0).claims).tier
  assert.equal(tierNow(), 'basic')
  tier = 'gold'
  assert.equal(tierNow(), 'basic')
  sets.version++
  assert.equal(tierNow(), 'gold')
})

test('claims are merged once, whatever scopes are requested in whatever order, as far as they have no grants', () => {
  let merges = 0
  const counted = { get: () => (merges++, grant({ claims: { tier: 'basic' } })), version: 1 }
  const realm = parseConfiguration('realms: { one: { issuer: /one, tokenEndpoint: /one/token, audience: one } }', '/').realms.get('one')!
  const draft = createTokenDrafter(realm, counted)
  const ofScopes = new Map([['special', { grant: grant({ claims: { special: true } }) }]])
  const client = {
    id: 'a',
    clientId: 'a',
    realm: 'one',
    organization: { id: 'o' },
    subject: null,
    ...own({}, ofScopes, 'set'),
  } as unknown as ClientRecord
  const claimsFor = (...scopes: string[]) => {
    const scope = scopes.join(' ')
    return JSON.parse(draft(client, { scopes, scope, answered: scope, api: undefined }, 0).claims) as Record<string, unknown>
  }
  for (const scopes of [['a', 'b'], ['b', 'a'], ['a'], ['c', 'b', 'a']]) assert.equal(claimsFor(...scopes)['scope'], scopes.join(' '))
  assert.equal(merges, 1)
  assert.deepEqual(
    [claimsFor('a', 'special')['special'], claimsFor('special', 'b')['special'], claimsFor('a')['special']],
    [true, true, undefined],
  )
  assert.equal(merges, 2)
})

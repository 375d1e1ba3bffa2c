import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Denial, Entitlement, Guard, TokenVerdict, VerifiedToken } from '@countersign/guard'
import type { ClientRecord } from '../cache/records.ts'
import type { Realm } from '../realms/realm.ts'
import { createOperatorGuard } from './operator-guard.ts'

const issuer = 'http://localhost:8080/realms/alpha'
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const token = `${part({ alg: 'ES256', typ: 'JWT' })}.${part({ iss: issuer })}.c2lnbmF0dXJl`
const request = { rawHeaders: ['authorization', `Bearer ${token}`], url: '/admin/v1/realms', params: {} }
const requirement = { scope: 'clients:read', dpa: 'any' } as const

const asToday = { allowed: false, code: 'invalid-token', detail: 'as the guard of the operators says' } as Denial
const verified = { issuer, clientId: 'ci', subject: 'one', scope: '', scopes: new Set<string>() } as unknown as VerifiedToken
const entitlement = { organization: { rights: { status: 'active' } }, client: {} } as unknown as Entitlement
const valid: TokenVerdict = { valid: true, token: verified, entitlement }
const client = {
  realm: 'alpha',
  id: 'one',
  subject: null,
  clientId: 'ci',
  operatorRights: { realms: null, scopes: ['clients:read'] },
} as unknown as ClientRecord

interface Given {
  readonly verdict?: TokenVerdict
  readonly cached?: ClientRecord | undefined
  readonly stored?: ClientRecord | undefined | Error
}

function aGuard({ verdict = valid, cached, stored }: Given) {
  const explainDenial = (denial: object) => denial
  const authorize = async () => asToday
  const guard = { issuer: 'http://localhost:8080/realms/operators', realm: 'operators', authorize, explainDenial } as unknown as Guard
  const ofRealm = { issuer, realm: 'alpha', verifyToken: async () => verdict, explainDenial } as unknown as Guard
  const readClient = async () => {
    if (stored instanceof Error) throw stored
    return { client: stored, remember() {} }
  }
  const realms = new Map([['alpha', { name: 'alpha', tokenProfile: 'keycloak' } as unknown as Realm]])
  return createOperatorGuard({ guard, realmGuards: [ofRealm], realms, cache: { findClient: () => cached, readClient } })
}

for (const [what, given] of Object.entries<Given>({ cached: { cached: client }, stored: { stored: client } })) {
  test(`an operator of a realm whose client is ${what} is let in, to its realm`, async () => {
    const access = await aGuard(given).authorize(request, requirement)
    assert.equal(access.allowed, true)
    assert.deepEqual((access as unknown as { operator: object }).operator, {
      realm: 'alpha',
      id: 'one',
      clientId: 'ci',
      realms: ['alpha'],
      scopes: new Set(['clients:read']),
    })
  })
}

const invalid = (code: Denial['code']): TokenVerdict => ({ valid: false, denial: { allowed: false, code } })
for (const [what, given] of Object.entries<Given>({
  'an invalid token': { verdict: invalid('invalid-token'), cached: client },
  'an expired token': { verdict: invalid('expired-token'), cached: client },
  'a client that is gone': {},
  'a client that was created again since': { cached: { ...client, id: 'another' } },
  'a client without operator scopes': { cached: { ...client, operatorRights: { realms: null, scopes: [] } } },
})) {
  test(`${what} gets the answer of the guard of the operators`, async () => {
    assert.deepEqual(await aGuard(given).authorize(request, requirement), asToday)
  })
}

test('where it cannot be known whether the client is an operator, the answer is 503 and never 401', async () => {
  for (const given of [{ verdict: invalid('temporarily-unavailable') }, { stored: new Error('the store is away') }]) {
    const denial = await aGuard(given).authorize(request, requirement)
    assert.equal((denial as Denial).code, 'temporarily-unavailable')
  }
})

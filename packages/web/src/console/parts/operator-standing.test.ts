import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adminScopes as scopesOfApi } from '@countersign/admin'
import { session, type Session } from '../../shared/session.ts'
import { adminScopes } from './admin-scopes.ts'
import { describePlaces, describeRights, warnOfOwners, whyNotClient, whyNotLess, type Operator } from './operator-standing.ts'

function anOperator(clientId: string, more: Partial<Operator> = {}): Operator {
  return {
    realm: 'operators',
    clientId,
    name: clientId,
    organization: { id: 'o', slug: 'operators', name: 'Operators' },
    enabled: true,
    owner: true,
    realms: null,
    scopes: [...adminScopes],
    version: 1,
    createdAt: '2026-01-01T00:00:00.000Z',
    lastUsedAt: null,
    sessions: 0,
    ...more,
  }
}

const reader = { realm: 'operators', clientId: 'ada', owner: true }

test('the form offers the scopes of the API', () => {
  assert.deepEqual(adminScopes, [...scopesOfApi])
})

test('rights are told in words', () => {
  const told = (more: Partial<Operator>) => describeRights(anOperator('a', more), adminScopes)
  assert.equal(told({}), 'everything, and changes operators')
  assert.equal(told({ owner: false }), 'everything but change operators')
  assert.equal(told({ owner: false, scopes: ['audit:read'] }), 'only looks')
  assert.equal(told({ owner: false, scopes: ['audit:read', 'clients:write'] }), 'looks and changes')
  assert.equal(told({ owner: false, scopes: [] }), 'nothing')
  assert.deepEqual(
    [null, [], ['prod', 'test']].map((realms) => describePlaces({ realms })),
    ['all realms', 'no realm', 'prod, test'],
  )
})

test('what would lock the reader out is not offered', () => {
  const [ada, grace] = [anOperator('ada'), anOperator('grace')]
  assert.match(whyNotLess(ada, reader, [ada, grace])!, /lock you out/)
  assert.equal(whyNotLess(grace, reader, [ada, grace]), undefined)
  assert.match(whyNotLess(grace, { ...reader, owner: false }, [ada, grace])!, /Only an owner/)
  // A client of the same id in another realm is another operator.
  assert.equal(whyNotLess(anOperator('ada', { realm: 'prod', owner: false }), reader, [ada, grace]), undefined)
})

test('the last owner keeps its rights', () => {
  const [ada, grace] = [anOperator('ada', { enabled: false }), anOperator('grace')]
  assert.match(whyNotLess(grace, reader, [ada, grace])!, /last owner/)
  assert.match(warnOfOwners([ada, grace])!, /Only one operator is an owner/)
  assert.equal(warnOfOwners([anOperator('ada'), grace]), undefined)
})

test('only an owner is offered to change a client that is an operator of its realm', () => {
  const told = (owner: boolean, operatorScopes?: ['clients:read']) => {
    session.value = { owner } as Session
    return whyNotClient(operatorScopes ? { operatorScopes } : {})
  }
  assert.match(told(false, ['clients:read'])!, /only an owner/)
  assert.equal(told(true, ['clients:read']), undefined)
  assert.equal(told(false), undefined)
})

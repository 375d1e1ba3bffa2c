import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aRealm, clientId, organizationId, startSeconds, type TestRealm } from './guard.fixture.ts'

type Changes = Parameters<TestRealm['setEntitlement']>[0]

const verdicts: [name: string, changes: Changes, accepted: boolean][] = [
  ['nothing revoked', {}, true],
  ['an unknown organization', undefined, false],
  ['another organization', { organization: { id: organizationId.replace('0', '1'), slug: 'x', name: 'x', status: 'active' } }, false],
  ['a client that is not one of the organization', { clients: [] }, false],
  ['a client that is disabled', { clients: [{ clientId, enabled: false, secret: null }] }, false],
  ['its subject', { clients: [{ clientId, enabled: true, secret: null, subject: 'subject-1' }] }, true],
  ['tokens cut one second before it was issued', { revocations: { tokensNotBefore: startSeconds - 1, tokenIds: [] } }, true],
  ['tokens cut in the second in which it was issued', { revocations: { tokensNotBefore: startSeconds, tokenIds: [] } }, true],
  ['tokens cut one second later', { revocations: { tokensNotBefore: startSeconds + 1, tokenIds: [] } }, false],
  ['another token revoked', { revocations: { tokensNotBefore: 0, tokenIds: ['token-2'] } }, true],
  ['this token revoked', { revocations: { tokensNotBefore: 0, tokenIds: ['token-2', 'token-1'] } }, false],
]

for (const [name, changes, accepted] of verdicts) {
  test(`with ${name}, a verified token is ${accepted ? 'accepted' : 'rejected as invalid'}`, async () => {
    const realm = aRealm()
    realm.setEntitlement(changes)
    assert.equal(await realm.denialOf(realm.token()), accepted ? undefined : 'invalid-token')
  })
}

test('a revoked token of a suspended organization is denied as invalid: revocation is checked first', async () => {
  const realm = aRealm()
  realm.setEntitlement({
    organization: { id: organizationId, slug: 'acme', name: 'Acme', status: 'suspended' },
    clients: [{ clientId, enabled: false, secret: null }],
  })
  assert.equal(await realm.denialOf(realm.token()), 'invalid-token')
})

test('the denial of a revoked token has that reason and its remedy', async () => {
  const realm = aRealm()
  realm.setEntitlement({ revocations: { tokensNotBefore: 0, tokenIds: ['token-1'] } })
  const denial = await realm.authorize(realm.token())
  assert.ok(!denial.allowed)
  assert.equal(denial.detail, 'The access token has been revoked.')
  assert.match(denial.remedy ?? '', /^Request a new token\./)
})

test('fault 1.5: a token of a deleted client is not accepted for a new client of the same id', async () => {
  const realm = aRealm()
  realm.setEntitlement({ clients: [{ clientId, enabled: true, secret: null, subject: 'subject-2' }] })
  const denial = await realm.authorize(realm.token())
  assert.ok(!denial.allowed)
  assert.deepEqual([denial.code, denial.detail], ['invalid-token', 'The client of the access token does not exist any more.'])
})

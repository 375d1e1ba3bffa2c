import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aRealm, clientId, organizationId, startSeconds, type TestRealm } from './guard.fixture.ts'

type Changes = Parameters<TestRealm['setEntitlement']>[0]

const verdicts: [name: string, changes: Changes, accepted: boolean][] = [
  ['nothing revoked', {}, true],
  ['an unknown client', undefined, false],
  ['another organization', { organization: { id: organizationId.replace('0', '1') } }, false],
  ['the entitlement of another client', { client: { clientId: `${clientId}-2` } }, false],
  ['a client that is disabled', { client: { enabled: false } }, false],
  ['its subject', { client: { subject: 'subject-1' } }, true],
  ['tokens cut one second before it was issued', { organization: { tokensNotBefore: startSeconds - 1 } }, true],
  ['tokens cut in the second in which it was issued', { organization: { tokensNotBefore: startSeconds } }, true],
  ['tokens cut one second later', { organization: { tokensNotBefore: startSeconds + 1 } }, false],
  ['tokens of the client cut in the second in which it was issued', { client: { tokensNotBefore: startSeconds } }, true],
  ['tokens of the client cut one second later', { client: { tokensNotBefore: startSeconds + 1 } }, false],
  ['another token revoked', { client: { revokedTokenIds: ['token-2'] } }, true],
  ['this token revoked', { client: { revokedTokenIds: ['token-2', 'token-1'] } }, false],
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
    organization: { status: 'suspended' },
    client: { enabled: false },
  })
  assert.equal(await realm.denialOf(realm.token()), 'invalid-token')
})

test('the denial of a revoked token has that reason and its remedy', async () => {
  const realm = aRealm()
  realm.setEntitlement({ client: { revokedTokenIds: ['token-1'] } })
  const denial = await realm.authorize(realm.token())
  assert.ok(!denial.allowed)
  assert.equal(denial.detail, 'The access token has been revoked.')
  assert.match(denial.remedy ?? '', /^Request a new token\./)
})

test('fault 1.5: a token of a deleted client is not accepted for a new client of the same id', async () => {
  const realm = aRealm()
  realm.setEntitlement({ client: { subject: 'subject-2' } })
  const denial = await realm.authorize(realm.token())
  assert.ok(!denial.allowed)
  assert.deepEqual([denial.code, denial.detail], ['invalid-token', 'The client of the access token does not exist any more.'])
})

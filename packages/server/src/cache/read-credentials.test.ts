import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Damage } from '../store/damage.ts'
import { toCredentials, type CredentialRow } from './read-credentials.ts'

function aRow(id: string, row: Partial<CredentialRow> = {}): CredentialRow {
  return {
    id,
    kind: 'client_secret',
    material: Buffer.alloc(32, 7),
    digest_version: 1,
    last_four: 'last',
    created_at: 1,
    expires_at: null,
    expires_at_before_rotation: null,
    started_by: null,
    first_used_at: null,
    last_used_at: null,
    reminded_at: null,
    tokens_end_at: null,
    ...row,
  }
}

const idsOf = (credentials: readonly { readonly id: string }[] = []) => credentials.map(({ id }) => id)

test('secrets and credentials of other kinds are kept apart, each in their order', () => {
  const key = { kind: 'a_key' as never, material: Buffer.from('key'), expires_at: 5 }
  const { secrets, otherCredentials } = toCredentials([aRow('1', key), aRow('2'), aRow('3', key), aRow('4')], () => assert.fail())
  assert.deepEqual(
    [idsOf(secrets), idsOf(otherCredentials)],
    [
      ['2', '4'],
      ['1', '3'],
    ],
  )
  assert.deepEqual(otherCredentials?.[0], { id: '1', kind: 'a_key', material: Buffer.from('key'), expiresAt: 5 })
})

test('a client with secrets alone has no list of other credentials', () => {
  assert.deepEqual(Object.keys(toCredentials([aRow('1')], () => assert.fail())), ['secrets'])
})

test('a damaged secret is reported and left out; the other credentials of its client still work', () => {
  const damages: Damage[] = []
  const rows = [aRow('1', { material: Buffer.alloc(3) }), aRow('2'), aRow('3', { kind: 'a_key' as never, material: Buffer.alloc(3) })]
  const { secrets, otherCredentials } = toCredentials(rows, (damage) => damages.push(damage))
  assert.deepEqual([idsOf(secrets), idsOf(otherCredentials)], [['2'], ['3']])
  assert.deepEqual(damages, [{ table: 'credentials', row: '1', column: 'material' }])
})

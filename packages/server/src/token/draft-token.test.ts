import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseConfiguration } from '../configuration/configuration.ts'
import type { ClientRecord } from '../cache/records.ts'
import type { SigningKey } from '../keys/signing-keys.ts'
import { createTokenDrafter } from './draft-token.ts'

test('abuse 029: 100,000 tokens of one instant have 100,000 ids', () => {
  const realm = parseConfiguration('realms: { one: { issuer: /one, tokenEndpoint: /one/token, audience: one } }', '/').realms.get('one')!
  const draftToken = createTokenDrafter(realm)
  const key: SigningKey = { kid: 'kid', algorithm: 'ES256', sign: (input) => input }
  const client = { id: 'id', clientId: 'acme', organization: { id: 'id' }, accessTokenLifetime: null } as ClientRecord
  const ids = new Set(Array.from({ length: 100_000 }, () => draftToken(key, client, '', 0).tokenId))
  assert.equal(ids.size, 100_000)
})

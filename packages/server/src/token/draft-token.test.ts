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

test("fault 4.6: a token is never dated before its realm's cut, if the database's clock is a few seconds behind the machine's", () => {
  const text = 'realms: { one: { issuer: /one, tokenEndpoint: /one/token, audience: one, tokensNotBefore: "2026-01-15T12:00:00Z" } }'
  const draftToken = createTokenDrafter(parseConfiguration(text, '/').realms.get('one')!)
  const key: SigningKey = { kid: 'kid', algorithm: 'ES256', sign: (input) => input }
  const organization = { id: 'id', tokensNotBefore: 0 }
  const client = { id: 'id', clientId: 'acme', organization, accessTokenLifetime: null, tokensNotBefore: 1 } as ClientRecord
  const cut = Date.UTC(2026, 0, 15, 12)
  const issuedAt = (now: number) => draftToken(key, client, '', now).issuedAt * 1000
  assert.deepEqual([issuedAt(cut - 4900), issuedAt(cut), issuedAt(cut + 3000)], [cut, cut, cut + 3000])
})

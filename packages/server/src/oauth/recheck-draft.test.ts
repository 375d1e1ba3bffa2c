import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClientRecord } from '../cache/records.ts'
import type { ClaimSets } from '../cache/claim-sets.ts'
import type { TokenDraft } from '../token/draft-token.ts'
import type { Granted } from '../token/grant-scope.ts'
import { isDraftStillValid } from './recheck-draft.ts'

const client = {
  id: 'id',
  realm: 'one',
  clientId: 'acme',
  organization: { id: 'organization', status: 'active', tokensNotBefore: 0 },
  enabled: true,
  serviceAccountEnabled: true,
  scopes: ['read'],
  signingAlgorithm: null,
  tokensNotBefore: 0,
  secrets: [{ id: 'secret', expiresAt: null }],
} as unknown as ClientRecord
const granted: Granted = { scopes: ['read'], scope: 'read', answered: 'read', api: undefined }
const authenticated = { client, credential: { id: 'secret', kind: 'client_secret' } } as const

const changes: [what: string, changed: Partial<ClientRecord>, isValid: boolean][] = [
  ['another name', { name: 'Other' }, true],
  ['another lifetime', { accessTokenLifetime: 60 }, true],
  ['a scope less', { scopes: [] }, false],
  ['a cut', { tokensNotBefore: 2 }, false],
  ['another signing algorithm', { signingAlgorithm: 'RS256' }, false],
]
for (const [what, changed, isValid] of changes) {
  test(`a draft of a client that has ${what} since is ${isValid ? 'signed' : 'made again'}`, async () => {
    const now = { ...client, ...changed }
    const claimSets = { version: 1 } as ClaimSets
    const cache = { claimSets, findClient: () => now, readClient: async () => ({ client: now, remember() {} }) }
    const draft = { issuedAt: 1, claimsVersion: 1 } as TokenDraft
    assert.equal(await isDraftStillValid(cache, authenticated, granted, draft, 1000), isValid)
  })
}

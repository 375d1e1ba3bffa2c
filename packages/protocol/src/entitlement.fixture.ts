import type { EntitlementDocument } from './entitlement.ts'

/** A client with all permissions, whose secret is in the middle of a rotation. */
export const anEntitlement: EntitlementDocument = {
  organization: {
    id: 'c1f6a0de-0000-4000-8000-000000000001',
    slug: 'acme',
    name: 'Acme',
    status: 'active',
    capabilities: { allowMarketplaceLedKyc: true, rateLimitTier: 'standard' },
    dpa: { status: 'accepted', requiredVersion: '2026-01', acceptedVersion: '2026-01', acceptedAt: '2026-01-02T10:00:00.000Z' },
    rateLimit: { tier: 'standard', limit: 50, windowSeconds: 1 },
    tokensNotBefore: 0,
    partners: { total: 1, list: [{ id: '0b1e9f7c-0000-4000-8000-000000000002', name: 'Borealis' }] },
    requestors: { total: 1, list: [{ id: '7d0c5b3a-0000-4000-8000-000000000003', permissions: ['payments:create'] }] },
  },
  client: {
    clientId: 'api-client-acme',
    subject: 'c1f6a0de-0000-4000-8000-000000000004',
    scopes: ['orders:read'],
    enabled: true,
    tokensNotBefore: 0,
    revokedTokenIds: [],
    secret: {
      id: 'secret-2',
      createdAt: '2026-01-05T08:00:00.000Z',
      expiresAt: null,
      rotation: { state: 'overlapping', endsAt: '2026-01-12T08:00:00.000Z' },
    },
  },
  asOf: { revision: 7, state: 'a-history', ageSeconds: 0.2 },
}

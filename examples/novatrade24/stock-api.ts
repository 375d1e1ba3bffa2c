// A second API of novatrade24, with an audience and a scope of its own: tokens for the integration API are refused here, and the other way round.
import type { FastifyInstance } from 'fastify'
import { createRemoteGuard, type RemoteGuardOptions } from '@countersign/guard'
import { countersignGuard } from '@countersign/guard/fastify'

type ApiOptions = Pick<RemoteGuardOptions, 'issuer' | 'credentials' | 'clockSkewSeconds'>

export async function stockApi(app: FastifyInstance, { issuer, credentials, clockSkewSeconds }: ApiOptions) {
  const guard = createRemoteGuard({
    realm: 'nt24-idp',
    tokenProfile: 'keycloak',
    audience: 'https://stock.novatrade24.com',
    issuer,
    credentials,
    clockSkewSeconds,
    reports: { api: 'nt24-stock-api' },
  })
  await app.register(countersignGuard, { guard })
  app.addHook('onClose', () => guard.close())

  app.get('/v1/stock', { config: { requires: { scope: 'stock:read' } } }, (request) => ({
    organization: request.access.entitlement.organization.rights.slug,
    stock: [
      { sku: 'NT-77', available: 12 },
      { sku: 'NT-78', available: 0 },
    ],
  }))
}

// The integration API of seed 000: orders and KYC of the partners that an organization may act for.
import type { FastifyInstance } from 'fastify'
import { createRemoteGuard, meRequirement, param, type RemoteGuardOptions } from '@countersign/guard'
import { countersignGuard } from '@countersign/guard/fastify'

type SellerRoute = { Params: { sellerId: string } }

type ApiOptions = Pick<RemoteGuardOptions, 'issuer' | 'credentials' | 'clockSkewSeconds'>

export async function novatrade24Api(app: FastifyInstance, { issuer, credentials, clockSkewSeconds }: ApiOptions) {
  const guard = createRemoteGuard({
    realm: 'nt24-idp',
    tokenProfile: 'keycloak',
    audience: 'nt24-integration-api',
    issuer,
    credentials,
    clockSkewSeconds,
    reports: { api: 'nt24-integration-api' },
  })
  await app.register(countersignGuard, { guard })
  app.addHook('onClose', () => guard.close())

  // "Discover both via GET /v1/me at startup": requires only a valid token.
  app.get('/v1/me', { config: { requires: meRequirement } }, (request) => guard.me(request.access))

  app.get<SellerRoute>('/v1/partners/:sellerId/orders', { config: { requires: { partner: param('sellerId') } } }, (request) => ({
    sellerId: request.params.sellerId,
    orders: [
      { id: 'NT-1001', status: 'shipped', total: { amount: '149.90', currency: 'EUR' } },
      { id: 'NT-1002', status: 'open', total: { amount: '18.00', currency: 'EUR' } },
    ],
  }))

  // Mode A KYC is led by the marketplace, so the organization must be entitled to it.
  const kyc = { partner: param('sellerId'), capability: 'allowMarketplaceLedKyc' }
  app.post<SellerRoute>('/v1/partners/:sellerId/kyc', { config: { requires: kyc } }, (request, reply) =>
    reply.code(202).send({ sellerId: request.params.sellerId, mode: 'A', status: 'started' }),
  )
}

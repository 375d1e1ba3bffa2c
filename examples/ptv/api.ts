// A routing API in the manner of seed 003: any client with a token may plan routes.
import type { FastifyInstance } from 'fastify'
import { createRemoteGuard, type RemoteGuardOptions } from '@countersign/guard'
import { countersignGuard } from '@countersign/guard/fastify'

type ApiOptions = Pick<RemoteGuardOptions, 'issuer' | 'credentials' | 'clockSkewSeconds'>

export async function ptvApi(app: FastifyInstance, { issuer, credentials, clockSkewSeconds }: ApiOptions) {
  const guard = createRemoteGuard({
    realm: 'prod',
    tokenProfile: 'keycloak',
    audience: 'ptv-api',
    issuer,
    credentials,
    clockSkewSeconds,
    reports: { api: 'ptv-api' },
  })
  await app.register(countersignGuard, { guard })
  app.addHook('onClose', () => guard.close())

  app.get('/routes', { config: { requires: {} } }, () => ({
    routes: [{ id: 'R-7', from: 'Karlsruhe', to: 'Gent', kilometres: 612 }],
  }))

  app.post('/routes/plan', { config: { requires: {} } }, (_request, reply) => reply.code(202).send({ id: 'R-8', status: 'planning' }))
}

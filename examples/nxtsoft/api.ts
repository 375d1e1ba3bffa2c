// The transactions API of seed 004: posts a validation message, for tokens with the scope "transactions/post".
import type { FastifyInstance } from 'fastify'
import { createRemoteGuard, type RemoteGuardOptions } from '@countersign/guard'
import { countersignGuard } from '@countersign/guard/fastify'

type ApiOptions = Pick<RemoteGuardOptions, 'issuer' | 'credentials' | 'clockSkewSeconds'>

export async function nxtsoftApi(app: FastifyInstance, { issuer, credentials, clockSkewSeconds }: ApiOptions) {
  const guard = createRemoteGuard({
    realm: 'nxtsoft',
    tokenProfile: 'cognito',
    issuer,
    credentials,
    clockSkewSeconds,
    reports: { api: 'transactions-api' },
  })
  await app.register(countersignGuard, { guard })
  app.addHook('onClose', () => guard.close())

  app.post('/transactions/mock', { config: { requires: { scope: 'transactions/post' } } }, (request, reply) =>
    reply.code(201).send({ status: 'validated', clientId: request.access.token.clientId }),
  )
}

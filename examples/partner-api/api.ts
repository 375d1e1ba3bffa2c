// The partner API of seed 002: every command names its requestor, a natural person, except those that create one and those
// that create or prepare a legal entity.
import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { createRemoteGuard, type RemoteGuardOptions, type Requirement } from '@countersign/guard'
import { countersignGuard } from '@countersign/guard/fastify'

const withoutRequestor: Requirement = {}
const withRequestor: Requirement = { requestor: 'required' }
const withPermission = (permission: string): Requirement => ({ requestor: { permission } })

type ApiOptions = Pick<RemoteGuardOptions, 'issuer' | 'credentials' | 'clockSkewSeconds'>

export async function partnerApi(app: FastifyInstance, { issuer, credentials, clockSkewSeconds }: ApiOptions) {
  const guard = createRemoteGuard({
    realm: 'partner-api',
    tokenProfile: 'rfc9068',
    audience: 'partner-api',
    issuer,
    credentials,
    clockSkewSeconds,
    reports: { api: 'partner-api' },
  })
  await app.register(countersignGuard, { guard })
  app.addHook('onClose', () => guard.close())

  app.post('/natural-persons', { config: { requires: withoutRequestor } }, (_request, reply) => reply.code(201).send({ id: randomUUID() }))

  app.post('/legal-entities', { config: { requires: withoutRequestor } }, (_request, reply) => reply.code(201).send({ id: randomUUID() }))

  app.get<{ Params: { id: string } }>('/customers/:id', { config: { requires: withRequestor } }, (request) => ({
    id: request.params.id,
    kind: 'natural person',
    requestedBy: request.access.requestorId,
  }))

  app.post('/payments', { config: { requires: withPermission('payments:create') } }, (request, reply) =>
    reply.code(201).send({ id: randomUUID(), status: 'accepted', requestedBy: request.access.requestorId }),
  )
}

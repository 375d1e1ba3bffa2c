// The actor of a guarded request: the client in whose name it changes something.
import type { FastifyRequest } from 'fastify'
import type { Actor } from '../change/apply-change.ts'

/** @param realm of the token */
export function actorOf(request: FastifyRequest, realm: string, addressOf: (request: FastifyRequest) => string): Actor {
  const { token, entitlement } = request.access
  return {
    realm,
    clientId: token.clientId,
    organizationId: entitlement.document.organization.id,
    address: addressOf(request),
    requestId: request.id,
  }
}

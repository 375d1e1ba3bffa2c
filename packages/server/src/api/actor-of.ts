// The actor of a guarded request: the client in whose name it changes something.
import type { FastifyRequest } from 'fastify'
import type { Actor } from '../change/apply-change.ts'
import { originOf } from '../http/request-origin.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'

/** @param realm of the token */
export function actorOf(request: FastifyRequest, realm: string, addressOf: (request: FastifyRequest) => string): Actor {
  const { token, entitlement } = request.access
  return {
    kind: realm === operatorsRealmName ? 'operator' : 'client',
    via: 'api',
    realm,
    clientId: token.clientId,
    organizationId: entitlement.organization.rights.id,
    ...originOf(request, addressOf(request)),
  }
}

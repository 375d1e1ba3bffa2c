// What the token, introspection and revocation endpoints share: a POST with a form, admitted by address before its body is
// read, from an authenticated client, never cached, with every refusal in the audit log.
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { readSingleHeader } from '@countersign/protocol'
import type { AuditLog } from '../audit/audit-log.ts'
import type { RequestKind } from '../audit/events/kinds.ts'
import { authenticateClient, readCredentials, type AuthenticatedClient } from '../clients/authenticate-client.ts'
import type { Clock } from '../clock.ts'
import type { Realm } from '../realms/realm.ts'
import type { Cache } from '../cache/cache.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import type { EndpointKind } from '../http/endpoints.ts'
import type { TokenOutcome } from '../monitoring/token-outcomes.ts'
import { answerError } from '../http/answer-error.ts'
import { originOf, type RequestOrigin } from '../http/request-origin.ts'
import { ConnectionRefused, OAuthError } from '../errors.ts'
import type { SecretUsage } from '../rotation/secret-usage.ts'
import type { AddressProtection } from '../throttle/address-protection.ts'
import { parseForm, refuseQueryParameters, type OAuthForm } from './form.ts'

/** What an endpoint of a realm works with. */
export interface OAuthContext {
  readonly realm: Realm
  readonly publicUrl: string
  readonly bodyLimit: number
  readonly clock: Clock
  readonly cache: Cache
  readonly pepper: KeyRing
  readonly audit: AuditLog
  readonly usage: Pick<SecretUsage, 'note'>
  readonly protection: AddressProtection
  readonly addressOf: (request: FastifyRequest) => string
  /** Counts what became of a token request. */
  readonly countOutcome: (outcome: TokenOutcome) => void
}

/** A request that was admitted; the endpoint decides when to authenticate. */
export interface OAuthExchange {
  readonly form: OAuthForm
  readonly origin: RequestOrigin
  /** @throws OAuthError `invalid-client`, counted against the address; what a blocked address gets. */
  authenticate(): Promise<AuthenticatedClient>
}

interface OAuthEndpoint {
  readonly path: string
  readonly endpoint: EndpointKind
  /** The `kind` of its audit events. */
  readonly kind: RequestKind
  /** Returns the JSON text of a successful answer. */
  readonly answer: (exchange: OAuthExchange) => Promise<string>
}

/** Serves one endpoint. Any other method than POST is refused without reading a body. */
export function mountOAuthEndpoint(app: FastifyInstance, context: OAuthContext, { path, endpoint, kind, answer }: OAuthEndpoint): void {
  const { realm, audit } = context

  app.route({
    method: 'POST',
    url: path,
    bodyLimit: context.bodyLimit,
    config: { surface: 'oauth', endpoint: { kind: endpoint, realm: realm.name } },
    onRequest: (request, _reply, done) => {
      context.protection.admit(context.addressOf(request), context.clock())
      if (request.headers['content-encoding'] !== undefined) throw new OAuthError('token-request-encoded')
      refuseQueryParameters(request.raw.url ?? '')
      done()
    },
    handler: async (request, reply) => {
      const json = await answer(await readExchange(context, request))
      if (kind === 'token.request') context.countOutcome('issued')
      return sendUncached(reply, json)
    },
    errorHandler: (error, request, reply) => {
      const refused = error instanceof OAuthError ? error : undefined
      if (kind === 'token.request') context.countOutcome(refused?.reason ?? (error instanceof ConnectionRefused ? error.code : 'other'))
      audit.noteDenial(
        {
          kind,
          outcome: 'refused',
          reason: refused?.reason ?? (error as Partial<FastifyError>).code ?? error.name,
          realm: realm.name,
          organizationId: refused?.details.organizationId,
          clientId: refused?.details.clientId,
          ...originOf(request, context.addressOf(request)),
        },
        refused?.details.presentedId,
      )
      return answerError(context.publicUrl, error, request, reply)
    },
  })
}

async function readExchange(context: OAuthContext, request: FastifyRequest): Promise<OAuthExchange> {
  const { realm, cache, pepper, protection, usage } = context
  const { rawHeaders } = request.raw
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
  const form = await parseForm(body, readSingleHeader(rawHeaders, 'content-type'), realm.multipartRequests)
  const address = context.addressOf(request)
  const origin = originOf(request, address)
  return {
    form,
    origin,
    async authenticate() {
      const now = context.clock()
      protection.refuseBlocked(address, now)
      try {
        const credentials = readCredentials(readSingleHeader(rawHeaders, 'authorization'), form)
        const authenticated = await authenticateClient(cache, pepper, realm.name, credentials, now)
        request.clientId = authenticated.client.clientId
        usage.note(authenticated, now, origin)
        return authenticated
      } catch (error) {
        if (error instanceof OAuthError && error.code === 'invalid-client') protection.recordFailure(address, now)
        throw error
      }
    },
  }
}

/** RFC 6749 §5.1: answers with tokens must not be stored. */
function sendUncached(reply: FastifyReply, json: string): FastifyReply {
  reply.header('cache-control', 'no-store').header('pragma', 'no-cache').header('content-type', 'application/json')
  return reply.send(json)
}

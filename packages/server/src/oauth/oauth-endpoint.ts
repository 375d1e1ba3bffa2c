// What the token, introspection and revocation endpoints share: a POST with a form, admitted by address before its body is
// read, from an authenticated client, never cached, with every refusal in the audit log.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { readSingleHeader } from '@countersign/protocol'
import type { AuthenticatedClient } from '../clients/authenticate-client.ts'
import type { ChangeFollower } from '../cache/follow-changes.ts'
import type { EndpointKind } from '../http/endpoints.ts'
import type { TokenOutcome } from '../monitoring/token-outcomes.ts'
import { answerError } from '../http/answer-error.ts'
import { ConnectionRefused, OAuthError } from '../errors.ts'
import { admitClientRequests, authenticateRequest, noteClientDenial, type ClientRequestContext } from '../clients/client-request.ts'
import { parseForm, type OAuthForm } from '../api/form.ts'

/** What an endpoint of a realm works with. */
export interface OAuthContext extends ClientRequestContext {
  readonly publicUrl: string
  /** What other servers change. */
  readonly changes: Pick<ChangeFollower, 'isAt' | 'pull'>
  /** Counts what became of a token request. */
  readonly countOutcome: (outcome: TokenOutcome) => void
}

/** A request that was admitted; the endpoint decides when to authenticate. */
export interface OAuthExchange {
  readonly form: OAuthForm
  readonly address: string
  readonly requestId: string
  /** @throws OAuthError `invalid-client`, counted against the address; what a blocked address gets. */
  authenticate(): Promise<AuthenticatedClient>
}

interface OAuthEndpoint {
  readonly path: string
  readonly endpoint: EndpointKind
  /** The `kind` of its audit events. */
  readonly kind: string
  /** Returns the JSON text of a successful answer. */
  readonly answer: (exchange: OAuthExchange) => Promise<string>
}

/** Serves one endpoint. Any other method than POST is refused without reading a body. */
export function mountOAuthEndpoint(app: FastifyInstance, context: OAuthContext, { path, endpoint, kind, answer }: OAuthEndpoint): void {
  const { realm } = context

  app.route({
    method: 'POST',
    url: path,
    bodyLimit: context.bodyLimit,
    config: { surface: 'oauth', endpoint: { kind: endpoint, realm: realm.name } },
    onRequest: admitClientRequests(context),
    handler: async (request, reply) => {
      const json = await answer(await readExchange(context, request))
      if (kind === 'token.request') context.countOutcome('issued')
      return sendUncached(reply, json)
    },
    errorHandler: (error, request, reply) => {
      const refused = error instanceof OAuthError ? error : undefined
      if (kind === 'token.request') context.countOutcome(refused?.reason ?? (error instanceof ConnectionRefused ? error.code : 'other'))
      noteClientDenial(context, kind, error, request)
      return answerError(context.publicUrl, error, request, reply)
    },
  })
}

async function readExchange(context: OAuthContext, request: FastifyRequest): Promise<OAuthExchange> {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
  const form = await parseForm(body, readSingleHeader(request.raw.rawHeaders, 'content-type'), context.realm.multipartRequests)
  return {
    form,
    address: context.addressOf(request),
    requestId: request.id,
    authenticate: () => authenticateRequest(context, request, form),
  }
}

/** RFC 6749 §5.1: answers with tokens must not be stored. */
function sendUncached(reply: FastifyReply, json: string): FastifyReply {
  reply.header('cache-control', 'no-store').header('pragma', 'no-cache').header('content-type', 'application/json')
  return reply.send(json)
}

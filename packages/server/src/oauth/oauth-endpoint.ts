// What the token, introspection and revocation endpoints share: a POST with a form, checked against the limits and blocks of its address
// before its body is read, from an authenticated client, never cached, with every denial in the audit log.
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { readSingleHeader } from '@countersign/protocol'
import type { RequestKind } from '../audit/events/kinds.ts'
import type { AuthenticatedClient } from '../clients/authenticate-client.ts'
import type { ChangeFollower } from '../cache/follow-changes.ts'
import type { EndpointKind } from '../http/endpoints.ts'
import type { OrganizationCounters } from '../monitoring/organization-counters.ts'
import type { TokenOutcome } from '../monitoring/token-outcomes.ts'
import { answerError } from '../http/answer-error.ts'
import { toRequestError } from '../http/request-aborted.ts'
import { originOf, type RequestOrigin } from '../http/request-origin.ts'
import { ConnectionRefused, OAuthError, RequestAborted } from '../errors.ts'
import { admitClientRequests, authenticateRequest, noteClientDenial, type ClientRequestContext } from '../clients/client-request.ts'
import { countIssued, countRefused } from './count-usage.ts'
import { parseForm, type OAuthForm, type ParameterName } from '../api/form.ts'
import type { FutureCutAlarm } from '../token/future-cuts.ts'
import type { Usage } from '../usage/usage.ts'

/** What an endpoint of a realm works with. */
export interface OAuthContext extends ClientRequestContext {
  readonly publicUrl: string
  /** Reads changes that other nodes have committed, before a token is signed. */
  readonly changes: Pick<ChangeFollower, 'isAt' | 'pullForRequest'>
  readonly futureCuts: FutureCutAlarm
  /** Counts the outcome of a token request. */
  readonly countOutcome: (outcome: TokenOutcome) => void
  readonly usageCounts: Usage
  readonly organizations: Pick<OrganizationCounters, 'count'>
}

/** An admitted request; the endpoint decides when to authenticate its client. */
export interface OAuthExchange {
  readonly form: OAuthForm
  readonly origin: RequestOrigin
  /** Calls {@link authenticateRequest}. @throws OAuthError `invalid-client`, which counts against the client at its address; the error of a block. */
  authenticate(): Promise<AuthenticatedClient>
}

interface OAuthEndpoint {
  /** At each address of the realm. */
  readonly paths: readonly string[]
  readonly endpoint: EndpointKind
  /** The `kind` of its audit events. */
  readonly kind: RequestKind
  /** The parameters of which it refuses every long value with an error of its own; others are bounded when the form is parsed. */
  readonly judges: readonly ParameterName[]
  /** Returns the JSON text of a successful response, '' for one without a body. */
  readonly answer: (exchange: OAuthExchange) => Promise<string>
}

/** Mounts one POST route for each path; http/unknown-paths.ts rejects other methods before their body is read. */
export function mountOAuthEndpoint(
  app: FastifyInstance,
  context: OAuthContext,
  { paths, endpoint, kind, judges, answer }: OAuthEndpoint,
): void {
  const { realm } = context

  const route: RouteOptions = {
    method: 'POST',
    url: '',
    bodyLimit: context.bodyLimit,
    config: { surface: 'oauth', endpoint: { kind: endpoint, realm: realm.name } },
    onRequest: admitClientRequests(context),
    handler: async (request, reply) => {
      const json = await answer(await readExchange(context, judges, request))
      if (kind === 'token.request') {
        context.countOutcome('issued')
        countIssued(context, request)
      }
      return sendUncached(reply, json)
    },
    errorHandler: (thrown, request, reply) => {
      const error = toRequestError(thrown, request)
      if (kind === 'token.request') {
        context.countOutcome(outcomeOf(error))
        countRefused(context, request, error)
      }
      noteClientDenial(context, kind, error, request)
      return answerError(context.publicUrl, error, request, reply)
    },
  }
  for (const url of paths) app.route({ ...route, url })
}

function outcomeOf(error: Error): TokenOutcome {
  if (error instanceof OAuthError) return error.reason
  return error instanceof ConnectionRefused || error instanceof RequestAborted ? error.code : 'other'
}

async function readExchange(context: OAuthContext, judges: OAuthEndpoint['judges'], request: FastifyRequest): Promise<OAuthExchange> {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
  const form = await parseForm(body, readSingleHeader(request.raw.rawHeaders, 'content-type'), context.realm.multipartRequests, judges)
  return {
    form,
    origin: originOf(request, context.addressOf(request)),
    authenticate: () => authenticateRequest(context, request, form),
  }
}

/** RFC 6749 §5.1: responses with tokens must not be stored. */
function sendUncached(reply: FastifyReply, json: string): FastifyReply {
  reply.header('cache-control', 'no-store').header('pragma', 'no-cache')
  // RFC 9110 §8.3: only content has a type; libraries try to parse what is called JSON.
  return json === '' ? reply.send() : reply.header('content-type', 'application/json').send(json)
}

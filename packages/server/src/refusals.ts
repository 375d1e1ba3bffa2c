// Expected refusals, and the one place that turns whatever was thrown into a response. Nothing below it writes one.
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import {
  oauthErrorDocument,
  problemContentType,
  problemDocument,
  problems,
  type FieldError,
  type OAuthErrorDetails,
  type OAuthProblemCode,
  type ProblemCode,
} from '@countersign/protocol'
import type { AuthenticationFailure } from './clients/authenticate-client.ts'
import { ClockSteppedBackError } from './clock.ts'
import { DamagedRowError } from './directory/damage.ts'
import { isStoreUnavailable } from './store/store-errors.ts'

/** Why exactly. A fixed list: metrics are counted by it, so it must not hold anything that a caller can choose. */
export type RefusalReason =
  | OAuthProblemCode
  | AuthenticationFailure
  | 'scope-not-granted'
  | 'scope-malformed'
  | 'address-blocked'
  | 'address-rate-exceeded'
  | 'audit-not-durable'
  | 'changed-meanwhile'
  | 'client-damaged'
  | 'signing-key-damaged'

interface OAuthRefusal extends OAuthErrorDetails {
  /** For the audit log and metrics only. */
  readonly reason?: RefusalReason
  readonly retryAfterSeconds?: number
  readonly clientId?: string
  readonly organizationId?: string
  /** The client id of the request, registered or not; counted by, never stored. */
  readonly presentedId?: string
  readonly cause?: unknown
}

/** A refusal at an OAuth endpoint (RFC 6749 §5.2). What it says on the wire is in the problem catalogue. */
export class OAuthError extends Error {
  override name = 'OAuthError'
  readonly code: OAuthProblemCode
  readonly refusal: OAuthRefusal

  constructor(code: OAuthProblemCode, refusal: OAuthRefusal = {}) {
    super(problems[code].title, { cause: refusal.cause })
    this.code = code
    this.refusal = refusal
  }

  get reason(): RefusalReason {
    return this.refusal.reason ?? this.code
  }
}

interface ProblemRefusal {
  readonly detail?: string
  readonly remedy?: string
  readonly errors?: readonly FieldError[]
  readonly headers?: Readonly<Record<string, string>>
}

/** A refusal at an API of the server (RFC 9457). */
export class ProblemError extends Error {
  override name = 'ProblemError'
  readonly code: ProblemCode
  readonly refusal: ProblemRefusal

  constructor(code: ProblemCode, refusal: ProblemRefusal = {}) {
    super(problems[code].title)
    this.code = code
    this.refusal = refusal
  }
}

/** RFC 7617. One for every path that takes a client's credentials: they are the same everywhere in a realm. */
export const clientChallenge = 'Basic realm="token endpoint", charset="UTF-8"'

/** Ends the connection without an answer. */
export class ConnectionRefused extends Error {
  override name = 'ConnectionRefused'
  readonly code = 'address-blocked'
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * Which form the errors of this route take: problems (RFC 9457) unless it says otherwise. The refusals of the token
     * endpoint and its kin are audited there, as are those of a client's changes to its own secret; those of a probe nowhere, and
     * those in Keycloak's shape have one member more.
     */
    surface?: 'oauth' | 'own-secret' | 'probe' | 'keycloak'
  }
  interface FastifyInstance {
    /** Whether the log says already that the store is away. */
    isOutageTold?: () => boolean
  }
}

/**
 * Whatever is not an outage is a defect, and its stack is needed. Of an outage the log tells the beginning and the end; what is
 * refused in between would bury them.
 */
export function logFailure(error: unknown, request: FastifyRequest): void {
  const cause = error instanceof OAuthError ? (error.refusal.cause ?? error) : error
  if (!isTemporary(cause)) return request.log.error({ err: error }, 'a request failed')
  const isToldAlready = request.server.isOutageTold?.() === true
  request.log[isToldAlready ? 'debug' : 'warn']({ reason: cause.message }, 'a request was refused for the moment')
}

function isTemporary(error: unknown): error is Error {
  return error instanceof ClockSteppedBackError || error instanceof DamagedRowError || isStoreUnavailable(error)
}

/** Writes the response to anything that was thrown while a request was handled. */
export function answerRefusal(publicUrl: string, error: Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error instanceof ConnectionRefused) {
    reply.hijack()
    request.raw.socket.destroy()
    return reply
  }
  const refusal = toRefusal(error, request.routeOptions.config.surface === 'oauth')
  if (problems[refusal.code].status >= 500) logFailure(error, request)
  return refusal instanceof OAuthError
    ? answerOAuthError(publicUrl, refusal, request, reply)
    : answerProblem(publicUrl, refusal, request, reply)
}

function answerOAuthError(publicUrl: string, { code, refusal }: OAuthError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status } = problems[code]
  reply.code(status).header('cache-control', 'no-store').header('pragma', 'no-cache').header('content-type', 'application/json')
  // One challenge for every way in which a client can fail: RFC 9110 §15.5.2 asks for one, and equal answers tell nothing.
  if (status === 401) reply.header('www-authenticate', clientChallenge)
  if (status === 405) reply.header('allow', 'POST')
  if (status === 413 || status === 415) reply.header('connection', 'close')
  if (status === 415) reply.header('accept-encoding', 'identity') // RFC 9110 §15.5.16
  const { retryAfterSeconds = status === 503 ? 5 : undefined } = refusal
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds))
  request.log.debug({ code }, 'refused')
  return reply.send(JSON.stringify(oauthErrorDocument(publicUrl, code, refusal)))
}

function answerProblem(publicUrl: string, { code, refusal }: ProblemError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status } = problems[code]
  reply.code(status).headers({ 'cache-control': 'no-store', 'content-type': problemContentType, ...refusal.headers })
  if (status === 503) reply.header('retry-after', '5')
  const problem = problemDocument(publicUrl, code, { requestId: request.id, ...refusal })
  const isKeycloaks = request.routeOptions.config.surface === 'keycloak'
  return reply.send(JSON.stringify(isKeycloaks ? { ...problem, errorMessage: `${problem.detail} ${problem.remedy}` } : problem))
}

/** What Fastify itself refuses while it reads a request, in the words of the catalogue. */
function toRefusal(error: Error, isOAuth: boolean): OAuthError | ProblemError {
  if (error instanceof OAuthError || error instanceof ProblemError) return error
  if (isTemporary(error)) return isOAuth ? new OAuthError('token-service-unavailable') : new ProblemError('temporarily-unavailable')
  const { statusCode, code } = error as FastifyError
  if (statusCode === 413) return isOAuth ? new OAuthError('token-request-too-large') : new ProblemError('payload-too-large')
  if (statusCode === 415 || code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return isOAuth
      ? wrongContentType('application/x-www-form-urlencoded')
      : new ProblemError('unsupported-media-type', { detail: 'This path expects application/json.' })
  }
  if (!isOAuth && (code === 'FST_ERR_CTP_INVALID_JSON_BODY' || code === 'FST_ERR_CTP_EMPTY_JSON_BODY')) return notJson()
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return isOAuth
      ? new OAuthError('malformed-token-request')
      : new ProblemError('invalid-request', { detail: 'The request could not be read as HTTP with a valid body.' })
  }
  return isOAuth ? new OAuthError('token-server-error') : new ProblemError('internal-error')
}

function notJson(): ProblemError {
  return new ProblemError('invalid-request', {
    detail: 'The body is not a JSON document, or one that could be mistaken for another.',
    remedy: 'Send one JSON object in UTF-8, without a member "__proto__"; a body that is meant to be empty needs no Content-Type.',
  })
}

/** Names the media type that a form endpoint expects. */
export function wrongContentType(expected: string): OAuthError {
  return new OAuthError('malformed-token-request', {
    description: `Expected the Content-Type ${expected}. Send the parameters form-encoded in the body, in UTF-8.`,
  })
}

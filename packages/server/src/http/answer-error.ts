// The only place that turns an error thrown while a request is handled into a response. Handlers do not write error responses.
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { oauthErrorDocument, problemContentType, problemDocument, problems } from '@countersign/protocol'
import { WrongClockError } from '../clock.ts'
import { clientChallenge, ConnectionRefused, OAuthError, ProblemError, RequestAborted, toError, wrongContentType } from '../errors.ts'
import { DamagedRowError } from '../store/damage.ts'
import type { RefusedWith } from './framework-types.ts'
import { toRequestError } from './request-aborted.ts'
import { isStoreUnavailable } from '../store/store-errors.ts'
import { isKeycloakPath, withErrorMessage } from './keycloak-paths.ts'
import { decodedPath } from './request-path.ts'

/**
 * Anything but an outage is a defect and is logged with its stack. Of an outage, the log has the beginning and the end; a line
 * for each request rejected in between would bury them.
 */
export function logFailure(thrown: unknown, request: FastifyRequest): void {
  const error = toError(thrown)
  const cause = error instanceof OAuthError ? (error.details.cause ?? error) : error
  if (isPauseOfSigning(cause)) return
  if (!isTemporary(cause)) return request.log.error({ err: error }, 'request failed unexpectedly')
  const isToldAlready = request.server.isOutageTold?.() === true
  request.log[isToldAlready ? 'debug' : 'warn']({ reason: cause.message }, 'request rejected with 503: temporarily unavailable')
}

/** An operator caused it, and upkeep/warn-of-pause.ts has said so. */
function isPauseOfSigning(error: unknown): boolean {
  return error instanceof OAuthError && error.details.reason === 'signing-key-not-ready'
}

function isTemporary(error: unknown): error is Error {
  return error instanceof WrongClockError || error instanceof DamagedRowError || isStoreUnavailable(error)
}

/** @param thrown anything: the framework would answer in its own words if this function failed */
export function answerError(publicUrl: string, thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const error = toRequestError(thrown, request)
  if (error instanceof ConnectionRefused || error instanceof RequestAborted) {
    reply.hijack()
    request.raw.socket.destroy()
    return reply
  }
  const expected = toExpectedError(error, request.routeOptions.config.surface === 'oauth')
  request.refused = { ...reasonOf(expected), ...request.refused, code: expected.code }
  if (problems[expected.code].status >= 500) logFailure(error, request)
  return expected instanceof OAuthError
    ? answerOAuthError(publicUrl, expected, request, reply)
    : answerProblem(publicUrl, expected, request, reply)
}

function reasonOf(error: OAuthError | ProblemError): RefusedWith {
  if (!(error instanceof OAuthError)) return {}
  const { clientId, organizationId } = error.details
  return { reason: error.reason, clientId, organizationId }
}

function answerOAuthError(publicUrl: string, { code, details }: OAuthError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status } = problems[code]
  reply.code(status).header('cache-control', 'no-store').header('pragma', 'no-cache').header('content-type', 'application/json')
  // The same challenge for every way in which a client can fail: RFC 9110 §15.5.2 requires one, and equal responses tell a caller
  // nothing.
  if (status === 401) reply.header('www-authenticate', clientChallenge)
  if (status === 405) reply.header('allow', 'POST')
  if (status === 413 || status === 415) reply.header('connection', 'close')
  if (status === 415) reply.header('accept-encoding', 'identity') // RFC 9110 §15.5.16
  const { retryAfterSeconds = status === 503 ? 5 : undefined } = details
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds))
  request.log.debug({ code }, 'refused')
  return reply.send(JSON.stringify(oauthErrorDocument(publicUrl, code, details)))
}

function answerProblem(publicUrl: string, { code, details }: ProblemError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status } = problems[code]
  reply.code(status).headers({ 'cache-control': 'no-store', 'content-type': problemContentType, ...details.headers })
  if (status === 503) reply.header('retry-after', '5')
  const problem = problemDocument(publicUrl, code, { requestId: request.id, ...details })
  return reply.send(JSON.stringify(isKeycloakPath(decodedPath(request.raw.url ?? '')) ? withErrorMessage(problem) : problem))
}

/** Maps the errors that Fastify raises while it reads a request to the problem catalogue. */
export function toExpectedError(error: Error, isOAuth: boolean): OAuthError | ProblemError {
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
      : new ProblemError('invalid-request', { detail: 'The request is not valid HTTP, or its body is malformed.' })
  }
  return isOAuth ? new OAuthError('token-server-error') : new ProblemError('internal-error')
}

function notJson(): ProblemError {
  return new ProblemError('invalid-request', {
    detail: 'The body is not a valid JSON document, or it has a member that is not allowed for security reasons.',
    remedy: 'Send one JSON object in UTF-8, without a member "__proto__".',
  })
}

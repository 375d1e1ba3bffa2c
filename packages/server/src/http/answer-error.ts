// The only place that turns an error thrown while a request is handled into a response. Handlers do not write error responses.
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { problems } from '@countersign/protocol'
import { WrongClockError } from '../clock.ts'
import { ConnectionRefused, OAuthError, ProblemError, RequestAborted, toError, wrongContentType } from '../errors.ts'
import { DamagedRowError } from '../store/damage.ts'
import type { RefusedWith } from './framework-types.ts'
import { toRequestError } from './request-aborted.ts'
import { isStoreUnavailable } from '../store/store-errors.ts'
import { isKeycloakPath, withErrorMessage } from './keycloak-paths.ts'
import { oauthRefusal, problemRefusal } from './refusal-response.ts'
import { decodedPath } from './request-path.ts'
import { pageOfRefusal } from './unknown-page.ts'

/**
 * Anything but an outage, or too much to do, is a defect and is logged with its stack. Of an outage, the log has the beginning and the end; a
 * line for each request rejected in between would bury them.
 */
export function logFailure(thrown: unknown, request: FastifyRequest): void {
  const error = toError(thrown)
  const cause = causeOf(error)
  if (isPauseOfSigning(cause) || (error instanceof ProblemError && error.details.isLogged)) return
  if (!isTemporary(cause) && !isRejection(cause)) return request.log.error({ err: error }, 'request failed unexpectedly')
  const reason = reasonInLog(cause)
  if (request.server.isOutageTold?.() !== true) request.server.noteRejection(request.log, reason)
  else request.log.debug({ reason }, 'request rejected with 503: temporarily unavailable')
}

function causeOf(error: Error): Error {
  const { cause } = error
  return (error instanceof OAuthError || error instanceof ProblemError) && cause !== undefined ? causeOf(toError(cause)) : error
}

function reasonInLog(cause: Error): string {
  if (cause instanceof OAuthError) return cause.reason
  return cause instanceof ProblemError ? (cause.details.detail ?? cause.message) : cause.message
}

/** The server itself has decided that it cannot answer now. */
function isRejection(error: Error): boolean {
  return (error instanceof OAuthError || error instanceof ProblemError) && problems[error.code].status === 503
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
  const { status, headers, document } = oauthRefusal(publicUrl, code, details)
  reply.code(status).headers(headers)
  request.log.debug({ code }, 'refused')
  const page = pageOfRefusal(publicUrl, code, request, details.description === undefined ? {} : { detail: details.description, remedy: '' })
  return page ? reply.headers(page.headers).send(page.html) : reply.send(JSON.stringify(document))
}

function answerProblem(publicUrl: string, { code, details }: ProblemError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, headers, document } = problemRefusal(publicUrl, code, { requestId: request.id, ...details })
  reply.code(status).headers(headers)
  const page = pageOfRefusal(publicUrl, code, request, document)
  if (page) return reply.headers(page.headers).send(page.html)
  return reply.send(JSON.stringify(isKeycloakPath(decodedPath(request.raw.url ?? '')) ? withErrorMessage(document) : document))
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

// Errors for a client whose change to its own secret is rejected. It is authenticated as at the token endpoint, but gets the
// errors of an API: problems (RFC 9457).
import type { FastifyError } from 'fastify'
import { clientChallenge, OAuthError, ProblemError, toError } from '../errors.ts'

/** Converts errors of client authentication and of body parsing; others are returned unchanged. */
export function toOwnSecretError(thrown: unknown): Error {
  const error = toError(thrown)
  if (error instanceof OAuthError) return ofAuthentication(error)
  const isWrongType = (error as Partial<FastifyError>).code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE'
  return isWrongType ? wrongType('This path expects application/x-www-form-urlencoded or application/json.') : error
}

function ofAuthentication(error: OAuthError): ProblemError {
  const { code, reason, details } = error
  switch (code) {
    case 'invalid-client':
      return new ProblemError(code, {
        ...(reason === 'bearer-token' ? bearerToken : reason === 'no-credentials' ? noCredentials : failed),
        headers: { 'www-authenticate': clientChallenge },
      })
    case 'too-many-token-requests':
      return new ProblemError('rate-limited', {
        detail: 'This address sends more requests per second than the realm allows.',
        remedy: 'Wait for the seconds in "Retry-After".',
        headers: { 'retry-after': String(details.retryAfterSeconds ?? 1) },
      })
    case 'authentication-blocked':
      return new ProblemError(code, { headers: { 'retry-after': String(details.retryAfterSeconds ?? 1) } })
    case 'token-request-encoded':
      return wrongType('The body must not be compressed.')
    case 'malformed-token-request':
      return new ProblemError('invalid-request', details.description === undefined ? {} : { detail: details.description })
    default:
      return new ProblemError('temporarily-unavailable', { cause: error })
  }
}

/** The same error for any failure of the credentials, so that it discloses nothing. */
const failed = {
  detail: 'The client could not be authenticated.',
  remedy: 'Check client_id, client_secret and the realm in the path; the page of the problem lists every cause.',
}

const howToAuthenticate =
  'A secret is changed only with proof of a secret: send client_id and client_secret as "Authorization: Basic", or in the form, as to the token endpoint.'

const noCredentials = { detail: 'The request has no client_id and client_secret.', remedy: howToAuthenticate }

/** Returned without reading the token, so that it discloses nothing either. */
const bearerToken = {
  detail: 'The request carries a bearer token, which every API that it was sent to has seen.',
  remedy: howToAuthenticate,
}

function wrongType(detail: string): ProblemError {
  return new ProblemError('unsupported-media-type', { detail })
}

// What a client is told whose change to its own secret is refused. It is authenticated as at the token endpoint, and refused in the
// words of an API: problems (RFC 9457).
import type { FastifyError } from 'fastify'
import { clientChallenge, OAuthError, ProblemError } from '../errors.ts'

/** Anything but what the authentication of a client and the reading of a body throw stays as it is. */
export function toOwnSecretError(error: Error): Error {
  if (error instanceof OAuthError) return ofAuthentication(error)
  const isWrongType = (error as Partial<FastifyError>).code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE'
  return isWrongType ? wrongType('This path expects application/x-www-form-urlencoded or application/json.') : error
}

function ofAuthentication({ code, reason, details }: OAuthError): ProblemError {
  switch (code) {
    case 'invalid-client':
      return new ProblemError(code, {
        ...(reason === 'bearer-token' ? bearerToken : failed),
        headers: { 'www-authenticate': clientChallenge },
      })
    case 'too-many-token-requests':
      return new ProblemError('rate-limited', {
        detail: 'This address sends more requests than the realm allows, or is blocked for a while after failed authentications.',
        remedy: 'Correct the credentials first, then wait for the seconds in "Retry-After".',
        headers: { 'retry-after': String(details.retryAfterSeconds ?? 1) },
      })
    case 'token-request-encoded':
      return wrongType('The body must not be compressed.')
    case 'malformed-token-request':
      return new ProblemError('invalid-request', details.description === undefined ? {} : { detail: details.description })
    default:
      return new ProblemError('temporarily-unavailable')
  }
}

/** One for whatever is wrong with the credentials, so that it tells nothing. */
const failed = {
  detail: 'The client could not be authenticated.',
  remedy: 'Check client_id, client_secret and the realm in the path; the page of the problem lists every cause.',
}

/** Known without looking at the token, so that this tells nothing either. */
const bearerToken = {
  detail: 'The request carries a bearer token, which every API that it was sent to has seen.',
  remedy:
    'A secret is changed only with proof of a secret: send client_id and client_secret as "Authorization: Basic", or in the form, as to the token endpoint.',
}

function wrongType(detail: string): ProblemError {
  return new ProblemError('unsupported-media-type', { detail })
}

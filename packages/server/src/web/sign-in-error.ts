// Errors for who signs in: as at the token endpoint, but as problems (RFC 9457), and without a challenge for which a browser would open a
// window of its own.
import type { FastifyError } from 'fastify'
import type { PageMount } from './page-mount.ts'
import { OAuthError, ProblemError, toError } from '../errors.ts'

/** Converts errors of client authentication; others are returned unchanged. */
export function toSignInError(thrown: unknown, mount: PageMount['name']): Error {
  const error = toError(thrown)
  if (error instanceof OAuthError) return ofAuthentication(error, mount)
  const isWrongType = (error as Partial<FastifyError>).code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE'
  return isWrongType ? new ProblemError('unsupported-media-type', { detail: 'This path expects application/json.' }) : error
}

function ofAuthentication(error: OAuthError, mount: PageMount['name']): ProblemError {
  const { code, details } = error
  const retry = { headers: { 'retry-after': String(details.retryAfterSeconds ?? 1) } }
  switch (code) {
    case 'invalid-client':
      return new ProblemError(code, failed[mount])
    case 'too-many-token-requests':
      return new ProblemError('rate-limited', {
        detail: 'There were too many attempts from this address.',
        remedy: 'Wait a moment, then try again.',
        ...retry,
      })
    case 'authentication-blocked':
      return new ProblemError(code, retry)
    case 'token-request-encoded':
      return new ProblemError('unsupported-media-type', { detail: 'The body must not be compressed.' })
    case 'malformed-token-request':
      return new ProblemError('invalid-request', details.description === undefined ? {} : { detail: details.description })
    default:
      return new ProblemError('temporarily-unavailable', { cause: error })
  }
}

const detail = 'The realm, the client id, the secret, the passkey or the link is not right, or the client or the person may not sign in.'
const check = 'Check all of them. A link signs in once, and only for some minutes.'

/** The same for every failure, so that it discloses nothing. An integrator has no audit log. */
const failed = {
  console: { detail, remedy: `${check} The audit log has the reason of a refusal.` },
  portal: { detail, remedy: `${check} If it stays so, ask the provider of the API, with the request id.` },
}

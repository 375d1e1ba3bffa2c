// Turns what goes wrong between this server and the identity provider into the few words that the sign-in page explains. The errors are those of
// openid-client, told apart by their codes, so that this module needs not load it.
import { FetchBusyError } from '../outbound/fetch-error.ts'
import { SignInRefusal } from './sign-in-refusal.ts'

/** Its answer did not come, or is none. */
const awayCodes: ReadonlySet<string> = new Set([
  'OAUTH_TIMEOUT',
  'OAUTH_ABORT',
  'OAUTH_PARSE_ERROR',
  'OAUTH_RESPONSE_IS_NOT_CONFORM',
  'OAUTH_RESPONSE_IS_NOT_JSON',
  'OAUTH_MISSING_SERVER_METADATA',
  'OAUTH_INVALID_SERVER_METADATA',
  'OAUTH_HTTP_REQUEST_FORBIDDEN',
  'OAUTH_REQUEST_PROTOCOL_FORBIDDEN',
])

/** @param isDiscovery its document has another issuer if a comparison failed; elsewhere an answer is about another person */
export function toSignInRefusal(cause: unknown, isDiscovery = false): SignInRefusal {
  if (cause instanceof SignInRefusal) return cause
  if (isBusy(cause)) return new SignInRefusal('idp-away', 'idp-busy', { cause })
  const { code, error, status } = (cause ?? {}) as { readonly code?: unknown; readonly error?: unknown; readonly status?: unknown }
  switch (code) {
    case 'OAUTH_AUTHORIZATION_RESPONSE_ERROR':
      return new SignInRefusal('idp-refused', 'idp-refused', { cause })
    case 'OAUTH_RESPONSE_BODY_ERROR':
      // Of the code, and not of this server's client or of the server behind.
      return error === 'invalid_grant' && typeof status === 'number' && status < 500
        ? new SignInRefusal('sign-in-invalid', 'idp-code', { cause })
        : new SignInRefusal('idp-away', 'idp-token-endpoint', { cause })
    case 'OAUTH_WWW_AUTHENTICATE_CHALLENGE':
      return new SignInRefusal('idp-away', 'idp-token-endpoint', { cause })
    default:
      if (isDiscovery && code === 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED')
        return new SignInRefusal('idp-away', 'idp-other-issuer', { cause })
      if (typeof code === 'string' && code.startsWith('OAUTH_') && !awayCodes.has(code))
        return new SignInRefusal('sign-in-invalid', 'idp-answer', { cause })
      return new SignInRefusal('idp-away', 'idp-away', { cause })
  }
}

/** This server has too much to do: nothing was asked. */
export function isBusy(cause: unknown): boolean {
  return cause instanceof Error && (cause instanceof FetchBusyError || isBusy(cause.cause))
}

/** For the log of this server: what the library says, and an error code of the identity provider. Never a token or a description of its own. */
export function describeCause({ cause }: Error): { readonly reason?: string; readonly code?: string; readonly error?: string } {
  if (!(cause instanceof Error)) return {}
  const { code, error, cause: below } = cause as Error & { readonly code?: unknown; readonly error?: unknown }
  const message = below instanceof Error && code === undefined ? `${cause.message}: ${below.message}` : cause.message
  return {
    reason: message.slice(0, 200),
    ...(typeof code === 'string' && { code }),
    ...(typeof error === 'string' && /^[a-z_]{1,40}$/.test(error) && { error }),
  }
}

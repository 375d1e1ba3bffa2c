// One error for everything that can fail between this process and the token endpoint. Wrong use of this package is a
// TypeError instead.

/** What to do next, by code. */
const remedies = {
  // From the server (RFC 6749 §5.2, RFC 8707 §2, and the codes that are common for overload).
  invalid_client:
    'Check the client id, the secret and the token URL, and that the client is enabled; after a rotation pass the new secret to updateSecret().',
  invalid_request: 'Check the token URL, and whether the server wants the credentials by "basic" or in the "body".',
  invalid_grant: 'Ask the operator whether client_credentials is allowed for this client.',
  unauthorized_client: 'Ask the operator whether client_credentials is allowed for this client.',
  unsupported_grant_type: 'Check that the token URL is that of an OAuth2 server with client_credentials.',
  invalid_scope: 'Ask for scopes that this client has been granted.',
  invalid_target: 'Check "resource" against the APIs that the server knows.',
  too_many_requests:
    'Share one token provider in the process, and ask the operator for the limits; if the description says "blocked", correct the credentials.',
  temporarily_unavailable: 'Nothing to change here: it is tried again later.',
  server_error: 'Nothing to change here: it is tried again later.',
  // From this client.
  timeout: 'Check the network path and the load of the server.',
  network:
    'Check host, port, proxy and TLS certificate; after failed logins a server may refuse the connections of an address for a while.',
  redirect: 'Configure the URL that it finally leads to: the secret is never sent on to another place.',
  invalid_response: 'Check the URL and the realm in it; a proxy or a captive portal may also have answered in place of the server.',
  wrong_issuer: 'Set "issuer" to exactly what its metadata says; a trailing slash is another issuer.',
  untrusted_endpoint: 'If you trust that server with the secret, pass its token endpoint as "tokenUrl" in place of "issuer".',
  response_too_large: 'Check the URL: something else than a token endpoint has answered.',
  unusable_fetch:
    'Pass a fetch that returns standard responses, such as that of Node 20; a mock returns for example Response.json({ access_token: "a" }).',
  secret_unavailable: 'Check the function that was given as "clientSecret".',
  key_unavailable: 'Check what was given to privateKeyJwt().',
  gated: '',
} as const

/** Stable; a server may send others (RFC 6749 §5.2 leaves the list open). */
export type TokenRequestErrorCode = keyof typeof remedies | (string & Record<never, never>)

export interface TokenRequestFailure {
  readonly code: TokenRequestErrorCode
  /** One sentence: what happened. */
  readonly summary: string
  /** What to do next, if it is not what the code says. */
  readonly remedy?: string | undefined
  readonly status?: number | undefined
  readonly description?: string | undefined
  readonly errorUri?: string | undefined
  readonly requestId?: string | undefined
  readonly retryAfterSeconds?: number | undefined
  readonly cause?: unknown
}

/**
 * No token could be obtained. `code` is the OAuth `error` of the server (RFC 6749 §5.2), or a code of the client (`timeout`,
 * `network`, `redirect`, `invalid_response`, `wrong_issuer`,
 * `untrusted_endpoint`, `response_too_large`, `unusable_fetch`, `secret_unavailable`, `key_unavailable`, `gated`). The message
 * says what happened and what to do next; neither it nor any member contains a secret, a key, an assertion or a token.
 */
export class TokenRequestError extends Error {
  override name = 'TokenRequestError'
  readonly code: TokenRequestErrorCode
  /** HTTP status, where there was a response. */
  readonly status: number | undefined
  /** `error_description` of the server, printable ASCII. */
  readonly description: string | undefined
  /** `error_uri` of the server: a page with causes and remedies. */
  readonly errorUri: string | undefined
  /** `X-Request-Id` of the response, by which an operator finds the reason in the audit log. */
  readonly requestId: string | undefined
  /** Seconds until the next request: the server's Retry-After, or the remaining backoff of this provider. */
  readonly retryAfterSeconds: number | undefined

  constructor(failure: TokenRequestFailure) {
    super(toMessage(failure), failure.cause === undefined ? undefined : { cause: failure.cause })
    this.code = failure.code
    this.status = failure.status
    this.description = failure.description
    this.errorUri = failure.errorUri
    this.requestId = failure.requestId
    this.retryAfterSeconds = failure.retryAfterSeconds
  }
}

function toMessage({ code, summary, remedy = remedyOf(code), description, errorUri, requestId }: TokenRequestFailure): string {
  const parts = [
    summary,
    description && `The server says: "${description}".`,
    remedy,
    errorUri && `See ${errorUri}`,
    requestId && `(Request ${requestId})`,
  ]
  return parts.filter(Boolean).join(' ')
}

function remedyOf(code: TokenRequestErrorCode): string {
  return Object.hasOwn(remedies, code) ? remedies[code as keyof typeof remedies] : ''
}

// Why a rotation failed. If no token can be obtained, the error is a TokenRequestError instead.

/** What to do next, by code; errors of the server come with their own remedy. */
const remedies = {
  'rotation-in-progress':
    'Finish it where it was started, or give this process both secrets as [newer, older]. To start over, cancel it first (an operator can do that, too).',
  'rotation-of-the-operator':
    'Ask the operator for the new secret and store it here, alone or as [newer, older], then run this again; or ask the operator to cancel the rotation.',
  'server-too-old':
    'Update the server: version 0.1.0 accepts a token as proof for changing a secret, and this client does not send one. Until then, ask the operator to rotate the secret.',
  'new-secret-refused': 'Run it again: the old secret is still good, and both are stored.',
  'new-secret-not-shown': 'Run it again: what was started is then cancelled and begun anew.',
  'secret-not-stored':
    'Check that save() stores the secrets where "clientSecret" reads them; the old secret is still good. Then run it again.',
  'unknown-secret': 'Run it again; if it stays, ask the operator for the status of the rotation.',
  'not-found': 'Check "issuer", or give "rotationUrl": the address of /v1/me/secret-rotation at this server.',
} as const

/**
 * The `code` of the server's problem (`rotation-in-progress`, `old-secret-in-use`, `new-secret-unproven`, `no-rotation`,
 * `no-self-service-here`, `invalid-request`, …), a code of the client (`rotation-of-the-operator`, `server-too-old`,
 * `new-secret-refused`, `new-secret-not-shown`, `secret-not-stored`, `unknown-secret`), or a code of the exchange (`timeout`,
 * `network`, `redirect`, `invalid_response`, `response_too_large`, `unusable_fetch`).
 */
export type SecretRotationErrorCode = keyof typeof remedies | (string & Record<never, never>)

export interface SecretRotationFailure {
  readonly code: SecretRotationErrorCode
  /** What happened. */
  readonly summary: string
  readonly status?: number | undefined
  /** The server's remedy. */
  readonly remedy?: string | undefined
  readonly problemUri?: string | undefined
  readonly retryAfterSeconds?: number | undefined
}

/**
 * A rotation that could not be continued. The stored secrets still work, and {@link rotateSecret} continues from there when
 * it is run again. Neither the message nor any member contains a secret or a token.
 */
export class SecretRotationError extends Error {
  override name = 'SecretRotationError'
  readonly code: SecretRotationErrorCode
  /** HTTP status, where there was a response. */
  readonly status: number | undefined
  /** What to do next; also part of the message. */
  readonly remedy: string
  /** A page of the server with causes and remedies. */
  readonly problemUri: string | undefined
  /** The server's `Retry-After`, if it sent one: before that, another run is refused as well. */
  readonly retryAfterSeconds: number | undefined

  constructor({ code, summary, status, remedy = remedyOf(code), problemUri, retryAfterSeconds }: SecretRotationFailure) {
    super([summary, remedy, problemUri && `See ${problemUri}`].filter(Boolean).join(' '))
    this.code = code
    this.status = status
    this.remedy = remedy
    this.problemUri = problemUri
    this.retryAfterSeconds = retryAfterSeconds
  }
}

function remedyOf(code: string): string {
  return Object.hasOwn(remedies, code) ? remedies[code as keyof typeof remedies] : ''
}

// One token request (RFC 6749 §4.4.2): the form, the client's credentials, and the interpretation of the response. No cache,
// and no second request after a response.
import { formatBasic, parseTokenResponse, TokenResponseSyntaxError, type TokenResponse } from '@countersign/protocol'
import { codeOfStatus } from './exchange-error.ts'
import { requestJson, type Http, type JsonResponse } from './json-request.ts'
import type { ClientAuthentication, TokenTarget } from './options.ts'
import { TokenRequestError } from './token-request-error.ts'

export interface TokenRequest {
  readonly tokenUrl: string
  readonly clientId: string
  readonly clientSecret: string
  /** All secrets, tried or not, that error messages must not contain. */
  readonly secretsInUse: readonly string[]
  readonly clientAuthentication: ClientAuthentication
  readonly target: TokenTarget
}

/** @throws TokenRequestError */
export async function requestToken(http: Http, request: TokenRequest): Promise<TokenResponse> {
  const { tokenUrl, clientId, clientSecret, clientAuthentication, target } = request
  const form = new URLSearchParams({ grant_type: 'client_credentials' })
  const headers = new Headers({ 'content-type': 'application/x-www-form-urlencoded' })
  if (target.scope !== '') form.set('scope', target.scope)
  if (target.resource !== undefined) form.set('resource', target.resource)
  if (clientAuthentication === 'basic') {
    headers.set('authorization', formatBasic({ clientId, clientSecret }))
  } else {
    form.set('client_id', clientId)
    form.set('client_secret', clientSecret)
  }
  // Repeatable: at worst an unused token is issued.
  const response = await requestJson(http, tokenUrl, { method: 'POST', headers, body: form.toString() }, { isRepeatable: true })
  if (response.status < 200 || response.status > 299) throw toError(request, response)
  try {
    return parseTokenResponse(response.body)
  } catch (error) {
    if (!(error instanceof TokenResponseSyntaxError)) throw error
    const reason = response.body === undefined ? 'The token response is not JSON' : error.message
    throw new TokenRequestError({ code: 'invalid_response', summary: `"${tokenUrl}": ${reason}.`, status: response.status })
  }
}

function toError(request: TokenRequest, { status, body, requestId, retryAfterSeconds }: JsonResponse): TokenRequestError {
  const { error, error_description, error_uri } = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>
  const named = toPrintable(error, request)
  const code = named !== undefined && /^[\w.:/-]{1,100}$/.test(named) ? named : status === 401 ? 'invalid_client' : codeOfStatus(status)
  return new TokenRequestError({
    code,
    summary: `"${request.tokenUrl}" rejected the token request: ${code} (HTTP ${status}).`,
    status,
    description: toPrintable(error_description, request),
    errorUri: toPrintable(error_uri, request),
    requestId: toPrintable(requestId, request),
    retryAfterSeconds,
  })
}

/** Text of the server, safe for logs: one line of at most 500 characters; `undefined` if it echoes a secret. */
export function toPrintable(
  text: unknown,
  { clientId, secretsInUse }: Pick<TokenRequest, 'clientId' | 'secretsInUse'>,
): string | undefined {
  if (typeof text !== 'string' || text === '') return undefined
  const sentForms = secretsInUse.flatMap((clientSecret) => [
    clientSecret,
    new URLSearchParams({ s: clientSecret }).toString().slice('s='.length),
    formatBasic({ clientId, clientSecret }).slice('Basic '.length),
  ])
  if (sentForms.some((form) => text.includes(form))) return undefined
  return text.replace(/[^\x20-\x7E]+/g, ' ').slice(0, 500)
}

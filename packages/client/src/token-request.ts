// One token request (RFC 6749 §4.4): the form, the client's credentials, and what the answer means. No cache, and no
// second request after an answer.
import { formatBasic, parseTokenResponse, TokenResponseSyntaxError, type TokenResponse } from '@countersign/protocol'
import { codeOfStatus, requestJson, type Http, type JsonResponse } from './json-request.ts'
import type { ClientAuthentication, TokenTarget } from './options.ts'
import { TokenRequestError } from './token-request-error.ts'

export interface TokenRequest {
  readonly tokenUrl: string
  readonly clientId: string
  readonly clientSecret: string
  /** All that must not be shown, whichever of them is tried. */
  readonly secretsInUse: readonly string[]
  readonly clientAuthentication: ClientAuthentication
  readonly target: TokenTarget
}

/** @throws TokenRequestError */
export async function requestToken(http: Http, request: TokenRequest): Promise<TokenResponse> {
  const { tokenUrl, clientId, clientSecret, clientAuthentication, target } = request
  const form = new URLSearchParams({ grant_type: 'client_credentials' })
  const headers = new Headers({ accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' })
  if (target.scope !== '') form.set('scope', target.scope)
  if (target.resource !== undefined) form.set('resource', target.resource)
  if (clientAuthentication === 'basic') {
    headers.set('authorization', formatBasic({ clientId, clientSecret }))
  } else {
    form.set('client_id', clientId)
    form.set('client_secret', clientSecret)
  }
  // At worst there is a token more that nobody uses.
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

/** The text of the server as it may stand in a log: one line, not endless, and none at all if it echoes a secret. */
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

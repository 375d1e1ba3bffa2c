// One token request (RFC 6749 §4.4.2): the form, the client's credentials, and the interpretation of the response. No cache,
// and no second request after a response.
import { parseTokenResponse, TokenResponseSyntaxError, type TokenResponse } from '@countersign/protocol'
import type { Attempt } from './client-credentials.ts'
import { codeOfStatus } from './exchange-error.ts'
import { requestJson, type Http, type JsonResponse } from './json-request.ts'
import type { TokenTarget } from './options.ts'
import { toPrintable, withoutQuery } from './printable.ts'
import { TokenRequestError } from './token-request-error.ts'

export interface TokenRequest {
  readonly tokenUrl: string
  readonly attempt: Attempt
  readonly target: TokenTarget
}

export interface TokenAnswer extends TokenResponse {
  readonly requestId: string | undefined
}

/** @throws TokenRequestError */
export async function requestToken(http: Http, request: TokenRequest): Promise<TokenAnswer> {
  const { tokenUrl } = request
  // Repeatable: at worst an unused token is issued.
  const response = await requestJson(http, tokenUrl, () => write(request), { isRepeatable: true })
  if (response.status < 200 || response.status > 299 || namesError(response.body)) throw toError(request, response)
  try {
    const token = parseTokenResponse(response.body)
    const isEchoedIn = (text: string) => text.includes(token.accessToken) || request.attempt.isEchoedIn(text)
    return { ...token, requestId: toPrintable(response.requestId, isEchoedIn) }
  } catch (error) {
    if (!(error instanceof TokenResponseSyntaxError)) throw error
    const reason = response.body === undefined ? 'The token response is not JSON' : error.message
    throw new TokenRequestError({ code: 'invalid_response', summary: `"${withoutQuery(tokenUrl)}": ${reason}.`, status: response.status })
  }
}

/** Some servers answer a refusal with the status 200. */
function namesError(body: unknown): boolean {
  const { error, access_token } = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>
  return typeof error === 'string' && error !== '' && typeof access_token !== 'string'
}

/** Anew for a request that is sent again: an assertion is accepted once, even if the response was lost. */
async function write({ attempt, target }: TokenRequest): Promise<RequestInit> {
  const form = new URLSearchParams({ grant_type: 'client_credentials' })
  const headers = new Headers({ 'content-type': 'application/x-www-form-urlencoded' })
  if (target.scope !== '') form.set('scope', target.scope)
  if (target.resource !== undefined) form.set('resource', target.resource)
  await attempt.write(form, headers)
  return { method: 'POST', headers, body: form.toString() }
}

function toError({ tokenUrl, attempt }: TokenRequest, response: JsonResponse): TokenRequestError {
  const { status, body, requestId, retryAfterSeconds } = response
  const read = (text: unknown) => toPrintable(text, attempt.isEchoedIn)
  const { error, error_description, error_uri } = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>
  const named = read(error)
  const code = named !== undefined && /^[\w.:/-]{1,100}$/.test(named) ? named : status === 401 ? 'invalid_client' : codeOfStatus(status)
  const { finding, remedy } = (code === 'invalid_client' && attempt.explainRefusal?.(response.serverTime)) || {}
  return new TokenRequestError({
    code,
    summary: [`"${withoutQuery(tokenUrl)}" rejected the token request: ${code} (HTTP ${status}).`, finding].filter(Boolean).join(' '),
    remedy,
    status,
    description: read(error_description),
    errorUri: read(error_uri),
    requestId: read(requestId),
    retryAfterSeconds,
  })
}

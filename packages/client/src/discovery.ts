// Finds the token endpoint of an issuer (OpenID Connect Discovery 1.0 §4).
import { codeOfStatus, requestJson, type Http } from './json-request.ts'
import { parseSafeUrl } from './safe-url.ts'
import { TokenRequestError } from './token-request-error.ts'

/**
 * The `token_endpoint` of the metadata. Its `issuer` must be exactly ours (§4.3): otherwise a document that was put in the
 * wrong place, or by somebody else, would decide where the secret goes.
 * @throws TokenRequestError
 */
export async function discoverTokenUrl(http: Http, issuer: string): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const { status, body, retryAfterSeconds } = await requestJson(
    http,
    url,
    { headers: { accept: 'application/json' } },
    { isRepeatable: true },
  )
  if (status !== 200) {
    const summary = `"${url}" returned HTTP ${status}.`
    throw new TokenRequestError({ code: codeOfStatus(status), summary, status, retryAfterSeconds })
  }
  const refuse = (reason: string) => new TokenRequestError({ code: 'invalid_response', summary: `"${url}": ${reason}.`, status })
  if (typeof body !== 'object' || body === null) throw refuse('expected a JSON object')
  const { issuer: namedIssuer, token_endpoint: tokenUrl } = body as Record<string, unknown>
  if (namedIssuer !== issuer) throw refuse(`"issuer" is not exactly "${issuer}"`)
  const parsed = typeof tokenUrl === 'string' ? parseSafeUrl(tokenUrl) : undefined
  // An issuer on https must not send the secret to a plain port of this machine.
  if (parsed === undefined || (parsed.protocol === 'http:' && issuer.startsWith('https:')))
    throw refuse('"token_endpoint" is not an https URL')
  return parsed.href
}

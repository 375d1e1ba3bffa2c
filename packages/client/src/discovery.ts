// Finds endpoints and keys of an issuer by its metadata (OpenID Connect Discovery 1.0 §4, RFC 8414).
import { parseSafeUrl } from '@countersign/protocol'
import type { Clock } from './clock.ts'
import { exchangeJson, type Fetch } from './exchange.ts'
import { codeOfStatus, ExchangeError, type ExchangeErrorCode } from './exchange-error.ts'

const limits = { maxBytes: 65_536, timeLimitMs: 5000, isRepeatable: true }

/**
 * Reads one URL from the metadata of `issuer`, at `{issuer}/.well-known/openid-configuration`. The `issuer` in it must be
 * exactly the one that was asked (RFC 8414 §3.3, OpenID Connect Discovery 1.0 §4.3; a trailing slash is another one):
 * otherwise a document in the wrong place would decide where secrets go and whose keys are trusted. The URL must be at the origin
 * of the issuer. Does not check that `issuer` is a safe URL.
 * @throws ExchangeError: as {@link exchangeJson}, `wrong_issuer` for the metadata of another issuer, `untrusted_endpoint` for a URL
 *   at another origin, `invalid_response` for a document
 *   that must not be used, or the code of the status.
 */
export async function discoverUrl(
  http: { readonly fetch: Fetch; readonly clock?: Clock },
  issuer: string,
  member: 'token_endpoint' | 'jwks_uri',
): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const { status, retryAfterSeconds, body } = await exchangeJson(url, {}, { ...http, ...limits })
  if (status !== 200)
    throw new ExchangeError({ code: codeOfStatus(status), summary: `"${url}" returned HTTP ${status}.`, status, retryAfterSeconds })
  const refuse = (reason: string, code: ExchangeErrorCode = 'invalid_response') =>
    new ExchangeError({ code, summary: `"${url}": ${reason}.`, status })
  if (typeof body !== 'object' || body === null) throw refuse('expected a JSON object')
  const metadata = body as Record<string, unknown>
  if (metadata['issuer'] !== issuer)
    throw refuse(
      `"issuer" is not exactly "${issuer}"${butFound(metadata['issuer'])}`,
      typeof metadata['issuer'] === 'string' ? 'wrong_issuer' : undefined,
    )
  const found = parseSafeUrl(metadata[member])
  // An issuer on https must not lead to a plain port of this machine.
  if (found === undefined || (found.protocol === 'http:' && issuer.startsWith('https:'))) throw refuse(`"${member}" is not an https URL`)
  const { origin } = new URL(issuer)
  // One forged line in the metadata must not decide where secrets go and whose keys are trusted (decisions/062).
  if (found.origin !== origin)
    throw refuse(`"${member}" is at "${found.origin}", and not at the origin of the issuer`, 'untrusted_endpoint')
  return found.href
}

/** Only what is a URL: the document is not trusted, and error messages are logged. */
function butFound(issuer: unknown): string {
  const url = parseSafeUrl(issuer)
  return url && String(issuer).length <= 200 ? `, but "${url.href}"` : ''
}

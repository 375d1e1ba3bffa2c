// One JSON document from the authorization server: the bounded exchange of the client package with the limits of the guard.
import { exchangeJson } from '@countersign/client/exchange'
import { parseSafeUrl } from '@countersign/protocol'
import { RemoteGuardError } from './remote-guard-error.ts'

export type Fetch = typeof globalThis.fetch

export interface JsonRequest {
  readonly fetch: Fetch
  readonly headers?: Readonly<Record<string, string>>
  readonly maxBytes: number
}

export interface JsonDocument {
  readonly status: number
  readonly etag: string | null
  readonly wwwAuthenticate: string | null
  readonly retryAfterSeconds: number | undefined
  /** The parsed body of a 200, otherwise `undefined`. */
  readonly body: unknown
}

const timeLimitMs = 5000

/** @throws TypeError for anything but an https URL (http only on loopback), and for credentials in the URL. */
export function requireSecureUrl(name: string, url: unknown): URL {
  const parsed = parseSafeUrl(url)
  if (parsed) return parsed
  throw new TypeError(`"${name}" is not an https URL without credentials; http is for localhost only`)
}

/**
 * Gets a URL. Does not check the shape of the document.
 * @throws ExchangeError as `exchangeJson`, TypeError for a URL that is not secure, RemoteGuardError for a 200 without JSON.
 */
export async function fetchJson(url: string, { fetch, headers: requestHeaders = {}, maxBytes }: JsonRequest): Promise<JsonDocument> {
  requireSecureUrl('url', url)
  const answer = await exchangeJson(
    url,
    { headers: requestHeaders },
    { fetch, maxBytes, timeLimitMs, isRepeatable: true, readsErrorBodies: false },
  )
  if (answer.status === 200 && answer.body === undefined) throw new RemoteGuardError('url', `${url} did not return JSON`)
  const { status, headers, retryAfterSeconds, body } = answer
  return { status, etag: headers.get('etag'), wwwAuthenticate: headers.get('www-authenticate'), retryAfterSeconds, body }
}

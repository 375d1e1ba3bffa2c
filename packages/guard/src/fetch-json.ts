// One JSON document from the authorization server, on terms that a broken or hostile answer cannot change: https, no
// redirects, a bound on bytes (after decompression) and on time.

export type Fetch = typeof globalThis.fetch

export interface JsonRequest {
  readonly fetch: Fetch
  readonly headers?: Readonly<Record<string, string>>
  readonly maxBytes: number
  readonly timeoutMs?: number
}

export interface JsonAnswer {
  readonly status: number
  readonly etag: string | null
  /** The parsed body of a 200, otherwise `undefined`. */
  readonly body: unknown
}

const usualTimeoutMs = 5000
const loopbackHost = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

/** @throws TypeError for what is not an https URL (http only on loopback), and for credentials in it. */
export function requireSecureUrl(name: string, url: unknown): URL {
  const parsed = typeof url === 'string' && URL.canParse(url) ? new URL(url) : undefined
  const isSecure = parsed?.protocol === 'https:' || (parsed?.protocol === 'http:' && loopbackHost.test(parsed.hostname))
  if (parsed && isSecure && parsed.username === '' && parsed.password === '') return parsed
  throw new TypeError(`"${name}" is not an https URL without credentials; http is for localhost only`)
}

/** Gets a URL. Rejects for anything but a complete answer within the bounds. Does not check the shape of the document. */
export async function fetchJson(url: string, request: JsonRequest): Promise<JsonAnswer> {
  requireSecureUrl('url', url)
  const { timeoutMs = usualTimeoutMs } = request
  const signal = AbortSignal.timeout(timeoutMs)
  const timedOut = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error(`${url} did not respond within ${timeoutMs} ms`)))
  })
  // Raced, because a fetch of the caller's own may not listen to the signal.
  return Promise.race([exchange(url, request, signal), timedOut])
}

async function exchange(url: string, { fetch, headers, maxBytes }: JsonRequest, signal: AbortSignal): Promise<JsonAnswer> {
  const response = await fetch(url, { headers: { accept: 'application/json', ...headers }, redirect: 'error', signal })
  const { status } = response
  const etag = response.headers.get('etag')
  if (response.redirected) throw new Error(`${url} returned a redirect, which is not followed`)
  if (status !== 200) {
    await response.body?.cancel()
    return { status, etag, body: undefined }
  }
  const text = await readText(url, response, maxBytes)
  try {
    return { status, etag, body: JSON.parse(text) }
  } catch {
    throw new Error(`${url} did not return JSON`)
  }
}

async function readText(url: string, response: Response, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let text = ''
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > maxBytes) throw new Error(`${url} returned more than ${maxBytes} bytes`)
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

// What a fetch that is not the runtime's own may lack: a mock, an old polyfill, a wrapper that has read the body. Without these checks
// its mistakes would look like those of the network.

/** Wrong use of this package. An exchange passes it on as an ExchangeError with the code `unusable_fetch`. */
export class UnusableFetchError extends TypeError {
  override name = 'UnusableFetchError'
}

/** @throws UnusableFetchError if `fetch` is no function, such as in an old runtime or in jsdom */
export function refuseMissingFetch(url: string, fetch: unknown): void {
  if (typeof fetch !== 'function') throw unusable(url, 'there is no function "fetch" in this environment')
}

/** @throws UnusableFetchError, naming what the response lacks */
export function refuseUnusableResponse(url: string, response: unknown): asserts response is Response {
  if (typeof response !== 'object' || response === null) throw unusable(url, `"fetch" returned ${kindOf(response)} in place of a response`)
  const { status, headers, type } = response as Partial<Response>
  if (typeof status !== 'number' || !Number.isInteger(status)) throw lacks(url, 'has no number "status"')
  if (status === 0 && type !== 'opaqueredirect') throw lacks(url, `has the status 0 (type "${type}"), so nothing of it can be read`)
  if (typeof headers?.get !== 'function') throw lacks(url, 'has no "headers" with a function "get"')
}

/** Null for a response without a body. @throws UnusableFetchError if the body is not an unread stream */
export function readerOf(url: string, { body, bodyUsed }: Response): ReadableStreamDefaultReader<unknown> | null {
  if (body === null) return null
  if (bodyUsed || body?.locked) throw lacks(url, 'has a "body" that was already read; read a clone() of it instead')
  if (typeof body?.getReader === 'function') return body.getReader()
  throw lacks(url, body === undefined ? 'has no "body"' : 'has a "body" that is no web stream: it has no function "getReader"')
}

/** Not by `instanceof`: in a test environment with a global object of its own, such as Jest's, that is false. */
export function requireBytes(url: string, chunk: unknown): Uint8Array {
  if (Object.prototype.toString.call(chunk) === '[object Uint8Array]') return chunk as Uint8Array
  throw lacks(url, `has a "body" whose chunks are not bytes (Uint8Array) but ${kindOf(chunk)}`)
}

function lacks(url: string, what: string): UnusableFetchError {
  return unusable(url, `the response of "fetch" ${what}`)
}

function unusable(url: string, what: string): UnusableFetchError {
  return new UnusableFetchError(`"${url}" could not be requested: ${what}.`)
}

/** Never the value itself, which may contain a secret. */
function kindOf(value: unknown): string {
  return value === null ? 'null' : typeof value
}

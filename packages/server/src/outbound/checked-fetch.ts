// `fetch` to the identity provider that an organization chose, and to what its documents name: permitted addresses only, without redirects and
// connections that are kept, within bounds of size and time.
import type { BoundedFetch } from './bounded-fetch.ts'
import { createCheckedRequest, readBytes, rejectAt, type CheckedRequestOptions } from './checked-request.ts'
import type { OutboundRules } from './outbound-rules.ts'

export interface CheckedFetchOptions extends CheckedRequestOptions {
  readonly maxMilliseconds?: number
}

const maxBytes = 262_144
const maxMilliseconds = 5000
/** A longer one is dropped: the library that reads a challenge takes a time that grows with the square of its length. Characters. */
const maxHeaderLength = 1000
/** The others say nothing to what reads the response. */
const passedOn = ['content-type', 'www-authenticate', 'cache-control'] as const

export function createCheckedFetch(rules: OutboundRules, options: CheckedFetchOptions = {}): BoundedFetch {
  const request = createCheckedRequest(rules, options)

  async function fetchOnce(url: string, { method = 'GET', headers, body }: RequestInit, signal: AbortSignal): Promise<Response> {
    const form = body instanceof URLSearchParams ? body.toString() : body
    if (typeof form !== 'string' && form !== undefined && form !== null) throw new TypeError('Expected a text or a form to send')
    const sent = Object.fromEntries(new Headers(headers).entries())
    const response = await request(url, { method, headers: sent, body: form ?? undefined, signal })
    const bytes = await readBytes(response, maxBytes)
    const answered = passedOn.flatMap((name) => {
      const value = response.headers[name]
      return value === undefined || value.length > maxHeaderLength ? [] : [[name, value] as const]
    })
    const { statusCode: status = 0 } = response
    return new Response(bytes.length === 0 ? null : new Uint8Array(bytes), { status, headers: Object.fromEntries(answered) })
  }

  return (url, init) => {
    const deadline = AbortSignal.timeout(options.maxMilliseconds ?? maxMilliseconds)
    const signal = init.signal ? AbortSignal.any([init.signal, deadline]) : deadline
    return Promise.race([fetchOnce(url, init, signal), rejectAt(signal)])
  }
}

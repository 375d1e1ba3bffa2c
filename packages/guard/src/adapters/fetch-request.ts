// The base of the adapters over web fetch: how the guard reads a request whose headers are joined, and how its answer becomes a Response.
import { isRequestId } from '@countersign/protocol'
import type { GuardRequest } from '../access.ts'
import type { DenialResponse } from '../denial-response.ts'

/** What is known beside the request itself. */
export interface FetchMatched {
  /** Default: that of the request, which costs something each time it is read. */
  readonly url?: string
  readonly params: GuardRequest['params']
  readonly route: string | undefined
  /** Whether anything is to be decided by the `Requestor-ID`. */
  readonly needsRequestor: boolean
  readonly readers: FetchReaders | undefined
}

/** Both are called for denials and listeners only. */
export interface FetchReaders {
  readonly readAddress: (() => string | undefined) | undefined
  readonly readRequestId: (() => string | undefined) | undefined
}

/** Its getters are for denials and listeners: an allowed request need not pay for them. */
export class FetchGuardRequest implements GuardRequest {
  readonly rawHeaders: readonly string[]
  readonly url: string
  readonly params: GuardRequest['params']
  readonly method: string
  readonly route: string | undefined
  readonly #headers: Headers
  readonly #readers: FetchReaders | undefined

  constructor(request: Request, { url = request.url, params, route, needsRequestor, readers }: FetchMatched) {
    const { headers } = request
    this.rawHeaders = rawHeadersOf((name) => headers.get(name), needsRequestor ? ['requestor-id'] : [])
    this.url = withoutFragment(url)
    this.params = params
    this.method = request.method
    this.route = route
    this.#headers = headers
    this.#readers = readers
  }

  get callerRequestId(): string | undefined {
    return this.#headers.get('x-request-id') ?? undefined
  }

  /** Not from a header such as `x-forwarded-for` or `cf-connecting-ip` unless the API says so: a caller can write any of them. */
  get address(): string | undefined {
    return readSafely(this.#readers?.readAddress)
  }

  /** Middleware such as that of Hono takes the caller's `X-Request-Id`. One of the form of our own ids must not become the id of a denial. */
  get requestId(): string | undefined {
    const id = readSafely(this.#readers?.readRequestId)
    return isRequestId(id) ? undefined : id
  }
}

/** For reports only: what a function of the API throws must not keep a request from its answer. */
function readSafely(read: (() => string | undefined) | undefined): string | undefined {
  try {
    return read?.()
  } catch {
    return undefined
  }
}

/** Whose lists need not be taken apart: a list is neither a UUID nor an id. */
const ofOneValue = ['requestor-id', 'x-request-id']

/**
 * The headers that the guard reads.
 * @param read the value of a header by its name in lower case, joined as `Headers` does if it was sent more than once
 * @param others beside the credentials
 */
export function rawHeadersOf(read: (name: string) => string | null | undefined, others: readonly string[] = ofOneValue): string[] {
  const rawHeaders: string[] = []
  const authorization = read('authorization')
  if (typeof authorization === 'string') for (const each of splitCredentials(authorization)) rawHeaders.push('authorization', each)
  for (const name of others) {
    const value = read(name)
    if (typeof value === 'string') rawHeaders.push(name, value)
  }
  return rawHeaders
}

// The end of what a list adds to credentials: nothing, a scheme alone, or a scheme with what follows it; not `name="value"` (RFC 9110 §11.6.2).
const credentials = /^(?:[A-Za-z][A-Za-z-]{0,19}|[\w!#$%&'*+.^`|~-]+ +[^ =].*)?$/

/**
 * `Headers` and gateways join repeated fields by commas (RFC 9110 §5.3). Credentials may have commas too, as those of Digest do, so only what
 * begins other credentials is another field. What is split wrongly is denied either way: two fields are, and so is a list.
 */
export function splitCredentials(value: string): string[] {
  if (!value.includes(',')) return [value]
  const fields: string[] = []
  for (const part of value.split(',')) {
    const trimmed = part.trim()
    if (fields.length > 0 && !credentials.test(trimmed)) fields.push(`${fields.pop()},${part}`)
    else fields.push(trimmed)
  }
  return fields
}

/** Only the query is looked at, and a fragment is no part of the request. */
function withoutFragment(url: string): string {
  const start = url.indexOf('#')
  return start < 0 ? url : url.slice(0, start)
}

/** The parameters that are one piece of text: of `[...path]` of Next.js, a list, no requirement can be met. */
export function textParams(params: Readonly<Record<string, unknown>> | undefined): Readonly<Record<string, string>> {
  // Nearly always they all are, and a copy without a prototype is slow to make and to read.
  for (const name in params) if (typeof params[name] !== 'string') return copyTexts(params)
  return (params ?? {}) as Readonly<Record<string, string>>
}

function copyTexts(params: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const texts = Object.create(null) as Record<string, string>
  for (const [name, value] of Object.entries(params)) if (typeof value === 'string') texts[name] = value
  return texts
}

export function toResponse({ status, headers, body }: DenialResponse, method: string): Response {
  return new Response(method === 'HEAD' ? null : body, { status, headers })
}

/**
 * With the fields of the rate, unless the handler set them. A copy of what cannot be changed, such as a response of fetch, and of one without
 * a body: a handler may send it again, and the next caller must not get the rate of this one.
 */
export function withHeaders(response: Response, headers: Readonly<Record<string, string>> | undefined): Response {
  // A copy of an upgrade would not upgrade, and one of Response.error() cannot be made.
  if (!headers || !response?.headers || response.status < 200) return response
  const own = response.body === null ? new Response(null, response) : response
  try {
    return addTo(own, headers)
  } catch {
    return addTo(new Response(own.body, own), headers)
  }
}

function addTo(response: Response, headers: Readonly<Record<string, string>>): Response {
  const own = response.headers
  for (const name in headers) if (!own.has(name)) own.set(name, headers[name] as string)
  return response
}

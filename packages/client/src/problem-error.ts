// An API's refusal as an error: its problem document (RFC 9457), its challenge (RFC 6750 §3) and its Retry-After. Made from what an HTTP
// library has read; reading a response is in read-problem.ts.
import { parseBearerChallenge, type FieldError, type ProblemCode } from '@countersign/protocol'
import { toPrintable, toRequestId } from './printable.ts'
import { parseRetryAfter } from './retry-after.ts'
import { echoOf } from './sent-token.ts'

export interface ProblemFacts {
  /** The last part of the problem type, such as `dpa-missing`; without a type `http-` and the status. */
  readonly code: ProblemCode | (string & Record<never, never>)
  readonly status: number
  /** `type`: the page of the problem, `about:blank` if there is none. */
  readonly type: string
  readonly title: string
  readonly detail: string | undefined
  /** What to do next, if the API says so; every API behind a guard of Countersign does. */
  readonly remedy: string | undefined
  /** By which the operator of the API finds the reason: `X-Request-Id`, or the id in `instance`. */
  readonly requestId: string | undefined
  readonly retryAfterSeconds: number | undefined
  /** The scope that the request needs, by the challenge of `insufficient_scope`. */
  readonly scope: string | undefined
  /** The invalid members of a request; at most 20. */
  readonly errors: readonly FieldError[]
}

/** A request that an API refused with a problem document. Neither the message nor any member contains the token. */
export class ProblemError extends Error implements ProblemFacts {
  override name = 'ProblemError'
  readonly code: ProblemFacts['code']
  readonly status: number
  readonly type: string
  readonly title: string
  readonly detail: string | undefined
  readonly remedy: string | undefined
  readonly requestId: string | undefined
  readonly retryAfterSeconds: number | undefined
  readonly scope: string | undefined
  readonly errors: readonly FieldError[]

  constructor(facts: ProblemFacts) {
    super(toMessage(facts))
    this.code = facts.code
    this.status = facts.status
    this.type = facts.type
    this.title = facts.title
    this.detail = facts.detail
    this.remedy = facts.remedy
    this.requestId = facts.requestId
    this.retryAfterSeconds = facts.retryAfterSeconds
    this.scope = facts.scope
    this.errors = facts.errors
  }

  /**
   * The problem in an error of axios, got or ky, whose response was read; undefined if there is none. For a response of fetch or undici, see
   * {@link readProblem}.
   */
  static from(error: unknown): ProblemError | undefined {
    if (error instanceof ProblemError) return error
    const { response, data } = membersOf(error)
    const { status, statusCode, headers, data: responseData, body } = membersOf(response)
    const answer = { status: status ?? statusCode, header: headerGetter(headers), body: firstRead(data, responseData, body) }
    const isEchoedIn = echoOf(error)
    return typeof answer.status === 'number'
      ? toProblem({ ...answer, status: answer.status, ...(isEchoedIn && { isEchoedIn }) })
      : undefined
  }
}

/** What was read of a response. */
export interface ProblemAnswer {
  readonly status: number
  readonly header: (name: string) => string | null | undefined
  /** The parsed JSON, its text, or its bytes; anything else counts as not read. */
  readonly body: unknown
  /** Whether a text contains the token that was sent. */
  readonly isEchoedIn?: (text: string) => boolean
}

export function isProblem({ status, header }: Pick<ProblemAnswer, 'status' | 'header'>): boolean {
  return status >= 400 && /^application\/problem\+json\s*(?:;|$)/i.test(header('content-type') ?? '')
}

/** Undefined for a response that does not say that it is a problem. One whose body is damaged is described by its status and headers. */
export function toProblem(answer: ProblemAnswer): ProblemError | undefined {
  if (!isProblem(answer)) return undefined
  const { status, header } = answer
  const document = parseBody(answer.body)
  const read = (text: unknown) => toPrintable(text, (given) => looksLikeToken(given) || answer.isEchoedIn?.(given) === true)
  const type = read(document['type']) ?? 'about:blank'
  const challenge = parseBearerChallenge(header('www-authenticate'))
  return new ProblemError({
    code: codeOf(type) ?? `http-${status}`,
    status,
    type,
    title: read(document['title']) ?? `HTTP ${status}`,
    detail: read(document['detail']),
    remedy: read(document['remedy']),
    requestId: read(toRequestId(header('x-request-id')) ?? toRequestId(idOf(document['instance']))),
    retryAfterSeconds: parseRetryAfter(header('retry-after') ?? null, header('date') ?? null),
    scope: read(challenge?.scope),
    errors: readErrors(document['errors'], read),
  })
}

/** `https://auth.example.com/problems/dpa-missing`, `urn:problem-type:dpa-missing` */
function codeOf(type: string): string | undefined {
  return type === 'about:blank' ? undefined : /[/:#]([A-Za-z0-9._-]{1,100})\/?$/.exec(type)?.[1]
}

function idOf(instance: unknown): string | undefined {
  return typeof instance === 'string' ? /^urn:request:(.*)$/.exec(instance)?.[1] : undefined
}

const maxErrors = 20

function readErrors(errors: unknown, read: (text: unknown) => string | undefined): readonly FieldError[] {
  if (!Array.isArray(errors)) return []
  return errors.slice(0, maxErrors).flatMap((error: unknown) => {
    const { pointer, detail } = membersOf(error)
    const [where, what] = [read(pointer) ?? '', read(detail)]
    return what === undefined ? [] : [{ pointer: where, detail: what }]
  })
}

/** A credential that a careless API repeats; also one that is not the token of this request. In linear time, whatever the API wrote. */
function looksLikeToken(text: string): boolean {
  if (/\bBearer\s+(?=[\w~+/.=-]*\d)[\w~+/.=-]{16,}/i.test(text)) return true
  // Each run of letters that has another one behind it, and a dot behind that.
  for (const [run] of text.matchAll(/(?<![\w-])[\w-]+(?=\.[\w-]+\.)/g)) if (/\beyJ[\w-]{8,}/.test(run)) return true
  return false
}

export const maxProblemBytes = 65_536

function parseBody(body: unknown): Record<string, unknown> {
  try {
    const text = isBytes(body) && body.byteLength <= maxProblemBytes ? new TextDecoder().decode(body) : body
    const parsed: unknown = typeof text === 'string' && text.length <= maxProblemBytes ? JSON.parse(text) : text
    return Array.isArray(parsed) || isBytes(parsed) ? {} : membersOf(parsed)
  } catch {
    return {}
  }
}

/** Not by `instanceof`: see requireBytes() in usable-response.ts. */
function isBytes(body: unknown): body is Uint8Array {
  return Object.prototype.toString.call(body) === '[object Uint8Array]'
}

function firstRead(...bodies: unknown[]): unknown {
  return bodies.find((body) => body !== undefined && body !== null)
}

/** For headers as an object with `get`, and as a record of names in lower case. */
export function headerGetter(headers: unknown): (name: string) => string | null | undefined {
  const { get } = membersOf(headers)
  return (name) => {
    const value: unknown = typeof get === 'function' ? get.call(headers, name) : membersOf(headers)[name]
    return Array.isArray(value) ? value.join(', ') : typeof value === 'string' ? value : undefined
  }
}

function membersOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function toMessage({ status, code, title, detail, remedy, requestId }: ProblemFacts): string {
  const sentence = detail ?? title
  const parts = [`The API refused the request: ${code} (HTTP ${status}).`, /[.!?]$/.test(sentence) ? sentence : `${sentence}.`, remedy]
  return [...parts, requestId && `(Request ${requestId})`].filter(Boolean).join(' ')
}

// The base of the adapters over node:http: how the guard reads an IncomingMessage, and how a denial is written to a ServerResponse.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isRequestId } from '@countersign/protocol'
import type { GuardRequest } from '../access.ts'
import type { DenialResponse } from '../denial-response.ts'
import type { RateHeaders } from '../tier-rate.ts'

/** What the framework knows of a request and node:http does not. */
export interface Matched {
  readonly url: string
  /** The parameters of the route, decoded once. */
  readonly params: GuardRequest['params']
  readonly route: string | undefined
  /** What has the address by the rule of the framework for proxies. Default: the peer of the socket. */
  readonly from?: { readonly ip?: string | undefined }
}

/** Its getters are for denials and listeners: an allowed request need not pay for them. */
export class NodeGuardRequest implements GuardRequest {
  readonly rawHeaders: readonly string[]
  readonly url: string
  readonly params: GuardRequest['params']
  readonly method: string | undefined
  readonly route: string | undefined
  readonly #message: IncomingMessage & { readonly id?: unknown }
  readonly #from: Matched['from']

  constructor(message: IncomingMessage, { url, params, route, from }: Matched) {
    this.rawHeaders = message.rawHeaders
    this.url = url
    this.params = params
    this.method = message.method
    this.route = route
    this.#message = message
    this.#from = from
  }

  get address(): string | undefined {
    return this.#from ? this.#from.ip : this.#message.socket?.remoteAddress
  }

  /** As pino-http and others set it. One of the form of our own ids may be chosen by the caller, so it must not become the id of a denial. */
  get requestId(): string | undefined {
    const { id } = this.#message
    const text = typeof id === 'number' ? String(id) : id
    return typeof text === 'string' && !isRequestId(text) ? text : undefined
  }
}

/** Keeps the headers that others have set, such as those of CORS. The response to HEAD gets no body: node:http drops it. */
export function sendDenial(response: ServerResponse, { status, headers, body }: DenialResponse): void {
  if (response.headersSent || response.destroyed) return
  response.statusCode = status
  for (const name in headers) response.setHeader(name, headers[name] as string)
  response.end(body)
}

/** To a response that the handler will send. */
export function addHeaders(response: ServerResponse, headers: RateHeaders | undefined): void {
  if (!headers || response.headersSent) return
  response.setHeader('ratelimit-policy', headers['ratelimit-policy'])
  response.setHeader('ratelimit', headers.ratelimit)
}

/** For frameworks without a log. */
export function createUndecidedWarning(): (cause: unknown) => void {
  return createWarning('The guard could not decide on a request')
}

/** A warning of the process, at most one a minute, so that an outage does not fill the disk. */
export function createWarning(
  what: string,
  warn: (text: string) => void = (text) => process.emitWarning(text, 'CountersignGuardWarning'),
  clock: () => number = Date.now,
): (cause: unknown) => void {
  let warnedAt = -Infinity
  let untold = 0
  return (cause) => {
    untold++
    const now = clock()
    if (Math.abs(now - warnedAt) < 60_000) return
    const more = untold > 1 ? ` (and ${untold - 1} times before)` : ''
    warnedAt = now
    untold = 0
    warn(`${what}${more}: ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}`)
  }
}

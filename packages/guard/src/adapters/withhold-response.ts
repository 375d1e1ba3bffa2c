// Withholds what a middleware of Express or Koa answers if nothing on the way of the request says that it is guarded or open.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { DenialResponse } from '../denial-response.ts'
import { isPlainAnswer } from './options-answer.ts'
import { RequestState } from './request-state.ts'

/** The 500 for a defect, which it tells. */
export type RefusalOf = (defect: unknown, request: IncomingMessage) => DenialResponse

type Method = 'writeHead' | 'write' | 'end' | 'flushHeaders'
type Methods = Record<Method, (...given: unknown[]) => unknown>

/**
 * Returns a function that adds the check to a response. Errors pass, as what finds no route is answered with one, and so does OPTIONS without
 * content, as routers and CORS answer it.
 */
export function createResponseGuard(refusalOf: RefusalOf): (response: ServerResponse) => void {
  function isWithheld(response: ServerResponse, state: RequestState, status: number, isPlainOptions: boolean): boolean {
    if (state.answering !== undefined) return state.answering === 'withheld'
    if (state.isDeclared || status >= 400 || isPlainOptions || response.headersSent) {
      state.answering = 'passing'
      return false
    }
    state.answering = 'refusing'
    const { status: refused, headers, body } = refusalOf(new TypeError(describe(response.req)), response.req)
    for (const name of response.getHeaderNames()) if (!/^(?:access-control-|vary$)/.test(name)) response.removeHeader(name)
    response.statusCode = refused
    for (const name in headers) response.setHeader(name, headers[name] as string)
    // Not response.end(): this may have been called by a middleware in the midst of its own, such as one that compresses.
    innerOf(response, state).end.call(response, body)
    state.answering = 'withheld'
    return true
  }

  function innerOf(response: ServerResponse, state: RequestState): Methods {
    return (state.overridden ?? Object.getPrototypeOf(response)) as Methods
  }

  /** Whether there is neither content nor an end yet, so that the head of an answer to OPTIONS can wait for it. */
  function isHeadOnly(name: Method, state: RequestState, given: readonly unknown[]): boolean {
    if (name === 'writeHead') state.head = given
    return name !== 'end' && (name !== 'write' || given[0] === '')
  }

  function checked(name: Method, returned: true | undefined) {
    return function (this: ServerResponse, ...given: unknown[]): unknown {
      const state = RequestState.of(this.req)
      const inner = innerOf(this, state)
      if (state.answering === 'passing') return inner[name].apply(this, given)
      const isOptions = this.req.method === 'OPTIONS' && state.answering === undefined && !state.isDeclared && !this.headersSent
      if (isOptions && isHeadOnly(name, state, given)) return returned ?? this
      const { head } = state
      state.head = undefined
      const status = Number((name === 'writeHead' ? given : head)?.[0] ?? this.statusCode)
      if (!isWithheld(this, state, status, isOptions && isPlainAnswer(contentIn(given), hasAllow(this, head)))) {
        if (head) inner.writeHead.apply(this, [...head])
        return inner[name].apply(this, given)
      }
      const done = given.at(-1)
      if (typeof done === 'function') process.nextTick(done as () => void)
      return returned ?? this
    }
  }

  const checks: Methods = {
    writeHead: checked('writeHead', undefined),
    write: checked('write', true),
    end: checked('end', undefined),
    flushHeaders: checked('flushHeaders', undefined),
  }
  return (response) => {
    const target = response as unknown as Methods
    const inherited = Object.getPrototypeOf(response) as Methods
    const { writeHead, write, end, flushHeaders } = target
    // Another middleware before may have put its own.
    if (end !== inherited.end || writeHead !== inherited.writeHead || write !== inherited.write || flushHeaders !== inherited.flushHeaders)
      RequestState.of(response.req).overridden = { writeHead, write, end, flushHeaders }
    target.writeHead = checks.writeHead
    target.write = checks.write
    target.end = checks.end
    target.flushHeaders = checks.flushHeaders
  }
}

/** `url` is without what routers and apps above cut off. */
function describe({ method = '', url = '', originalUrl = url }: IncomingMessage & { readonly originalUrl?: string }): string {
  const path = originalUrl.replace(/\?.*/s, '')
  return `${method} ${path} was answered, and nothing on its way is guarded() or open; put one of them before what answers it`
}

function contentIn([first]: readonly unknown[]): unknown {
  return typeof first === 'function' ? undefined : first
}

/** @param head what was given to `writeHead()` */
function hasAllow(response: ServerResponse, head: readonly unknown[] = []): boolean {
  const given = head.findLast((each) => typeof each === 'object' && each !== null) ?? {}
  return response.hasHeader('allow') || Object.keys(given).some((name) => name.toLowerCase() === 'allow')
}

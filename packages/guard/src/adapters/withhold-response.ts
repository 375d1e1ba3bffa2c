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
  function isWithheld(response: ServerResponse, state: RequestState, status: number, content: unknown): boolean {
    if (state.answering !== undefined) return state.answering === 'withheld'
    const request = response.req
    const isOptions = request.method === 'OPTIONS'
    if (isOptions && isPlainAnswer(content, response.hasHeader('allow'))) return false // There may be content to come.
    if (state.isDeclared || status >= 400 || (response.headersSent && !isOptions)) {
      state.answering = 'passing'
      return false
    }
    state.answering = 'refusing'
    const { status: refused, headers, body } = refusalOf(new TypeError(describe(request)), request)
    if (response.headersSent) {
      response.destroy()
      state.answering = 'withheld'
      return true
    }
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

  function checked(name: Method, returned: true | undefined) {
    return function (this: ServerResponse, ...given: unknown[]): unknown {
      const state = RequestState.of(this.req)
      const [first] = given
      const [status, content] = name === 'writeHead' ? [Number(first)] : [this.statusCode, typeof first === 'function' ? undefined : first]
      if (state.answering === 'passing' || !isWithheld(this, state, status, content)) return innerOf(this, state)[name].apply(this, given)
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
  return `${method} ${originalUrl.replace(/\?.*/s, '')} was answered, and nothing on its way is guarded() or open`
}

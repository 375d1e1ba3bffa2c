// Withholds what a middleware of Express answers if nothing on the way of the request says that it is guarded or open.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { RequestState } from './request-state.ts'

/** Answers a request with 500, and tells why. */
export type Refuse = (defect: unknown, request: IncomingMessage, response: ServerResponse) => void

type Method = 'writeHead' | 'write' | 'end' | 'flushHeaders'
type Methods = Record<Method, (...given: unknown[]) => unknown>

/**
 * Returns a function that adds the check to a response. Errors pass, as what finds no route is answered with one, and so does OPTIONS, which
 * routers and CORS answer.
 */
export function createResponseGuard(refuse: Refuse): (response: ServerResponse) => void {
  const overridden = new WeakMap<ServerResponse, Methods>()

  function isWithheld(response: ServerResponse, status: number): boolean {
    const request = response.req
    const state = RequestState.of(request)
    if (state.answering !== undefined) return state.answering === 'withheld'
    const { method = '', url = '' } = request
    if (state.isDeclared || status >= 400 || method === 'OPTIONS' || response.headersSent) {
      state.answering = 'passing'
      return false
    }
    state.answering = 'refusing'
    for (const name of response.getHeaderNames()) if (!/^(?:access-control-|vary$)/.test(name)) response.removeHeader(name)
    const what = `${method} ${url.replace(/\?.*/s, '')} was answered, and nothing on its way is guarded() or open`
    refuse(new TypeError(what), request, response)
    state.answering = 'withheld'
    return true
  }

  function checked(name: Method, returned: true | undefined) {
    return function (this: ServerResponse, ...given: unknown[]): unknown {
      if (!isWithheld(this, name === 'writeHead' ? Number(given[0]) : this.statusCode)) {
        const methods = overridden.get(this) ?? (Object.getPrototypeOf(this) as Methods)
        return methods[name].apply(this, given)
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
    // Another middleware before may have put its own.
    if (Object.hasOwn(response, 'end') || Object.hasOwn(response, 'writeHead') || Object.hasOwn(response, 'write')) {
      const { writeHead, write, end, flushHeaders } = target
      overridden.set(response, { writeHead, write, end, flushHeaders })
    }
    target.writeHead = checks.writeHead
    target.write = checks.write
    target.end = checks.end
    target.flushHeaders = checks.flushHeaders
  }
}

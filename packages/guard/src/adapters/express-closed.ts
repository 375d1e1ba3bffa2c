// Closes what says nothing: a route of Express before its first handler runs, and any other middleware when it answers.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { faultOfRoute, methodOf } from './express-declarations.ts'
import type { ExpressRoute } from './express-template.ts'
import type { RequestState } from './request-state.ts'
import type { Declarations } from './route-rule.ts'

/** Answers a request with 500, and tells why. */
export type Refuse = (defect: unknown, request: IncomingMessage, response: ServerResponse) => void

export class RouteWatch {
  readonly #declarations: Declarations
  readonly #refuse: Refuse

  constructor(declarations: Declarations, refuse: Refuse) {
    this.#declarations = declarations
    this.#refuse = refuse
  }

  /** Express sets `req.route` before it calls the handlers of a route, also in routers and apps that are mounted. */
  watch(state: RequestState, request: IncomingMessage, response: ServerResponse): void {
    let route: ExpressRoute | undefined
    Object.defineProperty(request, 'route', {
      configurable: true,
      enumerable: true,
      get: () => route,
      set: (matched: ExpressRoute | undefined) => {
        route = matched
        if (matched && !state.isDeclared) this.#closeUndeclared(matched, request.method ?? '')
      },
    })
    withholdUndeclared(state, request, response, this.#refuse)
  }

  /**
   * Puts a refusal before the handlers of the route, for good. Throwing here would end the process where a middleware calls `next()` in an
   * event.
   */
  #closeUndeclared(route: ExpressRoute, asked: string): void {
    const fault = faultOfRoute(route, asked, this.#declarations)
    if (fault === undefined) return
    const refusal = (request: IncomingMessage, response: ServerResponse) => this.#refuse(new TypeError(fault), request, response)
    this.#declarations.set(refusal, 'closed')
    const add = (route as unknown as Record<string, (handler: unknown) => void>)[route.methods['_all'] ? 'all' : methodOf(route, asked)]
    add?.call(route, refusal)
    route.stack.unshift(...route.stack.splice(-1))
  }
}

type Step = 'watching' | 'passing' | 'withheld'

const silent = { write: true, writeHead: undefined, end: undefined, flushHeaders: undefined } as const

/**
 * Replaces a response that nothing guarded and nothing opened. Errors pass, as what finds no route is answered with one, and so does
 * OPTIONS, which routers and CORS answer.
 */
function withholdUndeclared(state: RequestState, request: IncomingMessage, response: ServerResponse, refuse: Refuse): void {
  let step: Step = 'watching'

  function isWithheld(status: number): boolean {
    if (step !== 'watching') return step === 'withheld'
    step = 'passing'
    if (state.isDeclared || status >= 400 || request.method === 'OPTIONS' || response.headersSent) return false
    for (const name of response.getHeaderNames()) if (!/^(?:access-control-|vary$)/.test(name)) response.removeHeader(name)
    const { method = '', url = '' } = request
    refuse(
      new TypeError(`${method} ${url.replace(/\?.*/s, '')} was answered, and nothing on its way is guarded() or open`),
      request,
      response,
    )
    step = 'withheld'
    return true
  }

  const target = response as unknown as Record<keyof typeof silent, (...given: unknown[]) => unknown>
  for (const name of Object.keys(silent) as (keyof typeof silent)[]) {
    const inner = target[name]
    target[name] = (...given) => {
      if (!isWithheld(name === 'writeHead' ? Number(given[0]) : response.statusCode)) return inner.apply(response, given)
      const done = given.at(-1)
      if (typeof done === 'function') process.nextTick(done as () => void)
      return silent[name] ?? response
    }
  }
}

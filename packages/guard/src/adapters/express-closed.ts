// Closes a route of Express that says nothing, before its first handler runs.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { declare } from './declarations.ts'
import { faultOfRoute, isDeclaredAbove, methodOf } from './express-declarations.ts'
import { sendDenial } from './node-request.ts'
import { createResponseGuard, type RefusalOf } from './withhold-response.ts'
import type { ExpressRequest, ExpressRoute } from './express-template.ts'
import { RequestState } from './request-state.ts'

export class RouteWatch {
  readonly #refusalOf: RefusalOf
  /** By method, with how many handlers the route had: it may get more. */
  readonly #read = new WeakMap<ExpressRoute, Map<string, number>>()
  readonly #route: PropertyDescriptor
  readonly #guardResponse: (response: ServerResponse) => void

  constructor(refusalOf: RefusalOf) {
    const closeUndeclared = this.#closeUndeclared.bind(this)
    this.#refusalOf = refusalOf
    this.#guardResponse = createResponseGuard(refusalOf)
    // The same for all requests, so that an engine need not lay out each object anew.
    this.#route = {
      configurable: true,
      enumerable: true,
      get(this: IncomingMessage) {
        return RequestState.of(this).route
      },
      set(this: IncomingMessage, route: ExpressRoute) {
        const state = RequestState.of(this)
        state.route = route
        if (!state.isDeclared || (!state.decision && !isDeclaredAbove(this as ExpressRequest, route)))
          closeUndeclared(route, this.method ?? '')
      },
    }
  }

  /** Express sets `req.route` before it calls the handlers of a route, also in routers and apps that are mounted. */
  watch(request: IncomingMessage, response: ServerResponse): void {
    const state = RequestState.of(request)
    if (state.isWatched) return
    state.isWatched = true
    Object.defineProperty(request, 'route', this.#route)
    this.#guardResponse(response)
  }

  /**
   * Puts a refusal before the handlers of the route, for good. Throwing here would end the process where a middleware calls `next()` in an
   * event.
   */
  #closeUndeclared(route: ExpressRoute, asked: string): void {
    const read = this.#read.get(route) ?? new Map<string, number>()
    if (read.get(asked) === route.stack.length) return
    const fault = faultOfRoute(route, asked, undefined)
    this.#read.set(route, read.set(asked, route.stack.length))
    if (fault === undefined) return
    const refusal = (request: IncomingMessage, response: ServerResponse) =>
      sendDenial(response, this.#refusalOf(new TypeError(fault), request))
    declare(refusal, 'closed')
    const add = (route as unknown as Record<string, (handler: unknown) => void>)[route.methods['_all'] ? 'all' : methodOf(route, asked)]
    add?.call(route, refusal)
    route.stack.unshift(...route.stack.splice(-1))
    read.set(asked, route.stack.length)
  }
}

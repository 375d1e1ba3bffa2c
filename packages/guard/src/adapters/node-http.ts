// The guard for node:http without a framework: a table of routes around one listener, or with a handler for each route.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { isPromise } from '../authorize-at-once.ts'
import { createDecider, problemResponse, refuseOtherOptions, type AdapterOptions } from './decide.ts'
import { addHeaders, createUndecidedWarning, createWarning, NodeGuardRequest, sendDenial } from './node-request.ts'
import { createAttachment, type Guarded } from './attachment.ts'
import { RequestState } from './request-state.ts'
import { checkRoute, readEntries, readRouteRule, type RouteRule } from './route-rule.ts'
import { createRouteTable, type TableMatch } from './route-table.ts'

export interface GuardedRequest extends IncomingMessage, Guarded {
  /** The parameters of the route, decoded; without a prototype. */
  readonly params: Readonly<Record<string, string>>
}

export type GuardedListener = (request: GuardedRequest, response: ServerResponse) => unknown

export interface NodeHttpRoute extends RouteRule {
  /** Default: the listener. */
  readonly handle?: GuardedListener
}

export interface CountersignGuardOptions extends AdapterOptions<IncomingMessage> {
  /**
   * By method and template: `GET /v1/partners/{sellerId}/orders`, or `GET /docs/**` for `/docs` and all below it. GET is HEAD too. What is not in
   * the table gets 404, or 405.
   */
  readonly routes: Readonly<Record<string, NodeHttpRoute>>
  /** Called with what a handler throws or rejects with; the request gets 500. Default: warns of it. */
  readonly onError?: (error: unknown, request: IncomingMessage) => void
}

/**
 * A listener for `createServer()`.
 * @throws TypeError for a route that declares nothing or both, lacks the parameter of its requirement, or has no handler, and for two routes
 *   of which it is not clear which one a path means
 * @example
 * const routes = {
 *   'GET /health': { public: true, handle: (request, response) => response.end('ok') },
 *   'GET /v1/partners/{sellerId}/orders': { requires: { partner: param('sellerId') }, handle: listOrders },
 * }
 * createServer(countersignGuard({ guard, routes })).listen(3000)
 */
export function countersignGuard(options: CountersignGuardOptions, listener?: GuardedListener): RequestListener {
  refuseOtherOptions('countersignGuard', options, ['routes', 'onError'])
  const { guard, onError = createWarning('A handler failed') } = options
  const decider = createDecider<IncomingMessage>(options, { undecided: createUndecidedWarning() })
  const attach = createAttachment<IncomingMessage>('request', (request) => request)
  const table = readTable(options.routes, listener)
  for (const { method, template, paramNames, entry } of table.routes)
    if (entry.requires) checkRoute(guard, entry.requires, { methods: [method], template, paramNames }, `The route ${method} ${template}`)

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const { method = '', url = '' } = request
      const matched = table.match(method, url)
      if (!matched.route) return refuseUnknown(matched, request, response)
      const { route, params } = matched
      const { requires, handle } = route.entry
      if (requires) {
        const state = RequestState.of(request)
        const asked = new NodeGuardRequest(request, { url, params, route: route.template })
        const answer = state.ask(decider, asked, requires)
        const verdict = state.conclude(isPromise(answer) ? await answer : answer, decider, asked, requires, request)
        if (!verdict.passes) return sendDenial(response, verdict.response)
        addHeaders(response, verdict.headers)
      }
      attach(request)
      Object.defineProperty(request, 'params', { value: Object.freeze(params), configurable: true, enumerable: true })
      await handle(request as GuardedRequest, response)
    } catch (error) {
      fail(error, request, response)
    }
  }

  function refuseUnknown(
    { allowed }: Extract<TableMatch<unknown>, { allowed: unknown }>,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    const asked = new NodeGuardRequest(request, { url: request.url ?? '', params: {}, route: undefined })
    if (allowed.length > 0) response.setHeader('allow', allowed.join(', '))
    sendDenial(response, problemResponse(guard, allowed.length > 0 ? 'method-not-allowed' : 'not-found', asked))
  }

  function fail(error: unknown, request: IncomingMessage, response: ServerResponse): void {
    onError(error, request)
    if (response.headersSent) return void response.destroy()
    const asked = new NodeGuardRequest(request, { url: request.url ?? '', params: {}, route: undefined })
    for (const name of response.getHeaderNames()) response.removeHeader(name)
    sendDenial(response, problemResponse(guard, 'internal-error', asked))
  }

  return (request, response) => void answer(request, response)
}

/** Copies, so that what is changed in the table afterwards opens no route. */
function readTable(routes: Readonly<Record<string, NodeHttpRoute>>, listener: GuardedListener | undefined) {
  const copies = readEntries(routes, ['requires', 'public', 'handle']).map(([key, route]) => {
    const { handle = listener } = route
    if (typeof handle !== 'function') throw new TypeError(`The route ${key} has no handler, and there is no listener`)
    return [key, { handle, requires: readRouteRule(route, `The route ${key}`) }] as const
  })
  return createRouteTable(copies, ({ requires }) => requires === undefined)
}

// The guard around handlers of web fetch: route handlers of Next.js and its like, and a table of routes for runtimes that have none, such as
// Deno, Bun and Cloudflare workers. No handler runs before what it requires is checked; the body is left unread until then.
import { isPromise } from '../authorize-at-once.ts'
import type { Guard } from '../guard.ts'
import type { Requirement } from '../requirement.ts'
import { problemResponse, refuseOtherOptions } from './decide.ts'
import { withDecision } from './fetch-context.ts'
import { FetchGuardRequest, textParams, toResponse, withHeaders, type FetchReaders } from './fetch-request.ts'
import { createLiveGuard, liveOptions, type LiveGuardOptions, type NotInferred } from './live-guard.ts'
import type { Guarded } from './attachment.ts'
import { checkRoute, checkWrapped, createRouteCheck, readEntries, readRouteRule, type RouteRule } from './route-rule.ts'
import { createRouteTable } from './route-table.ts'

export type { LiveGuardOptions } from './live-guard.ts'
export type { Guarded } from './attachment.ts'
export type { RouteRule } from './route-rule.ts'

/** The second argument of a route handler. */
export interface HandlerContext {
  /** Decoded, or a promise of that. */
  readonly params?: unknown
}

export type FetchGuardOptions = LiveGuardOptions<Request, readonly [context?: unknown]>

export interface HandlerGuard {
  /**
   * Guards one handler. What it requires is checked now, a parameter that it names only if `route` is given, otherwise at the first request.
   * @param route its template for reports, such as `/v1/partners/{sellerId}/orders`: a handler does not know it
   * @throws TypeError for an invalid requirement
   */
  guarded<Asked extends Request = Request, Context extends HandlerContext = { readonly params: Promise<Readonly<Record<string, string>>> }>(
    requires: Requirement,
    handler: (request: Asked, context: Context & Guarded) => Response | Promise<Response>,
    route?: string,
  ): (request: Asked, context: Context) => Promise<Response>
}

/**
 * For handlers whose routes are files, as in Next.js. A handler that is not wrapped is open.
 * @example
 * const { guarded } = countersignGuard({ guard })
 * export const GET = guarded({ partner: param('sellerId') }, async (request, { params, access }) =>
 *   Response.json(await ordersOf(access.entitlement.organization.rights.id, (await params).sellerId)),
 * )
 */
export function countersignGuard(options: FetchGuardOptions): HandlerGuard {
  refuseOtherOptions('countersignGuard', options, liveOptions)
  const live = createLiveGuard(options)
  return {
    guarded(requires, handler, route) {
      checkWrapped(requires, handler, route)
      let check: ReturnType<typeof createRouteCheck> | undefined
      const checkOf = (args: readonly [context?: unknown]) => (check ??= createRouteCheck(live.use(args).guard, requires))
      if (typeof options.guard !== 'function') checkOf([])
      const needsRequestor = requires?.requestor !== undefined
      return async (request, context) => {
        const params = textParams((await context?.params) as Readonly<Record<string, unknown>> | undefined)
        const args = [context] as const
        const asked = new FetchGuardRequest(request, { params, route, needsRequestor, readers: readersOf(options, request, args) })
        try {
          checkOf(args)(asked)
        } catch (defect) {
          return toResponse(live.use(args).decider.refuseDefect(asked, defect, request), request.method)
        }
        const { decider } = live.use(args)
        const answer = decider.authorize(asked, requires)
        live.keep(answer, request, args)
        const verdict = decider.judge(isPromise(answer) ? await answer : answer, asked, requires, request)
        if (!verdict.passes) return toResponse(verdict.response, request.method)
        return withHeaders(await handler(request, withDecision(context, verdict.decision)), verdict.headers)
      }
    },
  }
}

/** A route of a table. */
export interface FetchRoute<Args extends readonly unknown[]> extends RouteRule {
  readonly handler: (request: Request, context: Guarded & TableContext, ...args: Args) => Response | Promise<Response>
}

export interface TableContext {
  /** Decoded; without a prototype. */
  readonly params: Readonly<Record<string, string>>
}

export interface FetchTableOptions<Args extends readonly unknown[]> extends LiveGuardOptions<Request, Args> {
  /** By method and template: `GET /v1/partners/{sellerId}/orders`, or `GET /docs/**` for `/docs` and all below it. GET is HEAD too. */
  readonly routes: Readonly<Record<string, FetchRoute<NotInferred<Args>>>>
}

/**
 * Makes the `fetch` function of a Cloudflare worker, of `Bun.serve()` or the handler of `Deno.serve()`. What is not in the table gets 404, or 405.
 * @example
 * export default {
 *   fetch: guardFetch({
 *     guard: (env: Env) => createRemoteGuard({ …, feed: false }),
 *     routes: {
 *       'GET /v1/partners/{sellerId}/orders': { requires: { partner: param('sellerId') }, handler: (request, { access }) => … },
 *       'GET /health': { public: true, handler: () => new Response('ok') },
 *     },
 *   }),
 * }
 * @throws TypeError for a route that declares nothing, or is wrong
 */
export function guardFetch<Args extends readonly unknown[] = readonly unknown[]>(
  options: FetchTableOptions<Args>,
): (request: Request, ...args: Args) => Promise<Response> {
  refuseOtherOptions('guardFetch', options, ['routes', ...liveOptions])
  const table = readTable(options.routes)
  const live = createLiveGuard(options, {
    prepare(guard) {
      for (const { method, template, paramNames, entry } of table.routes)
        if (entry.requires)
          checkRoute(guard, entry.requires, { methods: [method], template, paramNames }, `The route ${method} ${template}`)
    },
  })

  return async (request, ...args) => {
    const { url } = request
    const match = table.match(request.method, url)
    const readers = readersOf(options, request, args)
    if (!match.route) {
      const asked = new FetchGuardRequest(request, { url, params: {}, route: undefined, needsRequestor: false, readers })
      return refuseUnknown(live.use(args).guard, asked, match.allowed)
    }
    const { params, route } = match
    const { requires, handler } = route.entry
    const context = { params: Object.freeze(params) }
    if (!requires) return handler(request, withDecision(context, undefined), ...args)
    const needsRequestor = requires.requestor !== undefined
    const asked = new FetchGuardRequest(request, { url, params, route: route.template, needsRequestor, readers })
    const { decider } = live.use(args)
    const answer = decider.authorize(asked, requires)
    live.keep(answer, request, args)
    const verdict = decider.judge(isPromise(answer) ? await answer : answer, asked, requires, request)
    if (!verdict.passes) return toResponse(verdict.response, request.method)
    return withHeaders(await handler(request, withDecision(context, verdict.decision), ...args), verdict.headers)
  }
}

/** Copies, so that what is changed in the table afterwards opens no route. */
function readTable<Args extends readonly unknown[]>(routes: Readonly<Record<string, FetchRoute<Args>>>) {
  const copies = readEntries(routes, ['requires', 'public', 'handler']).map(([key, route]) => {
    const { handler } = route
    if (typeof handler !== 'function') throw new TypeError(`The route ${key} has no "handler"`)
    return [key, { handler, requires: readRouteRule(route, `The route ${key}`) }] as const
  })
  return createRouteTable(copies, ({ requires }) => requires === undefined)
}

function refuseUnknown(guard: Guard, asked: FetchGuardRequest, allowed: readonly string[]): Response {
  if (allowed.length === 0) return toResponse(problemResponse(guard, 'not-found', asked), asked.method)
  const response = toResponse(problemResponse(guard, 'method-not-allowed', asked), asked.method)
  response.headers.set('allow', allowed.join(', '))
  return response
}

function readersOf<Args extends readonly unknown[]>(
  { address, requestId }: LiveGuardOptions<Request, Args>,
  request: Request,
  args: Args,
): FetchReaders | undefined {
  if (!address && !requestId) return undefined
  return {
    readAddress: address && (() => address(request, ...args)),
    readRequestId: requestId && (() => requestId(request, ...args)),
  }
}

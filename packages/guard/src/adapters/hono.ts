// The guard as middleware of Hono: the requirement stands beside the route, before its handler.
import type { Context, Hono, MiddlewareHandler } from 'hono'
import { matchedRoutes, routePath } from 'hono/route'
import type { Guard } from '../guard.ts'
import { checkParam, type Requirement } from '../requirement.ts'
import { FetchGuardRequest, textParams, toResponse, withHeaders } from './fetch-request.ts'
import { findFault, findFaults, originalOf, standsBefore, templateOf, type Declared } from './hono-routes.ts'
import { provide } from './hono-variables.ts'
import { createLiveGuard, type LiveGuardOptions } from './live-guard.ts'
import { templateParamNames } from './path-template.ts'
import { RequestState, type Guarded } from './request-state.ts'
import { createRouteCheck } from './route-rule.ts'

/** What a guarded handler finds in `c.var` and by `c.get()`. */
export type GuardEnv = { Variables: { -readonly [name in keyof Guarded]: Guarded[name] } }

export interface CountersignGuardOptions extends Omit<LiveGuardOptions<Context, readonly []>, 'guard'> {
  /** Or a function that makes it of the context of the first request, for the secrets of a worker (`c.env`). */
  readonly guard: Guard | ((c: Context) => Guard)
}

export interface HonoGuard {
  /**
   * What the guard requires of a request to this route; `{}` requires a valid token only. Before the handler of its route, or by
   * `app.use('/v1/*', …)` before the routes that are added after it.
   * @throws TypeError for an invalid requirement
   */
  guarded(requires: Requirement): MiddlewareHandler<GuardEnv>
  /** The route is not guarded. By `app.use('/doc/*', open)` also those that another library adds. */
  readonly open: MiddlewareHandler<GuardEnv>
  /**
   * For `app.use(closed)`, before all that it is to close: a route that is neither guarded nor open gets 500 before its handler runs, and so
   * does, after it has run, a middleware or a mounted app that answers with a status below 400 by itself. OPTIONS without a route is left alone.
   */
  readonly closed: MiddlewareHandler
  /**
   * For the start, when all routes are added. Does not see the routes of what `mount()` adds.
   * @throws TypeError naming every route that is neither guarded nor open, or both, or lacks the parameter of its requirement
   */
  checkRoutes(app: Pick<Hono, 'routes'>): void
}

/**
 * @example
 * const { guarded, open, closed } = countersignGuard({ guard })
 * app.use(closed)
 * app.get('/health', open, (c) => c.text('ok'))
 * app.get('/v1/partners/:sellerId/orders', guarded({ partner: param('sellerId') }), (c) =>
 *   c.json(orders.of(c.var.access.entitlement.organization.rights.id)),
 * )
 */
export function countersignGuard(options: CountersignGuardOptions): HonoGuard {
  const declarations = new WeakMap<object, Declared>()
  const declaredBy = (handler: object) => declarations.get(originalOf(handler))
  const states = new WeakMap<Context, RequestState>()
  const live = createLiveGuard<Context, readonly [Context]>(options, { contextOf: createContextReader() })

  function guarded(requires: Requirement): MiddlewareHandler<GuardEnv> {
    let check: ReturnType<typeof createRouteCheck> | undefined
    const checkOf = (c: Context) => (check ??= createRouteCheck(live.get([c]), requires))
    if (typeof options.guard !== 'function') check = createRouteCheck(options.guard, requires)
    const middleware: MiddlewareHandler<GuardEnv> = async (c, next) => {
      const state = stateOf(c)
      const asked = askedOf(c)
      try {
        checkOf(c)(asked)
      } catch (defect) {
        return refuse(defect, c)
      }
      const verdict = await live.decide(asked, requires, c, [c], state)
      if (!verdict.passes) return toResponse(verdict.response, c.req.method)
      provide(c, state.decision)
      await next()
      if (verdict.headers) addHeaders(c, verdict.headers)
    }
    declarations.set(middleware, requires)
    return middleware
  }

  function askedOf(c: Context): FetchGuardRequest {
    const { address, requestId } = options
    const readers = { readAddress: address && (() => address(c)), readRequestId: requestId && (() => requestId(c)) }
    return new FetchGuardRequest(c.req.raw, { params: textParams(c.req.param()), route: templateOf(routePath(c)), ...readers })
  }

  function stateOf(c: Context): RequestState {
    let state = states.get(c)
    if (!state) states.set(c, (state = new RequestState()))
    return state
  }

  function refuse(defect: unknown, c: Context): Response {
    stateOf(c).isDeclared = true
    return toResponse(live.refuseDefect(askedOf(c), defect, c, [c]), c.req.method)
  }

  const open: MiddlewareHandler<GuardEnv> = async (c, next) => {
    const state = stateOf(c)
    state.isDeclared = true
    if (!state.decision) provide(c, undefined)
    await next()
  }
  declarations.set(open, 'open')

  return {
    guarded,
    open,
    async closed(c, next) {
      const fault = findFault(matchedRoutes(c), declaredBy)
      if (fault !== undefined) return refuse(new TypeError(fault), c)
      await next()
      if (states.get(c)?.isDeclared || c.res.status >= 400 || c.req.method === 'OPTIONS') return
      c.res = undefined
      c.res = refuse(new TypeError(`${c.req.method} ${c.req.path} was answered by what is neither guarded nor open`), c)
    },
    checkRoutes({ routes }) {
      const faults = findFaults(routes, declaredBy, standsBefore)
      for (const { method, path, handler } of routes) {
        const requires = declaredBy(handler)
        if (requires && requires !== 'open') faults.push(...findParamFault(options.guard, requires, method, templateOf(path)))
      }
      if (faults.length > 0) throw new TypeError(faults.join('\n'))
    },
  }
}

/** `c.header()` would copy the response for each of them. */
function addHeaders(c: Context, headers: Readonly<Record<string, string>>): void {
  const response = withHeaders(c.res, headers)
  if (response === c.res) return
  c.res = undefined
  c.res = response
}

function findParamFault(guard: CountersignGuardOptions['guard'], requires: Requirement, method: string, template: string): string[] {
  const names = templateParamNames(template)
  try {
    if (typeof guard === 'function' || method === 'ALL') checkParam(requires, names)
    else guard.checkRequirement(requires, names, { method, route: template }) // Listed in reports before its first request.
    return []
  } catch (error) {
    return [`The route ${method} ${template}: ${(error as Error).message}`]
  }
}

/** An app has an execution context for all requests or for none, and asking for none is an error. */
function createContextReader(): (c: Context) => unknown {
  let hasContext = true
  return (c) => {
    try {
      return hasContext ? c.executionCtx : undefined
    } catch {
      hasContext = false
      return undefined
    }
  }
}

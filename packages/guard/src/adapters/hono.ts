// The guard as middleware of Hono: the requirement stands beside the route, before its handler.
import { kindOf } from '@countersign/protocol'
import type { Context, Hono, MiddlewareHandler } from 'hono'
import { isPromise } from '../authorize-at-once.ts'
import type { Guard } from '../guard.ts'
import { checkParam, type Requirement } from '../requirement.ts'
import { declare, declareMaker, refuseCall, refuseOthers, type Guarding } from './declarations.ts'
import { refuseOtherOptions } from './decide.ts'
import { FetchGuardRequest, toResponse, withHeaders, type FetchReaders } from './fetch-request.ts'
import { declaredBy, findFault, findFaults, standsBefore, templateOf } from './hono-routes.ts'
import { provide } from './hono-variables.ts'
import { createLiveGuard, liveOptions, type LiveGuardOptions } from './live-guard.ts'
import { isPlainResponse } from './options-answer.ts'
import { createTemplates, templateParamNames } from './path-template.ts'
import type { Guarded } from './attachment.ts'
import { RequestState } from './request-state.ts'
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
  /**
   * The route is not guarded. By `app.use('/doc/*', open)` also those that another library adds; for `/*`, as in a sub-app at `/`, it opens
   * what answers without a route, and no route that says nothing.
   */
  readonly open: MiddlewareHandler<GuardEnv>
  /**
   * For `app.use(closed)`, before all that it is to close: a route that is neither guarded nor open gets 500 before its handler runs, and so
   * does, after it has run, a middleware or a mounted app that answers with a status below 400 by itself. OPTIONS without a route is left alone if its
   * answer has no content.
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
  refuseOtherOptions('countersignGuard', options, liveOptions)
  const templateOfPath = createTemplates(templateOf)
  const live = createLiveGuard<Context, readonly [Context]>(options, { contextOf: createContextReader() })

  function guarded(requires: Requirement, ...others: readonly unknown[]): MiddlewareHandler<GuardEnv> {
    refuseOthers(others)
    const needs = { param: requires?.partner?.param, needsRequestor: requires?.requestor !== undefined }
    let check: ReturnType<typeof createRouteCheck> | undefined
    const checkOf = (c: Context) => (check ??= createRouteCheck(live.use([c]).guard, requires))
    if (typeof options.guard !== 'function') check = createRouteCheck(options.guard, requires)
    const middleware: MiddlewareHandler<GuardEnv> = async (c, next) => {
      const state = RequestState.of(c)
      const asked = askedOf(c, needs)
      try {
        checkOf(c)(asked)
      } catch (defect) {
        return refuse(defect, c)
      }
      const { decider } = live.use([c])
      const answer = state.ask(decider, asked, requires)
      live.keep(answer, c, [c])
      const verdict = state.conclude(isPromise(answer) ? await answer : answer, decider, asked, requires, c)
      if (!verdict.passes) return toResponse(verdict.response, c.req.method)
      provide(c, state.decision)
      await next()
      addHeaders(c, verdict.headers)
    }
    declare(middleware, { requires, guard: typeof options.guard === 'function' ? undefined : options.guard })
    return middleware
  }
  declareMaker(guarded)

  function askedOf(c: Context, needs: Needs): FetchGuardRequest {
    const { req } = c
    const { param, needsRequestor } = needs
    const params = param === undefined ? {} : paramOf(c, param)
    return new FetchGuardRequest(req.raw, { params, route: templateOfPath(req.routePath), needsRequestor, readers: readersOf(c) })
  }

  function readersOf(c: Context): FetchReaders | undefined {
    const { address, requestId } = options
    if (!address && !requestId) return undefined
    return { readAddress: address && (() => address(c)), readRequestId: requestId && (() => requestId(c)) }
  }

  function refuse(defect: unknown, c: Context): Response {
    RequestState.of(c).isDeclared = true
    return toResponse(live.use([c]).decider.refuseDefect(askedOf(c, none), defect, c), c.req.method)
  }

  const open: MiddlewareHandler<GuardEnv> = (c, next) => {
    refuseCall('open', c)
    const state = RequestState.of(c)
    state.isDeclared = true
    if (!state.decision) provide(c, undefined)
    return next()
  }
  declare(open, 'open')

  async function close(c: Context, next: () => Promise<void>): Promise<Response | void> {
    const fault = findFault(c.req.matchedRoutes)
    if (fault !== undefined) return refuse(new TypeError(fault), c)
    await next()
    if (RequestState.of(c).isDeclared || c.res.status >= 400) return
    if (c.req.method === 'OPTIONS' && (await isPlainResponse(c.res))) return
    c.res = undefined
    c.res = refuse(
      new TypeError(
        `${c.req.method} ${c.req.path} was answered, and nothing on its way is guarded() or open; put one of them before what answers it`,
      ),
      c,
    )
  }

  return {
    guarded,
    open,
    closed(c, next) {
      refuseCall('closed', c)
      return close(c, next)
    },
    checkRoutes(app) {
      const { routes } = (app ?? {}) as Partial<Pick<Hono, 'routes'>>
      if (!Array.isArray(routes)) throw new TypeError(`checkRoutes() takes the app of Hono, as in checkRoutes(app); found ${kindOf(app)}`)
      const faults = findFaults(routes, standsBefore)
      for (const entry of routes) {
        const declared = declaredBy(entry)
        if (typeof declared === 'object') faults.push(...findParamFault(declared, entry.method, templateOf(entry.path)))
      }
      if (faults.length > 0) throw new TypeError([...new Set(faults)].join('\n'))
    },
  }
}

/** What the guard reads of a request for one requirement. */
interface Needs {
  readonly param: string | undefined
  readonly needsRequestor: boolean
}

const none: Needs = { param: undefined, needsRequestor: false }

/** One alone, because Hono decodes all of them anew for each reading. */
function paramOf(c: Context, name: string): Readonly<Record<string, string>> {
  const value: unknown = c.req.param(name)
  return typeof value === 'string' ? { [name]: value } : {}
}

/** `c.header()` would copy the response for each of them. */
function addHeaders(c: Context, headers: Readonly<Record<string, string>> | undefined): void {
  if (!headers) return
  const response = withHeaders(c.res, headers)
  if (response === c.res) return
  c.res = undefined
  c.res = response
}

function findParamFault({ guard, requires }: Guarding, method: string, template: string): string[] {
  const names = templateParamNames(template)
  try {
    if (!guard || method === 'ALL') checkParam(requires, names)
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

// The guard as middleware of Koa: the requirement stands beside the route of a router, as the first of its middleware.
import type { IncomingMessage } from 'node:http'
import type { Context } from 'koa'
import type { DenialResponse } from '../denial-response.ts'
import type { Requirement } from '../requirement.ts'
import { isPromise } from '../authorize-at-once.ts'
import { createDecider, refuseOtherOptions, type AdapterOptions } from './decide.ts'
import { declare, declareMaker, refuseCall, refuseOthers } from './declarations.ts'
import type { KoaContext, KoaMiddleware } from './koa-context.ts'
import { closeRouters, findFaults, type KoaRouter } from './koa-routes.ts'
import { createResponseGuard } from './withhold-response.ts'
import { addHeaders, NodeGuardRequest } from './node-request.ts'
import { isPlainAnswer } from './options-answer.ts'
import { createTemplates, toTemplate } from './path-template.ts'
import { createAttachment, type Guarded } from './attachment.ts'
import { RequestState } from './request-state.ts'
import { createRouteCheck, defectOf } from './route-rule.ts'

export type { KoaContext, KoaMiddleware } from './koa-context.ts'

declare module 'koa' {
  // Not in `ctx.state`, which templates and logs copy: reading these may throw.
  interface ExtendableContext extends Guarded {}
}

export type CountersignGuardOptions = AdapterOptions<Context>

export interface KoaGuard {
  /**
   * What the guard requires of a request to this route; `{}` requires a valid token only. The first middleware of its route, so that a denied
   * request costs no more than its header. Several on one request must all allow it; the request is counted once.
   * @throws TypeError for an invalid requirement
   */
  guarded(requires: Requirement): KoaMiddleware
  /** The route is not guarded, unless another middleware on the way says so. */
  readonly open: KoaMiddleware
  /**
   * For `app.use(closed)`, before all that it is to close: a route of a router of the app that is neither guarded nor open gets 500 before its
   * middleware runs, and so does, after it has run, anything else that answers with a status below 400. OPTIONS that no route handles is left alone if its
   * answer has no content.
   */
  readonly closed: KoaMiddleware
  /**
   * For the start, when all routes are added.
   * @throws TypeError naming every route of the router that is neither guarded nor open, or both, or lacks the parameter of its requirement
   */
  checkRoutes(router: KoaRouter): void
}

/**
 * @example
 * const { guarded, open, closed, checkRoutes } = countersignGuard({ guard })
 * router.get('/health', open, (ctx) => void (ctx.body = 'ok'))
 * router.get('/v1/partners/:sellerId/orders', guarded({ partner: param('sellerId') }), async (ctx) => {
 *   ctx.body = await orders.of(ctx.access.entitlement.organization.rights.id)
 * })
 * checkRoutes(router)
 * app.use(closed).use(router.routes())
 */
export function countersignGuard(options: CountersignGuardOptions): KoaGuard {
  refuseOtherOptions('countersignGuard', options)
  const { guard } = options
  const decider = createDecider<Context>(options, { undecided: emitError })
  const templateOf = createTemplates(toTemplate)
  const attach = createAttachment<KoaContext>('ctx', ({ req }) => req)
  const inspected = new WeakMap<KoaRouter, number>()
  /** Of requests whose response a middleware may write itself, past Koa (`ctx.respond`). */
  const contexts = new WeakMap<IncomingMessage, KoaContext>()
  const guardResponse = createResponseGuard((defect, request) => {
    const ctx = contexts.get(request) as KoaContext
    RequestState.of(request).isDeclared = true
    return decider.refuseDefect(askedOf(ctx), defect, ctx as Context)
  })

  function askedOf(ctx: KoaContext): NodeGuardRequest {
    const { params = {}, _matchedRoute } = ctx as Routed
    return new NodeGuardRequest(ctx.req, { url: ctx.originalUrl, params, route: templateOf(_matchedRoute), from: ctx })
  }

  function guarded(requires: Requirement, ...others: readonly unknown[]): KoaMiddleware {
    refuseOthers(others)
    const check = createRouteCheck(guard, requires)
    const middleware: KoaMiddleware = async (ctx, next) => {
      const asked = askedOf(ctx)
      const defect = defectOf(check, asked)
      if (defect) return refuse(defect, ctx)
      const state = RequestState.of(ctx.req)
      const answer = state.ask(decider, asked, requires)
      const verdict = state.conclude(isPromise(answer) ? await answer : answer, decider, asked, requires, ctx as Context)
      if (!verdict.passes) return send(ctx, verdict.response)
      attach(ctx)
      addHeaders(ctx.res, verdict.headers)
      await next()
    }
    declare(middleware, { requires, guard })
    return middleware
  }
  declareMaker(guarded)

  function refuse(defect: unknown, ctx: KoaContext): void {
    RequestState.of(ctx.req).isDeclared = true
    send(ctx, decider.refuseDefect(askedOf(ctx), defect, ctx as Context))
  }

  const open: KoaMiddleware = (ctx, next) => {
    refuseCall('open', ctx)
    RequestState.of(ctx.req).isDeclared = true
    attach(ctx)
    return next()
  }
  declare(open, 'open')

  async function close(ctx: KoaContext, next: () => Promise<unknown>): Promise<void> {
    const state = RequestState.of(ctx.req)
    closeRouters(ctx.app.middleware, inspected, refuse)
    if (!state.isWatched) {
      state.isWatched = true
      contexts.set(ctx.req, ctx)
      guardResponse(ctx.res)
    }
    await next()
    // What stands before may answer in place of a 404. Who writes the response itself may do so later.
    if (ctx.respond !== false) state.answering ??= 'passing'
    const { status, body, method, originalUrl } = ctx
    if (state.isDeclared || status >= 400 || ctx.res.headersSent) return
    if (method === 'OPTIONS' && isPlainAnswer(body, ctx.res.hasHeader('allow'))) return
    if (typeof (body as { destroy?: unknown } | null)?.destroy === 'function') (body as { destroy(): void }).destroy()
    for (const header of ctx.res.getHeaderNames()) if (!/^(?:access-control-|vary$)/.test(header)) ctx.res.removeHeader(header)
    refuse(
      new TypeError(
        `${method} ${originalUrl.replace(/\?.*/s, '')} was answered, and nothing on its way is guarded() or open; put one of them before what answers it`,
      ),
      ctx,
    )
  }

  return Object.freeze<KoaGuard>({
    guarded,
    open,
    closed(ctx, next) {
      refuseCall('closed', ctx)
      return close(ctx, next)
    },
    checkRoutes(router) {
      const faults = findFaults(router, true)
      if (faults.length > 0) throw new TypeError(faults.map(({ fault }) => fault).join('\n'))
    },
  })
}

/** What a router adds to the context. */
interface Routed {
  readonly params?: Readonly<Record<string, string | undefined>>
  /** The path of the route as it was written. */
  readonly _matchedRoute?: unknown
}

/** By Koa, so that other middleware, such as that of CORS, sees it. */
function send(ctx: KoaContext, { status, headers, body }: DenialResponse): void {
  ctx.status = status
  ctx.set(headers)
  ctx.body = body
}

/** Where Koa tells of errors. Its own listener prints the message and the stack, but no cause. */
function emitError(cause: unknown, ctx: Context): void {
  const reason = cause instanceof Error ? cause.message : String(cause)
  ctx.app.emit('error', new Error(`The guard could not decide on ${ctx.method} ${ctx.path}: ${reason}`, { cause }), ctx)
}

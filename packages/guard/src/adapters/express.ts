// The guard as middleware of Express 4 and 5: the requirement stands beside the route, as the first of its handlers.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Request } from 'express'
import type { Access, Denial, GuardRequest } from '../access.ts'
import type { DenialResponse } from '../denial-response.ts'
import type { Requirement } from '../requirement.ts'
import { isPromise } from '../authorize-at-once.ts'
import { createDecider, refuseOtherOptions, type AdapterOptions } from './decide.ts'
import { declare, declareMaker, refuseCall, refuseOthers } from './declarations.ts'
import { RouteWatch } from './express-closed.ts'
import { findFaults } from './express-declarations.ts'
import { ExpressTemplates, type ExpressRequest } from './express-template.ts'
import { addHeaders, createUndecidedWarning, NodeGuardRequest, sendDenial } from './node-request.ts'
import { createAttachment, type Guarded } from './attachment.ts'
import { RequestState, type Answer } from './request-state.ts'
import { createRouteCheck, defectOf } from './route-rule.ts'

declare global {
  // oxlint-disable-next-line typescript/no-namespace -- The types of Express are extended in this way only.
  namespace Express {
    interface Request extends Guarded {}
  }
}

export type CountersignGuardOptions = AdapterOptions<Request>

/** Of any version of the types of Express. */
export type ExpressMiddleware = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void

export interface ExpressGuard {
  /**
   * What the guard requires of a request to this route; `{}` requires a valid token only. The first handler of its route, so that a denied
   * request costs no more than its header. Several on one request must all allow it; the request is counted once.
   * @throws TypeError for an invalid requirement
   */
  guarded(requires: Requirement): ExpressMiddleware
  /** The route is not guarded, unless another handler on the way says so. */
  readonly open: ExpressMiddleware
  /**
   * For `app.use(closed)`, before all that it is to close: a route below that is neither guarded nor open gets 500 before its handler runs, and
   * so does, after it has run, any other middleware that answers with a status below 400. OPTIONS that no route handles is left alone
   * if its answer has no content.
   */
  readonly closed: ExpressMiddleware
  /**
   * For the start, when all routes are added: checks those of the app or router, and of routers in it. Does not see apps that are mounted.
   * @throws TypeError naming every route that is neither guarded nor open, or both, or lacks the parameter of its requirement
   */
  checkRoutes(app: object): void
}

/**
 * @example
 * const { guarded, open, closed } = countersignGuard({ guard })
 * app.use(closed)
 * app.get('/health', open, (req, res) => res.send('ok'))
 * app.get('/v1/partners/:sellerId/orders', guarded({ partner: param('sellerId') }), (req, res) =>
 *   res.json(orders.of(req.access.entitlement.organization.rights.id)),
 * )
 */
export function countersignGuard(options: CountersignGuardOptions): ExpressGuard {
  refuseOtherOptions('countersignGuard', options)
  const { guard } = options
  const decider = createDecider<Request>(options, { undecided: createUndecidedWarning() })
  const templates = new ExpressTemplates()
  const attach = createAttachment<IncomingMessage>('req', (request) => request)
  const watch = new RouteWatch(refusalOf)

  function guarded(requires: Requirement, ...others: readonly unknown[]): ExpressMiddleware {
    refuseOthers(others)
    const check = createRouteCheck(guard, requires)
    const templateOf = templates.ofOneRoute()
    const middleware: ExpressMiddleware = (message, response, next) => {
      const request = message as ExpressRequest
      try {
        const asked = askedOf(request, templateOf(request))
        const defect = defectOf(check, asked)
        if (defect) return sendDenial(response, refusalOf(defect, request))
        const answer = RequestState.of(request).ask(decider, asked, requires)
        if (isPromise(answer)) void answerLater(answer, asked, requires, request, response, next)
        else conclude(answer, asked, requires, request, response, next)
      } catch (error) {
        next(error)
      }
    }
    declare(middleware, { requires, guard })
    return middleware
  }
  declareMaker(guarded)

  /** What a later handler throws goes to `next`, as Express would pass it. */
  async function answerLater(
    answer: Promise<Access | Denial>,
    asked: GuardRequest,
    requires: Requirement,
    request: ExpressRequest,
    response: ServerResponse,
    next: (error?: unknown) => void,
  ): Promise<void> {
    try {
      conclude(await answer, asked, requires, request, response, next)
    } catch (error) {
      next(error)
    }
  }

  function conclude(
    answer: Answer,
    asked: GuardRequest,
    requires: Requirement,
    request: ExpressRequest,
    response: ServerResponse,
    next: (error?: unknown) => void,
  ): void {
    const verdict = RequestState.of(request).conclude(answer, decider, asked, requires, request as unknown as Request)
    if (!verdict.passes) return sendDenial(response, verdict.response)
    attach(request)
    addHeaders(response, verdict.headers)
    next()
  }

  function refusalOf(defect: unknown, request: IncomingMessage): DenialResponse {
    RequestState.of(request).isDeclared = true
    return decider.refuseDefect(askedOf(request as ExpressRequest, undefined), defect, request as unknown as Request)
  }

  const open: ExpressMiddleware = (request, _response, next) => {
    refuseCall('open', request)
    RequestState.of(request).isDeclared = true
    attach(request)
    next()
  }
  declare(open, 'open')

  return Object.freeze<ExpressGuard>({
    guarded,
    open,
    closed(request, response, next) {
      refuseCall('closed', request)
      watch.watch(request, response)
      next()
    },
    checkRoutes(app) {
      const faults = findFaults(app)
      if (faults.length > 0) throw new TypeError(faults.join('\n'))
    },
  })
}

function askedOf(request: ExpressRequest, route: string | undefined): NodeGuardRequest {
  const { originalUrl: url, params } = request
  return new NodeGuardRequest(request, { url, params, route, from: request })
}

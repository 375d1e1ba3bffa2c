// The guard of AWS Lambda behind API Gateway: around the handler of a route, or as an authorizer before it. The handler says all that a
// denial has to say; an authorizer can pass on no more than 401, 403 or 500.
import type { DenialResponse } from '../denial-response.ts'
import { checkParam, type Requirement } from '../requirement.ts'
import { createAuthorizers, type Authorizers } from './lambda-authorizer.ts'
import { askedOf, type GatewayEvent } from './lambda-event.ts'
import { createLambdaGuard, type CountersignGuardOptions } from './lambda-guard.ts'
import { templateParamNames } from './path-template.ts'
import { attachDecision, type Guarded } from './request-state.ts'
import { createRouteCheck } from './route-rule.ts'

export type { AuthorizerEvent, Authorizers, PolicyResult, SimpleResult } from './lambda-authorizer.ts'
export type { GatewayEvent, HttpEvent, RestEvent } from './lambda-event.ts'
export type { CountersignGuardOptions } from './lambda-guard.ts'
export type { Guarded } from './request-state.ts'

/** A response that API Gateway passes on as it is. */
export interface GatewayResult {
  readonly statusCode: number
  readonly headers?: Readonly<Record<string, string | number | boolean>>
  readonly body?: string
}

export interface LambdaGuard extends Authorizers {
  /**
   * Guards one handler. The rate fields are added to a result that has a `statusCode`.
   * @param route its template, such as `/v1/partners/{sellerId}/orders`: then a parameter that the requirement names is checked now.
   *   Default: as the event names it, at the first request
   * @throws TypeError for an invalid requirement
   */
  guarded<Event extends GatewayEvent = GatewayEvent, Context extends object = object, Result = GatewayResult>(
    requires: Requirement,
    handler: (event: Event, context: Context & Guarded) => Result | Promise<Result>,
    route?: string,
  ): (event: Event, context: Context) => Promise<Result | GatewayResult>
}

/**
 * @example
 * const { guarded } = countersignGuard({ guard })
 * export const handler = guarded({ partner: param('sellerId') }, async (event, { access }) => ({
 *   statusCode: 200,
 *   body: JSON.stringify(await ordersOf(access.entitlement.organization.rights.id)),
 * }))
 */
export function countersignGuard(options: CountersignGuardOptions): LambdaGuard {
  const lambda = createLambdaGuard(options)
  return {
    guarded(requires, handler, route) {
      const check = createRouteCheck(options.guard, requires)
      if (route !== undefined) checkParam(requires, templateParamNames(route))
      return async (event, context) => {
        const asked = askedOf(event, route)
        try {
          check(asked)
        } catch (defect) {
          return toResult(lambda.refuseDefect(asked, defect, event))
        }
        const { verdict, settled } = await lambda.decide(asked, requires, event)
        if (!verdict.passes) {
          await settled
          return toResult(verdict.response)
        }
        const result = await handler(event, withDecision(context, verdict.decision))
        await settled
        return verdict.headers ? withHeaders(result, verdict.headers) : result
      }
    },
    ...createAuthorizers(options.guard, lambda),
  }
}

function toResult({ status, headers, body }: DenialResponse): GatewayResult {
  return { statusCode: status, headers, body }
}

/** Beside the members of the context, which is that of the runtime. */
function withDecision<Context extends object>(context: Context, decision: Parameters<typeof attachDecision>[1]): Context & Guarded {
  const own = Object.create(context ?? null) as Context & Guarded
  attachDecision(own, decision, 'context')
  return own
}

/** A result without a \`statusCode\` is the body of a 200 that API Gateway composes; it has no place for headers. */
function withHeaders<Result>(result: Result, headers: Readonly<Record<string, string>>): Result {
  const given = result as Partial<GatewayResult> | undefined
  if (typeof given !== 'object' || given === null || given.statusCode === undefined) return result
  const names = new Set(Object.keys(given.headers ?? {}).map((name) => name.toLowerCase()))
  const missing = Object.entries(headers).filter(([name]) => !names.has(name))
  return { ...result, headers: { ...given.headers, ...Object.fromEntries(missing) } }
}

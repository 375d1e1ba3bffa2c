// The guard of AWS Lambda behind API Gateway: around the handler of a route, or as an authorizer before it. The handler says all that a
// denial has to say; an authorizer can pass on no more than 401, 403 or 500.
import { isPromise } from '../authorize-at-once.ts'
import type { DenialResponse } from '../denial-response.ts'
import type { Requirement } from '../requirement.ts'
import { createAuthorizers, type Authorizers } from './lambda-authorizer.ts'
import { askedOf, type GatewayEvent } from './lambda-event.ts'
import { createLambdaGuard, type CountersignGuardOptions } from './lambda-guard.ts'
import { contextWith } from './lambda-context.ts'
import type { Guarded } from './attachment.ts'
import { checkWrapped, createRouteCheck } from './route-rule.ts'

export type { AuthorizerEvent, Authorizers, PolicyResult, SimpleResult } from './lambda-authorizer.ts'
export type { GatewayEvent, HttpEvent, RestEvent } from './lambda-event.ts'
export type { CountersignGuardOptions } from './lambda-guard.ts'
export type { Guarded } from './attachment.ts'

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
      checkWrapped(requires, handler, route)
      const check = createRouteCheck(options.guard, requires)
      return async (event, context) => {
        const asked = askedOf(event, route)
        try {
          check(asked)
        } catch (defect) {
          return toResult(lambda.refuseDefect(asked, defect, event))
        }
        const answer = lambda.authorize(asked, requires)
        const verdict = lambda.judge(isPromise(answer) ? await answer : answer, asked, requires, event)
        const settled = lambda.settle(verdict)
        if (!verdict.passes) {
          await settled
          return toResult(verdict.response)
        }
        const result = await handler(event, contextWith(context, verdict.decision))
        if (settled) await settled
        return verdict.headers ? withHeaders(result, verdict.headers) : result
      }
    },
    ...createAuthorizers(options.guard, lambda),
  }
}

function toResult({ status, headers, body }: DenialResponse): GatewayResult {
  return { statusCode: status, headers, body }
}

/** A result without a \`statusCode\` is the body of a 200 that API Gateway composes; it has no place for headers. */
function withHeaders<Result>(result: Result, headers: Readonly<Record<string, string>>): Result {
  const given = result as Partial<GatewayResult> | undefined
  if (typeof given !== 'object' || given === null || given.statusCode === undefined) return result
  const all: Record<string, string | number | boolean> = { ...given.headers }
  const names = Object.keys(all)
  for (const name in headers) if (!names.some((own) => isSameName(own, name))) all[name] = headers[name] as string
  return { ...result, headers: all }
}

/** @param lower in lower case */
function isSameName(name: string, lower: string): boolean {
  return name.length === lower.length && name.toLowerCase() === lower
}

// The guard as a Lambda authorizer of API Gateway. It decides by a table of the routes of the API, and by the whole request, so its results
// must not be cached (`resultTtl` 0): the cache has them by the token alone, and would allow it other routes, partners and requestors, and go
// on to do so after it was revoked.
import type { Access, Denial } from '../access.ts'
import type { DenialResponse } from '../denial-response.ts'
import type { Guard } from '../guard.ts'
import { askedOf, isHttp, type GatewayEvent, type HttpEvent, type RestEvent } from './lambda-event.ts'
import type { LambdaDecider } from './lambda-guard.ts'
import { refuseOtherSyntax, templateParamNames } from './path-template.ts'
import { checkRoute, readEntries, readRouteRule, type RouteRule } from './route-rule.ts'

/** Of type `REQUEST`: one of type `TOKEN` does not have the headers and parameters that a decision needs. */
export type AuthorizerEvent = HttpEvent | (RestEvent & { readonly methodArn: string })

/** What the API behind finds in `requestContext.authorizer`, with `lambda` before it in an HTTP API. */
export type AuthorizerContext = Readonly<Record<string, string>>

/** The simple response of an HTTP API. */
export interface SimpleResult {
  readonly isAuthorized: boolean
  readonly context: AuthorizerContext
}

/** The IAM policy of a REST API, or of an HTTP API without simple responses. */
export interface PolicyResult {
  readonly principalId: string
  readonly policyDocument: {
    readonly Version: '2012-10-17'
    readonly Statement: readonly [{ readonly Action: 'execute-api:Invoke'; readonly Effect: 'Allow' | 'Deny'; readonly Resource: string }]
  }
  readonly context: AuthorizerContext
}

/** By method and template as the gateway names them, such as `GET /v1/partners/{sellerId}/orders`, `ANY /v1/orders` or `$default`. */
export type AuthorizedRoutes = Readonly<Record<string, RouteRule>>

export interface Authorizers {
  /**
   * An authorizer of an HTTP API with format 2.0 and simple responses. Rejects with "Unauthorized" where the status is 401, and with another
   * error where the guard cannot decide, or the route is not in the table; the gateway makes 401 and 500 of that, and 403 of any other denial.
   * @throws TypeError for a route that declares neither a requirement nor `public: true`, or a requirement that is invalid
   */
  simpleAuthorizer(routes: AuthorizedRoutes): (event: HttpEvent) => Promise<SimpleResult>
  /** The same for a REST API: the policy is for this request alone. Type `REQUEST`. */
  policyAuthorizer(routes: AuthorizedRoutes): (event: AuthorizerEvent & { readonly routeArn?: string }) => Promise<PolicyResult>
}

export function createAuthorizers(guard: Guard, lambda: LambdaDecider): Authorizers {
  function authorize(
    routes: AuthorizedRoutes,
  ): (event: GatewayEvent) => Promise<{ readonly isAllowed: boolean; readonly context: AuthorizerContext }> {
    const rules = readRoutes(guard, routes)
    return async (event) => {
      const asked = askedOf(event)
      const name = isHttp(event) ? event.routeKey : `${event.httpMethod} ${event.resource}`
      const rule = rules.get(name)
      if (!rule) throw new TypeError(`The route ${JSON.stringify(name)} is not in the table of the authorizer`)
      if (!rule.requires) return { isAllowed: true, context: {} }
      const verdict = lambda.judge(await lambda.authorize(asked, rule.requires), asked, rule.requires, event)
      await lambda.settle(verdict)
      return verdict.passes
        ? { isAllowed: true, context: contextOf(verdict.decision, asked.params[rule.requires.partner?.param ?? '']) }
        : { isAllowed: false, context: refusalOf(verdict.response) }
    }
  }

  return {
    simpleAuthorizer(routes) {
      const decide = authorize(routes)
      return async (event) => {
        const { isAllowed, context } = await decide(event)
        return { isAuthorized: isAllowed, context }
      }
    },
    policyAuthorizer(routes) {
      const decide = authorize(routes)
      return async (event) => {
        const arn = isHttp(event) ? event.routeArn : event.methodArn
        if (arn === undefined)
          throw new TypeError('The event has neither "methodArn" nor "routeArn": it is not one of an authorizer of type REQUEST')
        const { isAllowed, context } = await decide(event)
        return {
          principalId: context['clientId'] ?? 'unknown',
          policyDocument: {
            Version: '2012-10-17',
            Statement: [{ Action: 'execute-api:Invoke', Effect: isAllowed ? 'Allow' : 'Deny', Resource: literal(arn) }],
          },
          context,
        }
      }
    },
  }
}

function readRoutes(guard: Guard, routes: AuthorizedRoutes): ReadonlyMap<string, { readonly requires: RouteRule['requires'] }> {
  const rules = readEntries(routes, ['requires', 'public']).map(([key, rule]) => {
    const name = `The route ${key}`
    if (!/^(?:[A-Z]+ \/\S*|\$default)$/.test(key))
      throw new TypeError(
        `The route "${key}" is neither a method and a template of the gateway, such as "GET /v1/orders/{id}", nor "$default"`,
      )
    refuseOtherSyntax(key, name)
    const requires = readRouteRule(rule, name)
    const [method = '', template = ''] = key.split(' ')
    const methods = /^(?!ANY$)[A-Z]+$/.test(method) ? [method] : []
    const paramNames = templateParamNames(template.replaceAll('+}', '}'))
    if (requires) {
      guard.checkRequirement(requires, paramNames)
      checkRoute(guard, requires, { methods, template: template.replaceAll('+}', '}'), paramNames }, name)
    }
    return [key, { requires }] as const
  })
  return new Map(rules)
}

function contextOf(decision: Access | Denial, partnerId: string | undefined): AuthorizerContext {
  if (!decision.allowed) return { reportOnly: 'true', code: decision.code, requestId: decision.requestId }
  const { token, entitlement, requestorId } = decision
  const { id, slug } = entitlement.organization.rights
  return {
    clientId: token.clientId,
    organizationId: id,
    organization: slug,
    scope: token.scope,
    tokenId: token.tokenId,
    ...(partnerId !== undefined && { partnerId }),
    ...(requestorId !== undefined && { requestorId }),
  }
}

/**
 * For the log of the gateway, and for a gateway response of a REST API, which can have the problem and the challenge by its mapping.
 * @throws Error where the gateway is to answer 401 or 500
 */
function refusalOf({ status, headers, body }: DenialResponse): AuthorizerContext {
  if (status === 401) throw new Error('Unauthorized')
  const { type } = JSON.parse(body) as { readonly type: string }
  const code = type.slice(type.lastIndexOf('/') + 1)
  const { 'x-request-id': requestId = '', 'www-authenticate': challenge, 'retry-after': retryAfter } = headers
  if (status >= 500) throw new Error(`The guard could not decide on a request: ${code} (${requestId})`)
  return { code, requestId, problem: body, ...(challenge && { challenge }), ...(retryAfter && { retryAfter }) }
}

/** The path of the request is a part of it, in which a caller can write what a policy takes for a pattern or a variable. */
function literal(arn: string): string {
  return arn.replace(/[*?$]/g, (character) => `\${${character}}`)
}

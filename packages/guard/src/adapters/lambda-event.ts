// What the guard reads of an event of API Gateway: of a REST API (format 1.0), of an HTTP API or a function URL (format 2.0).
import type { GuardRequest } from '../access.ts'
import { rawHeadersOf, textParams } from './fetch-request.ts'

/** The members of format 1.0 that the guard reads; `@types/aws-lambda` has the whole of it. */
export interface RestEvent {
  readonly version?: string
  readonly httpMethod: string
  readonly path: string
  /** The template, such as `/v1/partners/{sellerId}/orders`. */
  readonly resource: string
  readonly headers?: Readonly<Record<string, string | undefined>> | null
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[] | undefined>> | null
  readonly pathParameters?: Readonly<Record<string, string | undefined>> | null
  readonly queryStringParameters?: Readonly<Record<string, string | undefined>> | null
  readonly multiValueQueryStringParameters?: Readonly<Record<string, readonly string[] | undefined>> | null
  readonly requestContext: { readonly requestId?: string; readonly identity?: { readonly sourceIp?: string } }
}

/** The same of format 2.0. */
export interface HttpEvent {
  /** `2.0`; `@types/aws-lambda` has any text. */
  readonly version: string
  /** Such as `GET /v1/partners/{sellerId}/orders`, or `$default`. */
  readonly routeKey: string
  readonly rawPath: string
  readonly rawQueryString?: string
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly pathParameters?: Readonly<Record<string, string | undefined>> | null
  readonly requestContext: {
    readonly requestId?: string
    readonly http: { readonly method: string; readonly sourceIp?: string }
  }
}

export type GatewayEvent = RestEvent | HttpEvent

/**
 * @param route its template, in place of the one of the event
 * @throws TypeError for an event that is not of API Gateway, with which there is nothing to decide on
 */
export function askedOf(event: GatewayEvent, route?: string): GuardRequest {
  const asked = isHttp(event) ? readHttpEvent(event) : readRestEvent(event)
  return route === undefined ? asked : { ...asked, route }
}

function refuseOther({ httpMethod, requestContext }: Partial<RestEvent> = {}): void {
  const isGateway = typeof httpMethod === 'string' && typeof requestContext === 'object' && requestContext !== null
  // A load balancer sends the same members, without the template and its parameters, and with only the last of repeated headers.
  if (isGateway && !('elb' in requestContext)) return
  if (isGateway) throw new TypeError('The event is one of an Application Load Balancer, and not of API Gateway')
  throw new TypeError(
    'The event is none of API Gateway: it has neither "httpMethod" (format 1.0) nor "routeKey" and "requestContext.http" (format 2.0)',
  )
}

export function isHttp(event: GatewayEvent): event is HttpEvent {
  const { version, routeKey, requestContext } = (event ?? {}) as Partial<HttpEvent>
  return version === '2.0' && typeof routeKey === 'string' && typeof requestContext?.http === 'object'
}

/** The address is the one that the gateway saw, in neither case one of a header. */
function readRestEvent(event: RestEvent): GuardRequest {
  refuseOther(event)
  const { identity, requestId } = event.requestContext
  return {
    rawHeaders: restHeaders(event),
    url: `${event.path}?${queryOf(event)}`,
    params: textParams(event.pathParameters ?? {}),
    method: event.httpMethod,
    route: templateOf(event.resource ?? ''),
    address: identity?.sourceIp,
    requestId,
  }
}

function readHttpEvent({ headers = {}, rawPath, rawQueryString = '', pathParameters, routeKey, requestContext }: HttpEvent): GuardRequest {
  const { http, requestId } = requestContext
  return {
    rawHeaders: rawHeadersOf((name) => findHeader(headers, name)),
    url: `${rawPath}?${rawQueryString}`,
    params: textParams(pathParameters ?? {}),
    method: http.method,
    route: templateOf(routeKey.slice(routeKey.indexOf(' ') + 1)),
    address: http.sourceIp,
    requestId,
  }
}

/** Each value on its own if the gateway passes them, which `headers` alone does not: it has the last. */
function restHeaders({ headers, multiValueHeaders }: RestEvent): string[] {
  if (!multiValueHeaders) return rawHeadersOf((name) => findHeader(headers ?? {}, name))
  const rawHeaders: string[] = []
  for (const name in multiValueHeaders) {
    if (!/^(?:authorization|requestor-id|x-request-id)$/i.test(name)) continue
    const lower = name.toLowerCase()
    for (const value of multiValueHeaders[name] ?? []) rawHeaders.push(...rawHeadersOf((wanted) => (wanted === lower ? value : undefined)))
  }
  return rawHeaders
}

/** The names of an event are spelt as the caller sent them, or in lower case. Two spellings of one name are two fields. */
function findHeader(headers: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  let found: string | undefined
  for (const each in headers) {
    const value = each.length === name.length && each.toLowerCase() === name ? headers[each] : undefined
    if (value !== undefined) found = found === undefined ? value : `${found},${value}`
  }
  return found
}

/** The names matter, for a token beside the one in the header; the values are not looked at. */
function queryOf({ multiValueQueryStringParameters, queryStringParameters }: RestEvent): string {
  const names = Object.keys({ ...queryStringParameters, ...multiValueQueryStringParameters })
  return names.map((name) => `${encodeURIComponent(name.toWellFormed())}=`).join('&')
}

/** `{proxy+}` is a parameter that goes on to the end. */
function templateOf(route: string): string | undefined {
  return route.startsWith('/') ? route.replaceAll('+}', '}') : undefined
}

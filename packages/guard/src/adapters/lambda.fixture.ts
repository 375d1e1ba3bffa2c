// Events as API Gateway makes them of a request, by its documentation: format 2.0 of an HTTP API, and 1.0 of a REST API. Without the body.
import type { HttpEvent, RestEvent } from './lambda-event.ts'

export interface EventRoute {
  /** Such as `/v1/partners/{sellerId}/orders`. */
  readonly template: string
  readonly params?: Readonly<Record<string, string>>
}

/** Repeated fields are joined by a comma without a space. */
export function toHttpEvent(request: Request, { template, params = {} }: EventRoute): HttpEvent {
  const { pathname, search } = new URL(request.url)
  const headers = Object.fromEntries([...request.headers].map(([name, value]) => [name, value.replaceAll(', ', ',')]))
  return {
    version: '2.0',
    routeKey: `${request.method} ${template}`,
    rawPath: pathname,
    rawQueryString: search.slice(1),
    headers,
    pathParameters: params,
    requestContext: { requestId: 'JKJaXmPLvHcESHA=', http: { method: request.method, sourceIp: '198.51.100.7' } },
  }
}

/** Names are spelt as they were sent; `headers` has the last of repeated fields. */
export function toRestEvent(request: Request, { template, params = {} }: EventRoute): RestEvent {
  const { pathname, searchParams } = new URL(request.url)
  const sent = [...request.headers].map(
    ([name, value]) => [name.replace(/^./, (first) => first.toUpperCase()), value.split(/, (?=[A-Za-z]+ |$)/)] as const,
  )
  const names = [...new Set(searchParams.keys())]
  return {
    resource: template,
    path: pathname,
    httpMethod: request.method,
    headers: Object.fromEntries(sent.map(([name, values]) => [name, values.at(-1)])),
    multiValueHeaders: Object.fromEntries(sent),
    pathParameters: params,
    queryStringParameters: Object.fromEntries(searchParams),
    multiValueQueryStringParameters: Object.fromEntries(names.map((name) => [name, searchParams.getAll(name)])),
    requestContext: { requestId: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef', identity: { sourceIp: '198.51.100.7' } },
  }
}

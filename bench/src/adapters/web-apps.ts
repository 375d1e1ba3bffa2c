// The same app over web fetch, and as a function of AWS Lambda. Each is called with a request as its runtime makes it, once with the guard and once
// without.
import type { Guard } from '@countersign/guard'
import * as ofFetch from '@countersign/guard/fetch'
import * as ofHono from '@countersign/guard/hono'
import * as ofLambda from '@countersign/guard/lambda'
import { Hono, type MiddlewareHandler } from 'hono'
import type { WebAppName } from './app-names.ts'
import { requirement, template } from './apps.ts'

/** Answers one request; resolves to the status. */
export type WebCall = () => Promise<number>

interface WebSent {
  readonly request: Request
  readonly params: Readonly<Record<string, string>>
}

type BuildCall = (guard: Guard | undefined, sent: WebSent) => WebCall

const text = JSON.stringify({ orders: [] })
const respond = () => new Response(text, { headers: { 'content-type': 'application/json' } })

export const webApps: Readonly<Record<WebAppName, BuildCall>> = {
  'fetch, handler': (guard, { request, params }) => {
    const context = { params: Promise.resolve(params) }
    const handler = guard ? ofFetch.countersignGuard({ guard }).guarded(requirement, respond) : async () => respond()
    return async () => (await handler(request, context)).status
  },
  'fetch, table': (guard, { request }) => {
    if (!guard) return async () => respond().status
    const fetch = ofFetch.guardFetch({ guard, routes: { [`GET ${template}`]: { requires: requirement, handler: respond } } })
    return async () => (await fetch(request)).status
  },
  hono: (guard, sent) => buildHono(guard, sent, false),
  'hono, closed': (guard, sent) => buildHono(guard, sent, true),
  lambda: (guard, { request, params }) => {
    const { pathname } = new URL(request.url)
    const event: ofLambda.HttpEvent = {
      version: '2.0',
      routeKey: `GET ${template}`,
      rawPath: pathname,
      headers: Object.fromEntries(request.headers),
      pathParameters: params,
      requestContext: { requestId: 'request-1', http: { method: 'GET', sourceIp: '198.51.100.7' } },
    }
    const answer = async () => ({ statusCode: 200, body: text })
    const handler = guard ? ofLambda.countersignGuard({ guard }).guarded(requirement, answer) : answer
    return async () => (await handler(event, {})).statusCode
  },
}

const pass: MiddlewareHandler = async (_c, next) => {
  await next()
}

function buildHono(guard: Guard | undefined, { request }: WebSent, isClosed: boolean): WebCall {
  const app = new Hono()
  const path = '/v1/partners/:sellerId/orders'
  const { guarded, closed } = guard ? ofHono.countersignGuard({ guard }) : { guarded: () => pass, closed: pass }
  if (isClosed) app.use(closed)
  app.get(path, guarded(requirement), () => respond())
  return async () => (await app.fetch(request)).status
}

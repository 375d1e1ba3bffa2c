// The adapters over web fetch for the contract suite: each is called as its runtime calls it, with requests as a server of it makes them.
import { Hono, type Context } from 'hono'
import type { Requirement } from '../requirement.ts'
import { handlerSaw, type AdapterUnderTest, type ContractOptions, type ContractRoute } from './adapter-contract.fixture.ts'
import { countersignGuard as guardHandlers, guardFetch, type FetchRoute, type Guarded } from './fetch.ts'
import { countersignGuard as guardHono } from './hono.ts'
import { countersignGuard as guardLambda, type GatewayEvent, type GatewayResult } from './lambda.ts'
import { toHttpEvent, toRestEvent } from './lambda.fixture.ts'
import { createRouteTable } from './route-table.ts'

function handle(kind: ContractRoute['handler'], request: Request, guarded: Guarded): Response {
  if (kind === 'access') return Response.json(handlerSaw(guarded.access))
  if (kind === 'decision') return Response.json(handlerSaw(guarded.decision))
  if (kind === 'echo') return new Response(request.body)
  throw new Error('the handler failed')
}

/** What a runtime makes of an error, and of a response to HEAD. */
async function answerOf(request: Request, answer: () => Response | Promise<Response>): Promise<Response> {
  const response = await Promise.resolve()
    .then(answer)
    .catch(() => new Response('Internal Server Error', { status: 500 }))
  return request.method === 'HEAD' ? new Response(null, response) : response
}

function ruleOf({ requires, public: isPublic }: ContractRoute) {
  return { ...(requires !== undefined && { requires }), ...(isPublic !== undefined && { public: isPublic }) }
}

/** Where a handler is wrapped, or it is open: what a route declares is the argument of `guarded()`. */
function declaredOf({ requires, public: isPublic }: ContractRoute): Requirement | 'open' {
  if (!requires) return isPublic === true ? 'open' : (undefined as unknown as Requirement)
  return isPublic ? ({ ...requires, public: true } as Requirement) : requires
}

/** The suite knows nothing of the requests that its listeners get. */
type Listeners = Readonly<Record<keyof ContractOptions, never>>

const close = () => Promise.resolve()

export const fetchTable: AdapterUnderTest = {
  name: 'a table of fetch',
  seesRoutesAtStart: true,
  async start(guard, routes, options) {
    const table = routes.map((route): [string, FetchRoute<[]>] => [
      `${route.method} ${route.path}`,
      { ...ruleOf(route), handler: (request, context) => handle(route.handler, request, context) },
    ])
    const fetch = guardFetch<[]>({ guard, routes: Object.fromEntries(table), ...(options as Listeners) })
    return { send: (request) => answerOf(request, () => fetch(request)), close }
  },
}

/** As a framework does that finds its routes by the names of files. */
export const fetchHandlers: AdapterUnderTest = {
  name: 'route handlers of fetch',
  seesRoutesAtStart: true,
  async start(guard, routes, options) {
    const { guarded } = guardHandlers({ guard, ...(options as Listeners) })
    const handlers = routes.map((route) => {
      const { method, path, handler: kind } = route
      const declared = declaredOf(route)
      const handler =
        declared === 'open'
          ? (request: Request) => handle(kind, request, {} as Guarded)
          : guarded(declared, (request, context) => handle(kind, request, context), path)
      return [`${method} ${path}`, handler] as const
    })
    const table = createRouteTable(handlers, () => false)
    return { send: (request) => answerOf(request, () => serve(request)), close }

    function serve(request: Request): Response | Promise<Response> {
      const match = table.match(request.method, request.url)
      if (!match.route) return new Response(null, { status: match.allowed.length > 0 ? 405 : 404 })
      return match.route.entry(request, { params: Promise.resolve(match.params) })
    }
  },
}

export const honoApp: AdapterUnderTest = {
  name: 'Hono',
  seesRoutesAtStart: true,
  async start(guard, routes, options) {
    const app = new Hono()
    const { guarded, open, closed, checkRoutes } = guardHono({ guard, ...(options as Listeners) })
    app.use(closed)
    for (const { method, path, requires, public: isPublic, handler } of routes) {
      const at = path.replaceAll(/\{(\w+)\}/g, ':$1')
      const answer = (c: Context) => handle(handler, c.req.raw, c.var as Guarded)
      const before = [...(requires === undefined ? [] : [guarded(requires)]), ...(isPublic === true ? [open] : [])]
      app.on(method, [at], ...before, answer)
    }
    checkRoutes(app)
    app.onError((_error, c) => c.text('Internal Server Error', 500))
    return { send: async (request) => app.fetch(request), close }
  },
}

type Handler = (event: GatewayEvent, context: object) => Promise<GatewayResult>

function lambdaUnderTest(name: string, toEvent: typeof toHttpEvent | typeof toRestEvent): AdapterUnderTest {
  return {
    name,
    seesRoutesAtStart: true,
    async start(guard, routes, options) {
      /** The gateway has read the body before it calls. Here the handler reads it, so that the suite sees that nothing before it does. */
      const requestOf = new WeakMap<GatewayEvent, Request>()
      const { guarded } = guardLambda({ guard, ...(options as Listeners) })
      const handlers = routes.map((route) => {
        const { method, path, handler: kind } = route
        const declared = declaredOf(route)
        const inner = async (event: GatewayEvent, context: Guarded) => resultOf(handle(kind, requestOf.get(event)!, context))
        const handler: Handler = declared === 'open' ? (event) => inner(event, {} as Guarded) : guarded(declared, inner, path)
        return [`${method} ${path}`, handler] as const
      })
      const table = createRouteTable(handlers, () => false)
      return { send: (request) => answerOf(request, () => serve(request)), close }

      async function serve(request: Request): Promise<Response> {
        const match = table.match(request.method, request.url)
        if (!match.route) return new Response(null, { status: match.allowed.length > 0 ? 405 : 404 })
        const event = toEvent(request, { template: match.route.template, params: match.params })
        requestOf.set(event, request)
        const { statusCode, headers = {}, body = '' } = await match.route.entry(event, {})
        return new Response(body, { status: statusCode, headers: Object.entries(headers).map(([field, value]) => [field, String(value)]) })
      }
    },
  }
}

async function resultOf(response: Response): Promise<GatewayResult> {
  return { statusCode: response.status, headers: Object.fromEntries(response.headers), body: await response.text() }
}

export const lambdaHttp = lambdaUnderTest('Lambda behind an HTTP API', toHttpEvent)
export const lambdaRest = lambdaUnderTest('Lambda behind a REST API', toRestEvent)

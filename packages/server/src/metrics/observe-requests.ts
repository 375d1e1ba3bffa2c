// Sees every request that ends, with its answer or without: counts it and hands it to the access log. What can be known of
// a route is found out when the route is added, not with every request.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { RecordAccess } from '../access-log/access-log.ts'
import type { Endpoint } from './endpoints.ts'
import type { RequestTally } from './request-tally.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Whom the request authenticated as, for the access log. */
    clientId: string | undefined
  }
}

interface Observers {
  readonly endpointOf: (route: string) => Endpoint
  readonly requests: RequestTally
  /** Absent where requests are not logged. */
  readonly recordAccess?: RecordAccess | undefined
}

/** Must be called before the routes are added. */
export function observeRequests(app: FastifyInstance, { endpointOf, requests, recordAccess }: Observers): void {
  const added = new WeakSet<object>()
  app.decorateRequest('clientId', undefined)

  const observe = (route: string | undefined) => {
    const { kind, realm }: Endpoint = route === undefined ? { kind: 'other' } : endpointOf(route)
    const count = requests.counterOf(kind)
    const record = kind === 'probe' ? undefined : recordAccess
    return {
      onResponse(request: FastifyRequest, reply: FastifyReply, done: () => void) {
        const milliseconds = reply.elapsedTime
        count(reply.statusCode, milliseconds)
        record?.({ request, route, realm, status: reply.statusCode, milliseconds })
        done()
      },
      onRequestAbort(request: FastifyRequest, done: () => void) {
        count(0, undefined)
        record?.({ request, route, realm })
        done()
      },
    }
  }

  app.addHook('onRoute', (route) => {
    const { onResponse, onRequestAbort } = observe(route.url)
    // The HEAD route that is made of a GET route comes with the hooks of that one.
    const others = <Hook extends object>(hooks: Hook | Hook[] | undefined) =>
      ([] as Hook[]).concat(hooks ?? []).filter((hook) => !added.has(hook))
    for (const hook of [onResponse, onRequestAbort, noteClient]) added.add(hook)
    route.onResponse = [...others(route.onResponse), onResponse]
    route.onRequestAbort = [...others(route.onRequestAbort), onRequestAbort]
    if (route.config?.requires) route.preHandler = [noteClient, ...others(route.preHandler)]
  })

  const unknown = observe(undefined)
  app.addHook('onResponse', (request, reply, done) => (request.is404 ? unknown.onResponse(request, reply, done) : done()))
}

/** Runs where the guard has let the request in. */
function noteClient(request: FastifyRequest, _reply: FastifyReply, done: () => void): void {
  request.clientId = request.access.token.clientId
  done()
}

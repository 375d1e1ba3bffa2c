// Counts every request that ends, answered or not, and passes it to the access log. Lookups that depend only on the route are
// done when the route is added, not for every request.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { RecordAccess } from './access-log.ts'
import type { HttpServer } from '../http/http-server.ts'
import type { OnRequestEnd } from '../http/request-end.ts'
import type { Endpoint } from '../http/endpoints.ts'
import type { RequestCounters } from './request-counters.ts'

interface RequestCounting {
  readonly requests: RequestCounters
  /** Absent if requests are not logged. */
  readonly recordAccess?: RecordAccess | undefined
}

/** Must be called before the routes are added. Returns the listener for the end of every request. */
export function countRequests(configureEvery: HttpServer['configureEvery'], { requests, recordAccess }: RequestCounting): OnRequestEnd {
  const countAtEnd = (route: string | undefined, { kind, realm }: Endpoint): OnRequestEnd => {
    const count = requests.counterOf(kind)
    const record = kind === 'probe' ? undefined : recordAccess
    return ({ request, answer }) => {
      // A stream of events lasts as long as its token: its duration says nothing about this node.
      count(answer?.status ?? 0, answer?.streamed === undefined ? answer?.milliseconds : undefined)
      record?.({ request, route, realm, answer })
    }
  }

  configureEvery((app) => {
    app.decorateRequest('clientId', undefined)
    app.decorateRequest('organizationId', undefined)
    app.decorateRequest('person', undefined)
    app.addHook('onRoute', (route) => {
      route.config = { ...route.config, countAtEnd: countAtEnd(route.url, route.config?.endpoint ?? { kind: 'other' }) }
      if (route.config.requires) route.preHandler = [noteClient].concat(route.preHandler ?? [])
    })
  })

  const countUnknown = countAtEnd(undefined, { kind: 'other' })
  return (end) => (end.request.routeOptions.config.countAtEnd ?? countUnknown)(end)
}

/** Runs after the guard has authenticated the request. */
function noteClient(request: FastifyRequest, _reply: FastifyReply, done: () => void): void {
  if (!request.person) request.clientId = request.access.token.clientId
  done()
}

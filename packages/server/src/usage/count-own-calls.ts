// Counts the calls of clients to the APIs that this server itself guards, as guards report those to other APIs.
import type { EndpointKind } from '../http/endpoints.ts'
import { routeTemplate } from '../http/route-template.ts'
import type { OnRequestEnd } from '../http/request-end.ts'
import type { Usage } from './usage.ts'

/** Not those of operators and of guards: they use nothing that is offered to partners, and a guard calls for its provider, not as a partner. */
const counted: ReadonlySet<EndpointKind> = new Set(['me'])

export function countOwnCalls(usage: Usage): OnRequestEnd {
  return ({ request, answer }) => {
    const { config, url } = request.routeOptions
    const { kind, realm = request.clientRealm } = config.endpoint ?? { kind: 'other' as const }
    if (answer === undefined || config.requires === undefined || realm === undefined || !counted.has(kind)) return
    usage.count({
      realm,
      clientId: request.clientId ?? null,
      organizationId: request.organizationId ?? null,
      what: 'call',
      subject: `${request.method} ${routeTemplate(url ?? '')}`,
      outcome: request.refused?.code ?? 'allowed',
      count: 1,
    })
  }
}

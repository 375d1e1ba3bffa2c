// Notes what the endpoints of this server refuse, as guards report it: with the problem, the client and what the guard of the endpoint saw.
// Refusals of unknown paths are left out: they are of no realm, and anybody can send any number of them.
import type { EndpointKind } from '../http/endpoints.ts'
import type { EndedRequest, OnRequestEnd } from '../http/request-end.ts'
import { countedPrefixes } from '../throttle/client-address.ts'
import type { Refusals } from './refusal.ts'

const noted: ReadonlySet<EndpointKind> = new Set([
  'token',
  'introspection',
  'revocation',
  'me',
  'entitlement',
  'changes',
  'decisions',
  'admin',
])

interface NoteOptions {
  readonly refusals: Refusals
  readonly addressOf: (request: EndedRequest) => string
  /** Never fails. Milliseconds. */
  readonly now: () => number
}

export function noteRefusedRequests({ refusals, addressOf, now }: NoteOptions): OnRequestEnd {
  return ({ request, answer }) => {
    const { config, url } = request.routeOptions
    const { kind, realm } = config.endpoint ?? { kind: 'other' as const }
    const { refused } = request
    if (answer === undefined || answer.status < 400 || refused?.code === undefined || !noted.has(kind)) return
    refusals.note({
      requestId: request.id,
      realm: realm ?? '',
      at: now(),
      source: kind,
      method: request.method,
      route: url && templateOf(url),
      code: refused.code,
      reason: refused.reason,
      clientId: request.clientId ?? refused.clientId,
      organizationId: request.organizationId ?? refused.organizationId,
      address: countedPrefixes(addressOf(request))[0]?.prefix,
      callerRequestId: request.callerRequestId,
      detail: {},
    })
  }
}

/** The pattern of the framework as the template of a route. */
function templateOf(url: string): string {
  return url.replaceAll(/:(\w+)/g, '{$1}')
}

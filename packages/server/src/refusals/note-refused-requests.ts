// Notes what the endpoints of this server refuse, as guards report it: with the problem, the client and what the guard of the endpoint saw.
// Refusals of unknown paths are left out: they are of no realm, and anybody can send any number of them.
import { operations, refusalSources } from '@countersign/admin'
import type { GuardDecision } from '@countersign/guard'
import { networkOf } from '@countersign/protocol'
import type { EndpointKind } from '../http/endpoints.ts'
import type { EndedRequest, OnRequestEnd } from '../http/request-end.ts'
import { routeTemplate } from '../http/route-template.ts'
import type { RefusalDetail, Refusals } from './refusal.ts'

/** Those by which refusals can be listed. */
const noted: ReadonlySet<EndpointKind> = new Set(refusalSources.filter((source) => source !== 'guard'))

/** A question about refusals, which finds none for an id that is mistyped: an answer, and not one more refusal. */
const question = operations['requests.explain'].path

interface NoteOptions {
  readonly refusals: Refusals
  readonly addressOf: (request: EndedRequest) => string
  /** Never fails. Milliseconds. */
  readonly now: () => number
}

export function noteRefusedRequests({ refusals, addressOf, now }: NoteOptions): OnRequestEnd {
  return ({ request, answer }) => {
    const { config, url } = request.routeOptions
    const { kind: own, answersAs, realm } = config.endpoint ?? { kind: 'other' as const }
    const kind = answersAs ?? own
    const { refused } = request
    // There the guard has only let the session in.
    const decision = answersAs === undefined ? request.guardDecision : undefined
    if (answer === undefined || answer.status < 400 || refused?.code === undefined || !noted.has(kind)) return
    if (refused.code === 'not-found' && url !== undefined && routeTemplate(url) === question) return
    const clientId = request.clientId ?? refused.clientId
    const isNamed = clientId !== undefined && (request.clientId === undefined || refused.code === 'invalid-client')
    refusals.note({
      requestId: request.id,
      realm: request.clientRealm ?? realm ?? '',
      at: now(),
      source: kind,
      method: request.method,
      route: url && routeTemplate(url),
      code: refused.code,
      reason: refused.reason,
      clientId,
      // Of an unknown client the store was read already.
      presentedId: clientId === undefined && refused.reason !== 'unknown-client' ? refused.presentedId : undefined,
      organizationId: request.organizationId ?? refused.organizationId,
      address: networkOf(addressOf(request)) ?? undefined,
      callerRequestId: request.callerRequestId,
      detail: { ...(decision && detailOf(decision)), ...(isNamed && { isNamed }) },
    })
  }
}

function detailOf({ checks, requires, partnerId, requestorId, tokenId, revision }: GuardDecision): RefusalDetail {
  return {
    ...(checks.length > 0 && { checks }),
    requires,
    partnerId: partnerId ?? undefined,
    requestorId: requestorId ?? undefined,
    tokenId: tokenId ?? undefined,
    revision: revision ?? undefined,
  }
}

// Would the same request be allowed now? By the pure decision of the guard, over what the cache knows of the client, and the requirement that
// was reported. The token is not kept, so a new token of the client with all of its scopes stands for it.
import { decideAccess, type Entitlement, type GuardRequest, type Requirement } from '@countersign/guard'
import { type ProblemCode, type ReportedRequirement } from '@countersign/protocol'
import { tokenOfRights } from '../api/token-of-rights.ts'
import type { Facts } from './facts.ts'
import type { LoginReason } from './login-causes.ts'

export interface Now {
  readonly outcome: 'allowed' | 'same' | 'other' | 'unknown'
  readonly code: ProblemCode | null
  readonly detail: string
  /** Why, if the code alone does not tell: what the failed check would see, or the reason of a refused authentication. */
  readonly saw?: string
  readonly reason?: LoginReason
}

/** Of a request with a token. */
export function decideNow(facts: Facts): Now {
  const { request, entitlement, realm } = facts
  const { code, clientId, detail } = request
  if (detail.requires === undefined || realm === undefined || clientId === null)
    return unknown('Whose request it was, or what it needs, is not known.')
  if (!entitlement) return { ...refused(code, 'invalid-token', 'the client does not exist any more'), saw: 'the client does not exist' }
  if (!entitlement.client.rights.enabled) return { ...refused(code, 'invalid-token', 'the client is disabled'), saw: 'client disabled' }
  const decided = decide(facts, entitlement)
  if (decided !== undefined) return refused(code, decided)
  return ofAllowed(facts, entitlement)
}

function ofAllowed({ request: { code, source }, requires, saw }: Facts, entitlement: Entitlement): Now {
  if (code === 'temporarily-unavailable' || code === 'internal-error') return unknown('The rights of the client would be enough.')
  if (code === 'requestor-id-missing' || code === 'requestor-id-malformed') return refused(code, code, 'the request has to change')
  const isOfToken = code === 'invalid-token' && saw !== 'client disabled'
  if (isOfToken || tokenCodes.has(code)) return refused(code, code, 'with a new token it would be allowed')
  if (code === 'rate-limited') return { outcome: 'allowed', code: null, detail: 'It would be allowed, unless the rate is reached again.' }
  const needed = requires.scope ?? []
  const isDefault = source === 'admin' || needed.every((scope) => entitlement.client.scopes.has(scope))
  const detail =
    code === 'insufficient-scope' && isDefault
      ? `It would be allowed with a token that is requested with the scope "${needed.join(' ')}".`
      : 'It would be allowed.'
  return { outcome: 'allowed', code: null, detail }
}

const tokenCodes: ReadonlySet<ProblemCode> = new Set(['missing-token', 'malformed-authorization', 'several-tokens', 'expired-token'])

function decide({ request, requires, client }: Facts, entitlement: Entitlement): ProblemCode | undefined {
  const { partnerId, requestorId } = request.detail
  const scopes =
    request.source === 'admin'
      ? new Set([...entitlement.client.scopes, ...(client?.operatorRights?.scopes ?? [])])
      : entitlement.client.scopes
  const asked = requestOf(requires, partnerId, requestorId)
  const decision = decideAccess(tokenOfRights(entitlement, scopes), entitlement, toRequirement(requires), asked)
  if (decision.allowed) return undefined
  const isAboutHeader = decision.code === 'requestor-id-missing' && request.code.startsWith('requestor-id-')
  return isAboutHeader ? request.code : decision.code
}

/** As an adapter passes it; a partner that is not a UUID was not reported, and is the partner of no organization. */
export function requestOf(requires: ReportedRequirement, partnerId: string | undefined, requestorId: string | undefined): GuardRequest {
  return {
    rawHeaders: requestorId === undefined ? [] : ['requestor-id', requestorId],
    params: requires.partner === undefined ? {} : { [requires.partner]: partnerId ?? 'unknown' },
  }
}

export function toRequirement({ partner, ...rest }: ReportedRequirement): Requirement {
  return { ...rest, ...(partner !== undefined && { partner: { param: partner } }) }
}

/** Of a request in which a client authenticates itself: only what bars the client is known. */
export function decideLogin({ client, request: { reason, code } }: Facts): Now {
  if (!client) return unknown('Which client was meant is not known, or it does not exist.')
  const barred = {
    'client-disabled': !client.enabled,
    'service-account-off': !client.serviceAccountEnabled,
    'organization-suspended': client.organization.status !== 'active',
  }
  const bars = Object.keys(barred) as (keyof typeof barred)[]
  const bar = bars.find((each) => barred[each])
  if (bar !== undefined)
    return {
      outcome: bar === reason ? 'same' : 'other',
      code,
      detail: `It would be refused with "${code}": ${barsInWords[bar]}.`,
      reason: bar,
    }
  return bars.some((each) => each === reason)
    ? { outcome: 'allowed', code: null, detail: 'It would be allowed.' }
    : unknown('What the request sent is not kept; nothing bars the client.')
}

const barsInWords = {
  'client-disabled': 'the client is disabled',
  'service-account-off': 'the service account of the client is off',
  'organization-suspended': 'its organization is suspended',
} as const

function refused(before: ProblemCode, code: ProblemCode, why?: string): Now {
  const detail = `It would be refused with "${code}"${why === undefined ? '' : `: ${why}`}.`
  return { outcome: before === code ? 'same' : 'other', code, detail }
}

function unknown(detail: string): Now {
  return { outcome: 'unknown', code: null, detail }
}

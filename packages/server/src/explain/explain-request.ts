// Explains a refused request: what is known of it, why it was refused, which change made it so, and what would change it. Reads only; the
// work is bounded, whatever the length of the audit log.
import type { OperationOutput } from '@countersign/admin'
import { problems } from '@countersign/protocol'
import { toInstant } from '../api/instants.ts'
import type { StoredEvent } from '../audit/events/event-row.ts'
import { ProblemError } from '../errors.ts'
import { instantOf } from '../node-ids.ts'
import { failedCheck } from '../refusals/refusal.ts'
import { fixerOf, remedyOf, type Cause } from './cause.ts'
import { decideLogin, decideNow, type Now } from './decide-now.ts'
import { checksOf, nameOrganization, readFacts, type ExplainContext, type Facts } from './facts.ts'
import { findCause } from './find-cause.ts'
import { describeChange } from './find-change.ts'
import { findGuardFault, type GuardFault } from './guard-client.ts'
import { inWords } from './guard-faults.ts'
import { findMade } from './find-made.ts'
import { findRefused } from './find-refused.ts'
import { ofEvent, placeOf, type RefusedRequest } from './refused-request.ts'
import { tellIntegrator } from './tell-integrator.ts'

type Explanation = OperationOutput<'requests.explain'>

/** @throws ProblemError `not-found`, the same for a request of a realm that the operator is not permitted for */
export async function explainRequest(
  context: ExplainContext,
  request: string,
  realms: readonly string[] | undefined,
): Promise<Explanation> {
  const found = await findRefused(context.db, request, realms)
  if (!found) throw notKept(request)
  if (found.succeeded) return explainSuccess(context, found.succeeded, request)
  const [first] = found.refused
  const facts = await readFacts(context, first!)
  return explainRefused(context, facts, found.refused)
}

async function explainRefused(context: ExplainContext, facts: Facts, refused: readonly RefusedRequest[]): Promise<Explanation> {
  const { request } = facts
  const fault = await findGuardFault(context, facts)
  const about = fault?.facts ?? facts
  const cause = fault?.cause ?? findCause(facts)
  const { status, title } = problems[request.code]
  const now = fault ? nowOfGuard(fault, facts) : isLogin(facts) ? decideLogin(facts) : decideNow(facts)
  const next = now.outcome === 'other' ? nextOfNow(now, facts) : nextStep(now, cause, about)
  return {
    request: describe(request, facts.organization),
    reports: refused.map((each) => ({
      id: each.requestId,
      source: placeOf(each),
      reporter: each.reporter || null,
      at: toInstant(each.at),
      code: each.code,
    })),
    outcome: request.detail.reportOnly === true ? 'let-through' : 'refused',
    status,
    code: request.code,
    title,
    reason: request.reason,
    checks: checksOf(request).map(({ check, result, saw }) => ({ check, result, saw: saw && inWords(saw) })),
    failed: failedCheck(request.detail)?.check ?? null,
    cause: cause.sentence(about),
    ...(await findMade(context, cause, about)),
    ...next,
    tell: tellIntegrator(facts, { ...next, isAllowedNow: now.outcome === 'allowed' }),
    now: { outcome: now.outcome, code: now.code, detail: now.detail },
  }
}

export function isLogin({ request: { source, reason, detail } }: Facts): boolean {
  return source !== 'guard' && reason !== null && detail.checks === undefined
}

/** A guard that can ask again decides by the rights of the client. */
function nowOfGuard({ now }: GuardFault, facts: Facts): Now {
  const { code } = facts.request
  if (now !== 'in order' && now !== 'not known') return { outcome: 'same', code, detail: `It would be refused with "${code}": ${now}.` }
  const decided = decideNow(facts)
  const isAllowed = now === 'in order' && decided.outcome === 'unknown' && facts.entitlement !== undefined
  return isAllowed ? { outcome: 'allowed', code: null, detail: 'It would be allowed.' } : decided
}

const noStep = { command: null, operation: null } as const

type NextStep = Pick<Explanation, 'who' | 'remedy' | 'command' | 'operation'>

function nextStep({ outcome }: Now, cause: Cause, facts: Facts): NextStep {
  const { code } = facts.request
  if (outcome === 'allowed' && code !== 'rate-limited' && code !== 'insufficient-scope')
    return { who: null, remedy: 'Nothing has to be changed; the caller can repeat the request.', ...noStep }
  const needsNone = outcome === 'allowed' && code !== 'rate-limited'
  const who = fixerOf(cause, code, facts.portalUrl)
  return { who, remedy: remedyOf(cause, facts), ...(needsNone ? noStep : (cause.step?.(facts) ?? noStep)) }
}

/** What was wrong then has been repaired since, and something else is wrong: the step is that of the refusal that there would be now. */
function nextOfNow({ code, saw = '', reason }: Now, facts: Facts): NextStep {
  const asNow = { ...facts, saw, request: { ...facts.request, code: code ?? facts.request.code, reason: reason ?? null } }
  return nextStep({ outcome: 'same', code, detail: '' }, findCause(asNow), asNow)
}

function describe(request: RefusedRequest, organization: Explanation['request']['organization']): Explanation['request'] {
  const { requestId: id, at, reporter, guard, api, route, method, realm, clientId, address } = request
  return {
    id,
    at: toInstant(at),
    source: placeOf(request),
    reporter: reporter || null,
    guard,
    api,
    route,
    method,
    realm,
    clientId,
    organization,
    address,
    apiRequestId: request.apiRequestId,
    callerRequestId: request.callerRequestId,
  }
}

async function explainSuccess({ db }: ExplainContext, event: StoredEvent, requestId: string): Promise<Explanation> {
  const request = ofEvent(event, requestId)
  const isToken = event.kind === 'token.request'
  const organization = event.organization_id === null ? null : await nameOrganization(db, event.organization_id)
  const cause = isToken ? `A token was issued to the client "${event.client_id}".` : `The request made the change "${event.kind}".`
  return {
    request: describe(request, organization),
    reports: [],
    outcome: isToken ? 'issued' : 'changed',
    status: null,
    code: null,
    title: 'The request succeeded',
    reason: null,
    checks: [],
    failed: null,
    cause,
    changedBy: isToken ? null : describeChange(event),
    unchanged: isToken ? 'The request was not refused.' : null,
    certain: true,
    who: null,
    remedy: isToken
      ? 'If an API refused the token, explain the request id of that response.'
      : 'The audit log has the details of the change.',
    ...noStep,
    now: { outcome: 'unknown', code: null, detail: 'The request was not refused.' },
  }
}

/** By the form of the id alone, so that it tells nothing about other realms. */
function notKept(request: string): ProblemError {
  if (Number.isNaN(instantOf(request)))
    return new ProblemError('not-found', {
      detail: `No refusal is kept of a request that its API or its caller calls "${request}". It is not an id that this server or a guard makes.`,
      remedy:
        'An id such as "req-8" is made by the API itself: look for the header X-Request-Id or "instance" of its response, which has the form 0199c5e2a4b0-1f2e3d4c-0000002a.',
    })
  return new ProblemError('not-found', {
    detail: `No refusal is kept of the request "${request}". Requests that an API allowed are not kept one by one.`,
    remedy:
      'If it was refused: its guard may not report to this server ("countersign guard list --realm REALM"), the report may be older than 30 days or left out under a flood, or this operator may not act in its realm. Repeat the call and explain the new id.',
  })
}

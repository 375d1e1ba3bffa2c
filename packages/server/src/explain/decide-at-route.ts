// What a route would answer to a good token now: by what its guards have reported that it requires, or by what the question says.
import type { CheckedInput, OperationOutput } from '@countersign/admin'
import { decideAccess, type Guard, type VerifiedToken } from '@countersign/guard'
import { problems, type CheckResult, type ProblemCode, type ReportedRequirement } from '@countersign/protocol'
import type { Realm } from '../realms/realm.ts'
import { requestOf, toRequirement } from './decide-now.ts'
import { readFacts, type ExplainContext } from './facts.ts'
import { findCause } from './find-cause.ts'
import { parseDetail } from './refused-request.ts'

type Decision = OperationOutput<'tokens.explain'>['decision']
type Question = CheckedInput<'tokens.explain'>['body']

export async function decideAtRoute(
  context: ExplainContext,
  guard: Guard,
  realm: Realm,
  question: Question,
  { token, at }: { readonly token: VerifiedToken; readonly at: number },
): Promise<Decision> {
  const { api = null, method = null, route = null, partner, requestor } = question
  if (route === null && question.requires === undefined) return null
  const named = { api, method, route }
  const requires = question.requires ?? (await findRequirement(context, realm.name, question))
  if (!requires) return { ...named, ...unknownRoute }
  if (requires.partner !== undefined && partner === undefined)
    return { ...named, ...undecided(`The route decides by the partner in {${requires.partner}}: name it (--partner).`) }
  if (requires.requestor !== undefined && requestor === undefined)
    return { ...named, ...undecided('The route decides by the requestor: name it (--requestor).') }
  const entitlement = await context.cache.findEntitlement(realm.name, token.clientId, { partnerId: partner, requestorId: requestor })
  if (!entitlement) return { ...named, ...undecided('The client was deleted just now.') }
  const request = requestOf(requires, partner, requestor)
  const requirement = toRequirement(requires)
  const decision = decideAccess(token, entitlement, requirement, request)
  const known = { token, entitlement }
  if (decision.allowed) {
    const { checks } = guard.explainDenial({ allowed: false, code: 'rate-limited' }, request, requirement, known)
    return {
      ...named,
      outcome: 'allowed',
      code: null,
      detail: 'It would be allowed, apart from the rate.',
      checks: describe(checks.map(withoutRate)),
      command: null,
    }
  }
  const { code, checks } = guard.explainDenial(decision, request, requirement, known)
  return {
    ...named,
    outcome: 'refused',
    code,
    ...(await explain(context, realm, token, { at, code, checks, requires, partner, requestor })),
    checks: describe(checks),
  }
}

interface Refused extends Pick<Question, 'partner' | 'requestor'> {
  readonly at: number
  readonly code: ProblemCode
  readonly checks: readonly CheckResult[]
  readonly requires: ReportedRequirement
}

async function explain(
  context: ExplainContext,
  realm: Realm,
  { clientId, tokenId }: VerifiedToken,
  { at, code, checks, requires, partner, requestor }: Refused,
) {
  const facts = await readFacts(context, {
    requestId: '',
    at,
    source: 'guard',
    reporter: '',
    realm: realm.name,
    guard: null,
    api: null,
    method: null,
    route: null,
    code,
    reason: null,
    organizationId: null,
    clientId,
    address: null,
    callerRequestId: null,
    detail: { checks, requires, tokenId, partnerId: partner, requestorId: requestor },
  })
  const cause = findCause(facts)
  return { detail: `${problems[code].title}. ${cause.sentence(facts)}`, command: cause.command?.(facts) ?? null }
}

/** The most recent report counts; without an API, that of any. */
async function findRequirement(
  { db }: ExplainContext,
  realm: string,
  { api, method, route }: Question,
): Promise<ReportedRequirement | undefined> {
  let query = db
    .selectFrom('guarded_routes')
    .select('requires')
    .where('realm', '=', realm)
    .where('route', '=', route ?? '')
  if (api !== undefined) query = query.where('api', '=', api)
  if (method !== undefined) query = query.where('method', '=', method)
  const row = await query.orderBy('seen_at', 'desc').limit(1).executeTakeFirst()
  return row && parseDetail<ReportedRequirement>(row.requires)
}

function withoutRate(check: CheckResult): CheckResult {
  return check.check === 'rate' ? { check: 'rate', result: 'not-reached', saw: 'the rate is not counted here' } : check
}

function describe(checks: readonly CheckResult[]) {
  return checks.map(({ check, result, saw }) => ({ check, result, saw }))
}

function undecided(detail: string) {
  return { outcome: 'unknown' as const, code: null, detail, checks: [], command: null }
}

const unknownRoute = undecided(
  'No guard has reported this route. "countersign guard list" shows which guards report; write the template as the API registers it, such as "/v1/partners/{sellerId}/orders".',
)

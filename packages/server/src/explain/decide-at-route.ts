// What a route would answer to a good token now: by what its guards have reported that it requires, or by what the question says.
import type { CheckedInput, OperationOutput } from '@countersign/admin'
import { decideAccess, type Guard, type VerifiedToken } from '@countersign/guard'
import { problems, type CheckResult, type ProblemCode, type ReportedRequirement } from '@countersign/protocol'
import type { Realm } from '../realms/realm.ts'
import { requestOf, toRequirement } from './decide-now.ts'
import { readFacts, type ExplainContext } from './facts.ts'
import { findCause } from './find-cause.ts'
import { findNearestRoutes } from './nearest-routes.ts'
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
  const reported = question.requires ? undefined : await findReported(context, realm.name, question)
  const requires = question.requires ?? reported?.requires
  const source = reported === undefined ? '' : ` ${reported.source}`
  if (!requires)
    return {
      ...named,
      ...undecided(describeUnknown(realm.name, await findNearestRoutes(context, realm.name, { ...named, route: route ?? '' }))),
    }
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
      detail: `It would be allowed, apart from the rate.${source}`,
      checks: describe(checks.map(withoutRate)),
      command: null,
      operation: null,
    }
  }
  const { code, checks } = guard.explainDenial(decision, request, requirement, known)
  const { detail, ...step } = await explain(context, realm, token, { at, code, checks, requires, partner, requestor })
  return {
    ...named,
    outcome: 'refused',
    code,
    detail: `${detail}${source}`,
    ...step,
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
    apiRequestId: null,
    callerRequestId: null,
    detail: { checks, requires, tokenId, partnerId: partner, requestorId: requestor },
  })
  const cause = findCause(facts)
  const { command, operation } = cause.step?.(facts) ?? { command: null, operation: null }
  return { detail: `${problems[code].title}. ${cause.sentence(facts)}`, command, operation }
}

interface ReportedRoute {
  readonly requires: ReportedRequirement
  /** Whose claim it is: any client with the scope `decisions:write` can report routes, also under the name of another API. */
  readonly source: string
}

/** The most recent report counts; without an API, that of any. */
async function findReported({ db }: ExplainContext, realm: string, asked: Question): Promise<ReportedRoute | undefined> {
  let query = db
    .selectFrom('guarded_routes')
    .select(['requires', 'api', 'reporter'])
    .where('realm', '=', realm)
    .where('route', '=', asked.route ?? '')
  if (asked.api !== undefined) query = query.where('api', '=', asked.api)
  if (asked.method !== undefined) query = query.where('method', '=', asked.method)
  const [latest, ...others] = await query.orderBy('seen_at', 'desc').orderBy('reporter').limit(maxCompared).execute()
  if (!latest) return undefined
  const differing = new Set(others.filter(({ requires }) => requires !== latest.requires).map(describeReporter))
  const source = `What the route requires is what ${describeReporter(latest)} reported last.`
  const doubt = `Reported otherwise by ${[...differing].slice(0, 3).join(', ')}: "--api" chooses one.`
  return { requires: parseDetail<ReportedRequirement>(latest.requires), source: differing.size === 0 ? source : `${source} ${doubt}` }
}

const maxCompared = 20

function describeReporter({ api, reporter }: { readonly api: string; readonly reporter: string }): string {
  return `the client "${reporter}" (${api === '' ? 'an API without a name' : `API "${api}"`})`
}

function withoutRate(check: CheckResult): CheckResult {
  return check.check === 'rate' ? { check: 'rate', result: 'not-reached', saw: 'the rate is not counted here' } : check
}

function describe(checks: readonly CheckResult[]) {
  return checks.map(({ check, result, saw }) => ({ check, result, saw }))
}

function undecided(detail: string) {
  return { outcome: 'unknown' as const, code: null, detail, checks: [], command: null, operation: null }
}

function describeUnknown(realm: string, nearest: readonly string[]): string {
  if (nearest.length === 0)
    return `No guard has reported this route, nor any other: "countersign guard list --realm ${realm}" shows which guards report.`
  return `No guard has reported this route. Nearest are ${nearest.join(', ')}.`
}

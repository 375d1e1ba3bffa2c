// Explanations as they are read at night: the verdict first, then who changed it, the checks, and the next command last.
import type { OperationOutput } from '@countersign/admin'
import { formatFacts } from './output.ts'

type Explanation = OperationOutput<'requests.explain'>
type Token = OperationOutput<'tokens.explain'>
type Made = Pick<Explanation, 'changedBy' | 'unchanged' | 'certain'>
type Checks = Explanation['checks']

export function describeExplanation(explanation: Explanation): string {
  const { request, cause, checks, reports, outcome } = explanation
  if (outcome === 'issued' || outcome === 'changed')
    return [`It succeeded. ${cause}`, describeRequest(explanation), `Next: ${explanation.remedy}`].join('\n\n')
  const verdict = outcome === 'let-through' ? 'Would be refused, and was let through: the guard only reports for now.' : 'Refused.'
  const others = reports.slice(1).map(({ id, at, source, code }) => `  ${id}  ${at}  ${source}: ${code}`)
  const isSameRequest = reports.every(({ id }) => id === request.id)
  return [
    `${verdict} ${cause}`,
    describeMade(explanation),
    describeRequest(explanation),
    ...(checks.length > 0 ? [describeChecks(checks)] : []),
    ...(others.length > 0
      ? [`${isSameRequest ? 'Other reports of this request' : 'Other requests have this id, too'}:\n${others.join('\n')}`]
      : []),
    `Now: ${explanation.now.detail}`,
    explanation.now.outcome === 'allowed' && explanation.command === null && explanation.code !== 'insufficient-scope'
      ? 'Next: nothing has to be changed; the caller can repeat the request.'
      : describeNext(explanation),
  ].join('\n\n')
}

export function describeToken(token: Token): string {
  const { verdict, decision, standing } = token
  const hasChange = token.changedBy !== null || !['good', 'secret', 'not-a-token', 'other-issuer', 'altered'].includes(standing)
  return [
    verdict,
    ...(hasChange ? [describeMade(token)] : []),
    ...(token.token ? [describeClaims(token.token)] : []),
    ...(decision ? [describeDecision(decision)] : []),
    decision && decision.outcome !== 'allowed' && standing === 'good' ? nextAtRoute(decision) : describeNext(token),
  ].join('\n\n')
}

/** The token itself needs nothing. */
function nextAtRoute({ command, outcome }: NonNullable<Token['decision']>): string {
  if (command !== null) return `Next: ${command}`
  return outcome === 'refused' ? 'Next: see the check that failed.' : 'Next: run the command again with what is missing.'
}

function describeDecision({ method, route, outcome, detail, checks }: NonNullable<Token['decision']>): string {
  const what = [method, route].filter((part) => part !== null).join(' ') || 'The route'
  const verdict = { allowed: 'allowed', refused: 'refused', unknown: 'not decided' }[outcome]
  return [`${what}: ${verdict}. ${detail}`, ...(checks.length > 0 ? [describeChecks(checks)] : [])].join('\n\n')
}

function describeMade({ changedBy, unchanged, certain }: Made): string {
  if (!changedBy) return `Changed by: no change. ${unchanged ?? ''}`.trimEnd()
  const { at, by, kind, reason, eventId } = changedBy
  const who = by === null ? 'an unknown actor' : `${by.kind} ${by.name ?? by.id}${by.realm === null ? '' : ` of the realm ${by.realm}`}`
  const likely = certain ? 'Changed by' : 'Most likely changed by'
  // What the server does by itself has no reason to give.
  const none =
    by?.kind === 'operator' || by?.kind === 'person'
      ? 'none given; --reason records one next time (in the API, "reason" in the body)'
      : 'none given'
  return [`${likely}: ${who} at ${at}, ${kind}`, `  reason: ${reason ?? none}`, `  audit event: ${eventId}`].join('\n')
}

function describeRequest({ request, status, code, reason, outcome }: Explanation): string {
  const { organization } = request
  return formatFacts([
    ['request', request.id],
    ['at', request.at],
    ['by', request.source],
    ...fact('route', [request.method, request.route].filter((part) => part !== null).join(' ')),
    ...fact(outcome === 'let-through' ? 'would get' : 'answer', code === null ? '' : `${status} ${code}`),
    ...fact('reason', reason),
    ...fact('realm', request.realm),
    ...fact('client', request.clientId),
    ...fact('organization', organization && (organization.slug === null ? organization.id : `${organization.name} (${organization.slug})`)),
    ...fact('address', request.address),
    ...fact('id in its log', request.apiRequestId),
    ...fact("caller's id", request.callerRequestId),
  ])
}

function describeClaims({ realm, clientId, organization, scope, issuedAt, expiresAt, key, id }: NonNullable<Token['token']>): string {
  return formatFacts([
    ['realm', realm],
    ['client', clientId],
    ...fact('organization', organization && (organization.slug === null ? organization.id : `${organization.name} (${organization.slug})`)),
    ['scope', scope || 'none'],
    ['issued', issuedAt],
    ['expires', expiresAt],
    ['key', `${key.id} (${key.algorithm}, ${key.state})`],
    ['token id', id],
  ])
}

const marks = { passed: '✓', failed: '✗', 'not-required': '–', 'not-reached': '–' } as const
const words = { passed: 'passed', failed: 'failed', 'not-required': 'not required', 'not-reached': 'not reached' } as const

function describeChecks(checks: Checks): string {
  const width = Math.max(...checks.map(({ check }) => check.length))
  return checks
    .map(({ check, result, saw }) => `${marks[result]} ${check.padEnd(width)}  ${words[result]}${saw === null ? '' : `: ${saw}`}`)
    .join('\n')
}

const fixers = {
  integrator: 'The integrator can fix it.',
  operator: 'An operator can fix it.',
  api: 'The provider of the API can fix it.',
} as const

function describeNext({ who, remedy, command }: Pick<Explanation, 'who' | 'remedy' | 'command'>): string {
  // The remedies of the catalogue speak to the integrator: an operator who has the command does not need them.
  const advice = [who === null ? '' : fixers[who], who === 'operator' && command !== null ? '' : remedy].filter(Boolean).join(' ')
  return command === null ? `Next: ${advice}` : `${advice}\n\nNext: ${command}`
}

function fact(name: string, value: string | null | undefined): [name: string, value: string][] {
  return value === null || value === undefined || value === '' ? [] : [[name, value]]
}

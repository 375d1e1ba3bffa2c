// What an operator can send to the integrator: the request, what its response told, and what to do next. It names no operator, no reason that
// the response kept to itself, and nothing that only the provider knows.
import { keyMethodName, problems, problemUri, type Fixer, type ProblemEntry } from '@countersign/protocol'
import type { ClientRecord } from '../cache/records.ts'
import type { Facts } from './facts.ts'

interface Known {
  readonly isAllowedNow: boolean
  readonly who: Fixer | null
  readonly remedy: string
}

interface Told extends Pick<Facts, 'request' | 'realm'> {
  /** How it authenticates is no secret to the integrator. */
  readonly client?: Pick<ClientRecord, 'authenticationMethods'> | undefined
}

export function tellIntegrator(facts: Told, known: Known): string {
  const { request, realm } = facts
  const { status, title }: ProblemEntry = problems[request.code]
  const route = request.route === null ? '' : ` (${[request.method, request.route].filter(Boolean).join(' ')})`
  return [
    `The request ${request.requestId} of ${inUtc(request.at)}${route} was refused with ${status} ${request.code}: ${title}.`,
    nextOf(facts, known),
    ...(realm ? [`Causes and remedies: ${problemUri(realm.origin, request.code)}`] : []),
  ].join('\n\n')
}

function nextOf({ request, client }: Told, { isAllowedNow, who, remedy }: Known): string {
  const { surface, causes }: ProblemEntry = problems[request.code]
  if (isAllowedNow) return wantsMore.has(request.code) ? causes[0]!.remedy : 'It would be allowed now: send it again.'
  if (who === 'operator') return 'We have to change something for it to be allowed. You will hear from us when it is done.'
  if (who === 'api') return 'It was a fault of the API, not of your request. You will hear from us when it is repaired.'
  // The reason may be one that the response kept to itself.
  const hasKeys = client === undefined || client.authenticationMethods.includes(keyMethodName)
  if (surface === 'oauth') return listOf(causes.filter(({ cause }) => hasKeys || !/\bassertion\b/.test(cause)).map((one) => one.remedy))
  // A remedy with a command of ours is one for operators.
  return remedy.includes('countersign ') ? causes[0]!.remedy : remedy
}

/** Without those that lead to the provider, who says this, if there are others. */
function listOf(all: readonly string[]): string {
  const own = all.filter((remedy) => !/provider|operators/.test(remedy))
  const remedies = own.length > 0 ? own : all
  return remedies.length === 1 ? remedies[0]! : `Check, one after the other:\n${remedies.map((one) => `- ${one}`).join('\n')}`
}

/** The same request is not enough. */
const wantsMore: ReadonlySet<string> = new Set(['insufficient-scope', 'rate-limited'])

function inUtc(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

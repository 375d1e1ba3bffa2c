// What every adapter does with one request: it asks the guard, tells the listeners, and says what is sent or what the handler gets.
// The bases `node-http.ts` and `fetch.ts` know how requests arrive, the frameworks' files how their routes are declared.
import { refuseUnknownOptions, type ProblemCode } from '@countersign/protocol'
import { deny, type Access, type Denial, type GuardRequest } from '../access.ts'
import { askAtOnce, type AuthorizeAtOnce } from '../authorize-at-once.ts'
import { denialResponse, type DenialResponse } from '../denial-response.ts'
import type { Guard } from '../guard.ts'
import { tellSafely, type GuardDecision } from '../guard-decision.ts'
import type { Requirement } from '../requirement.ts'
import { rateHeaders, type RateHeaders } from '../tier-rate.ts'

/** `Asked` is the request as the framework has it. */
export interface AdapterOptions<Asked> {
  readonly guard: Guard
  /**
   * Called with the reason when the guard could not decide on a request, which gets 503, or 500 if the cause is a defect of the API.
   * Default: logs an error. What it throws is dropped.
   */
  readonly onUndecided?: (cause: unknown, request: Asked) => void
  /** As the option of the guard, with the request that the decision is about. */
  readonly onDecision?: (decision: GuardDecision, request: Asked) => unknown
}

export type Verdict = Passing | Refused

/** The handler gets the decision: an access, or the denial of a request that passes because of `reportOnly`. */
export interface Passing {
  readonly passes: true
  readonly decision: Access | Denial
  /** What the response of the handler has in addition, in lower case: the fields of the rate. */
  readonly headers: RateHeaders | undefined
}

export interface Refused {
  readonly passes: false
  readonly response: DenialResponse
}

/** Two steps, between which an adapter awaits if it has to: one more async function on the way of each request costs more than most checks. */
export interface Decider<Asked> {
  /** As {@link Guard.authorize}, for {@link judge}; a promise only where something has to be awaited. */
  authorize: AuthorizeAtOnce
  /**
   * What becomes of the request; tells the listeners.
   * @param earlier an access to the same request, with which the guard was asked: its rate was not counted again, and it is not told again
   */
  judge(decision: Access | Denial, asked: GuardRequest, requires: Requirement, request: Asked, earlier?: Access): Verdict
  /** The 500 for a defect of the API that the adapter found, such as a route that declares nothing. */
  refuseDefect(asked: GuardRequest, defect: unknown, request: Asked): DenialResponse
}

interface Logs<Asked> {
  readonly undecided: (cause: unknown, request: Asked) => void
  /** Of a framework with a log of its own. */
  readonly reportOnly?: (denial: Denial, request: Asked) => void
}

export function createDecider<Asked>(options: AdapterOptions<Asked>, logs: Logs<Asked>): Decider<Asked> {
  const { guard, onUndecided = logs.undecided, onDecision } = options
  checkOptions(options)

  function judge(decision: Access | Denial, asked: GuardRequest, requires: Requirement, request: Asked, earlier?: Access): Verdict {
    if (onDecision && !(decision.allowed && earlier)) tellSafely(onDecision, guard.describeDecision(asked, requires, decision), request)
    if (decision.allowed) return { passes: true, decision, headers: decision.rate && rateHeaders(decision.rate) }
    if ('cause' in decision) tellSafely(onUndecided, decision.cause, request)
    if (!decision.reportOnly) return { passes: false, response: denialResponse(guard, decision) }
    if (logs.reportOnly) tellSafely(logs.reportOnly, decision, request)
    return { passes: true, decision, headers: undefined }
  }

  function refuseDefect(asked: GuardRequest, defect: unknown, request: Asked): DenialResponse {
    tellSafely(onUndecided, defect, request)
    return problemResponse(guard, 'internal-error', asked)
  }

  return { authorize: askAtOnce(guard), judge, refuseDefect }
}

/** The response to a request that is refused without a decision. */
export function problemResponse(guard: Guard, code: ProblemCode, asked: GuardRequest): DenialResponse {
  return denialResponse(guard, guard.explainDenial(deny(code), asked, {}))
}

/**
 * @param owner the function that was called
 * @param own options of one adapter
 * @throws TypeError for an option that is misspelt, and would never be read
 */
export function refuseOtherOptions(owner: string, options: unknown, own: readonly string[] = []): void {
  if (isGuard(options)) throw new TypeError(`${owner}: expected an object of options, found the guard itself; write { guard }`)
  refuseUnknownOptions(owner, options, ['guard', 'onUndecided', 'onDecision', ...own])
}

function isGuard(value: unknown): boolean {
  return typeof (value as Partial<Guard> | null | undefined)?.authorize === 'function'
}

/** @throws TypeError for anything else, such as a promise of a guard, or a function that makes one */
export function checkGuard(guard: unknown): void {
  if (!isGuard(guard)) throw new TypeError('"guard" is not a guard, as createGuard() or createRemoteGuard() makes it')
}

/** @throws TypeError for options that would only fail at the first request */
function checkOptions<Asked>({ guard, onUndecided, onDecision }: AdapterOptions<Asked>): void {
  checkGuard(guard)
  for (const [name, value] of Object.entries({ onUndecided, onDecision }))
    if (value !== undefined && typeof value !== 'function') throw new TypeError(`"${name}" is not a function`)
}

/** @param name what the handler read, such as `request.decision` */
export function readDecision(decision: Access | Denial | undefined, name: string): Access | Denial {
  if (!decision) throw new TypeError(`This route is public, so "${name}" is not available`)
  return decision
}

/** @param names what the handler read, and what it can read instead */
export function readAccess(decision: Access | Denial | undefined, name: string, instead: string): Access {
  const known = readDecision(decision, name)
  if (known.allowed) return known
  const why = `The guard denies this request ("${known.code}") and lets it pass because of "reportOnly", so "${name}" is not available`
  throw new TypeError(`${why}; read "${instead}"`)
}

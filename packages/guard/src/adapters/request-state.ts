// What is known of one request where several guards may stand on its way: each requirement is decided once, and the request counts once.
import type { Access, Denial, GuardRequest } from '../access.ts'
import type { Requirement } from '../requirement.ts'
import type { Decider, Passing, Verdict } from './decide.ts'

interface Met {
  readonly decider: unknown
  readonly requires: Requirement
  readonly partner: string | undefined
  readonly verdict: Passing
  readonly before: Met | undefined
}

/** Of the guard, or the verdict on what it was asked before. */
export type Answer = Access | Denial | Passing

const stateOfRequest: unique symbol = Symbol('countersign')

interface Holder {
  [stateOfRequest]?: RequestState
}

/** What it knows of the caller is private, so that what prints a request prints nothing of its token. */
export class RequestState {
  /** Something on the way of the request said whether it is guarded or open. */
  isDeclared = false
  /** Of Express the route that it has matched; of Koa too, whether `closed` watches, and what becomes of the response. */
  route: unknown
  isWatched = false
  answering: 'passing' | 'refusing' | 'withheld' | undefined
  /** The methods of the response that another middleware had put before `closed`. */
  overridden: unknown
  /** What was given to `writeHead()` of the answer to OPTIONS, which waits for its content. */
  head: readonly unknown[] | undefined
  /** What has `access` and `decision` of it. */
  attachedTo: object | undefined
  #decision: Access | Denial | undefined
  /** The last one. */
  #met: Met | undefined

  static of(request: object): RequestState {
    return ((request as Holder)[stateOfRequest] ??= new RequestState())
  }

  /** Of all requirements so far: a denial that passes because of `reportOnly` stays, whatever is allowed after it. */
  get decision(): Access | Denial | undefined {
    return this.#decision
  }

  /** Asks the guard, unless it was asked the same before; for {@link conclude}. */
  ask<Asked>(decider: Decider<Asked>, asked: GuardRequest, requires: Requirement): Answer | Promise<Access | Denial> {
    for (let met = this.#met; met; met = met.before)
      if (met.decider === decider && met.requires === requires && met.partner === partnerOf(asked, requires)) return met.verdict
    return decider.authorize(asked, requires, this.#accessBy(decider))
  }

  conclude<Asked>(answer: Answer, decider: Decider<Asked>, asked: GuardRequest, requires: Requirement, request: Asked): Verdict {
    if ('passes' in answer) return answer
    const verdict = decider.judge(answer, asked, requires, request, this.#accessBy(decider))
    this.isDeclared = true
    if (!verdict.passes) return verdict
    this.#met = { decider, requires, partner: partnerOf(asked, requires), verdict, before: this.#met }
    if (this.#decision?.allowed !== false) this.#decision = verdict.decision
    return verdict
  }

  /** The last one. */
  #accessBy(decider: unknown): Access | undefined {
    for (let met = this.#met; met; met = met.before)
      if (met.decider === decider && met.verdict.decision.allowed) return met.verdict.decision
    return undefined
  }
}

/** The same requirement may stand on two routes on the way whose parameters of that name differ. */
function partnerOf({ params }: GuardRequest, { partner }: Requirement): string | undefined {
  return partner && params[partner.param]
}

// What is known of one request where several guards may stand on its way: each requirement is decided once, and the request counts once.
import type { Access, Denial, GuardRequest } from '../access.ts'
import type { Requirement } from '../requirement.ts'
import { readAccess, readDecision, type Decider, type Passing, type Verdict } from './decide.ts'

interface Met {
  readonly decider: unknown
  readonly requires: Requirement
  readonly partner: string | undefined
  readonly verdict: Passing
}

const none: readonly Met[] = []
const stateOfRequest: unique symbol = Symbol('countersign')

interface Holder {
  [stateOfRequest]?: RequestState
}

/** What it knows of the caller is private, so that what prints a request prints nothing of its token. */
export class RequestState {
  /** Something on the way of the request said whether it is guarded or open. */
  isDeclared = false
  /** Of Express: the route that it has matched, whether `closed` watches for it, and what becomes of the response. */
  route: unknown
  isWatched = false
  answering: 'passing' | 'refusing' | 'withheld' | undefined
  #decision: Access | Denial | undefined
  #met = none
  #attachedTo: object | undefined

  static of(request: object): RequestState {
    return ((request as Holder)[stateOfRequest] ??= new RequestState())
  }

  /** Of all requirements so far: a denial that passes because of `reportOnly` stays, whatever is allowed after it. */
  get decision(): Access | Denial | undefined {
    return this.#decision
  }

  /** Whether this is the first time that the object is to get `access` and `decision`. */
  attachTo(target: object): boolean {
    const isNew = this.#attachedTo !== target
    this.#attachedTo = target
    return isNew
  }

  async decide<Asked>(decider: Decider<Asked>, asked: GuardRequest, requires: Requirement, request: Asked): Promise<Verdict> {
    // The same requirement may stand on two routes on the way whose parameters of that name differ.
    const partner = requires.partner && asked.params[requires.partner.param]
    let earlier: Access | undefined
    for (const met of this.#met) {
      if (met.decider !== decider) continue
      if (met.requires === requires && met.partner === partner) return met.verdict
      if (met.verdict.decision.allowed) earlier = met.verdict.decision
    }
    const decision = await decider.authorize(asked, requires, earlier)
    const verdict = decider.judge(decision, asked, requires, request, earlier)
    this.isDeclared = true
    if (!verdict.passes) return verdict
    this.#met = [...this.#met, { decider, requires, partner, verdict }]
    if (this.#decision?.allowed !== false) this.#decision = verdict.decision
    return verdict
  }
}

/** What handlers read. */
export interface Guarded {
  /**
   * The guard's decision for this request. Reading it throws a TypeError on a public route, and for a request that passes only because of
   * `reportOnly`: nothing is known of the rights of its caller.
   */
  readonly access: Access
  /**
   * The same, or the denial of a request that passes only because of `reportOnly`. Test `allowed` before all else: the token of a denial may
   * be forged, and its `clientId` that of a token that has expired or is revoked. Reading it on a public route throws a TypeError.
   */
  readonly decision: Access | Denial
}

/**
 * Returns a function that adds `access` and `decision` to what the handler gets. They are not enumerable, so that a log or a template that copies
 * the object neither prints them nor throws; the getters are the same for all requests, so that an engine need not lay out each object anew.
 * @param name of the object in messages, such as `req`
 * @param messageOf the request of which the state is
 */
export function createAttachment<Target extends object>(name: string, messageOf: (target: Target) => object): (target: Target) => void {
  const ofDecision: PropertyDescriptor = {
    configurable: true,
    get(this: Target) {
      return readDecision(RequestState.of(messageOf(this)).decision, `${name}.decision`)
    },
  }
  const ofAccess: PropertyDescriptor = {
    configurable: true,
    get(this: Target) {
      return readAccess(RequestState.of(messageOf(this)).decision, `${name}.access`, `${name}.decision`)
    },
  }
  return (target) => {
    if (!RequestState.of(messageOf(target)).attachTo(target)) return
    // Object.defineProperties() takes three times as long.
    Object.defineProperty(target, 'decision', ofDecision)
    Object.defineProperty(target, 'access', ofAccess)
  }
}

/** The same for an object of which there is no more than this. */
export function attachDecision(target: object, decision: Access | Denial | undefined, name: string): void {
  Object.defineProperty(target, 'decision', { configurable: true, get: () => readDecision(decision, `${name}.decision`) })
  Object.defineProperty(target, 'access', {
    configurable: true,
    get: () => readAccess(decision, `${name}.access`, `${name}.decision`),
  })
}

// What is known of one request where several guards may stand on its way: each requirement is decided once, and the request counts once.
import type { Access, Denial, GuardRequest } from '../access.ts'
import type { Requirement } from '../requirement.ts'
import { readAccess, readDecision, type Decider, type Passing, type Verdict } from './decide.ts'

export class RequestState {
  /** Something on the way of the request said whether it is guarded or open. */
  isDeclared = false
  /** Of all requirements so far: a denial that passes because of `reportOnly` stays, whatever is allowed after it. */
  decision: Access | Denial | undefined
  readonly #met: { readonly requires: Requirement; readonly partner: unknown; readonly verdict: Passing }[] = []

  async decide<Asked>(decider: Decider<Asked>, asked: GuardRequest, requires: Requirement, request: Asked): Promise<Verdict> {
    // The same requirement may stand on two routes on the way whose parameters of that name differ.
    const partner = requires.partner && asked.params[requires.partner.param]
    const met = this.#met.find((each) => each.requires === requires && each.partner === partner)
    if (met) return met.verdict
    const earlier = this.decision?.allowed ? this.decision : undefined
    const verdict = await decider.decide(asked, requires, request, earlier)
    this.isDeclared = true
    if (!verdict.passes) return verdict
    this.#met.push({ requires, partner, verdict })
    if (this.decision?.allowed !== false) this.decision = verdict.decision
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
 * Adds `access` and `decision` to what the handler gets. They are not enumerable, so that a log or a template that copies the object neither
 * prints them nor throws.
 * @param name of the object in messages, such as `req`
 */
export function attachDecision(target: object, decision: Access | Denial | undefined, name: string): void {
  Object.defineProperty(target, 'decision', { configurable: true, get: () => readDecision(decision, `${name}.decision`) })
  Object.defineProperty(target, 'access', {
    configurable: true,
    get: () => readAccess(decision, `${name}.access`, `${name}.decision`),
  })
}

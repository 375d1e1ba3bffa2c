// What a handler of fetch gets beside the request: the members of its context, and the decision.
import type { Access, Denial } from '../access.ts'
import { readAccess, readDecision } from './decide.ts'
import type { Guarded } from './attachment.ts'

/**
 * A copy: the context may be shared, or frozen. The decision is private and its readers are those of the class, so that what prints or copies the
 * context gets nothing of the token, and an engine has one layout for all.
 */
class GuardedContext implements Guarded {
  readonly #decision: Access | Denial | undefined

  constructor(context: object, decision: Access | Denial | undefined) {
    this.#decision = decision
    const own = this as Record<string, unknown>
    // What every object has, and `access`, is not replaced.
    for (const [name, value] of Object.entries(context)) if (!(name in own)) own[name] = value
  }

  get access(): Access {
    return readAccess(this.#decision, 'context.access', 'context.decision')
  }

  get decision(): Access | Denial {
    return readDecision(this.#decision, 'context.decision')
  }
}

/** @param context `undefined` where a framework passes none; @param decision `undefined` on a public route */
export function withDecision<Context extends object>(
  context: Context | undefined,
  decision: Access | Denial | undefined,
): Context & Guarded {
  return new GuardedContext(context ?? {}, decision) as unknown as Context & Guarded
}

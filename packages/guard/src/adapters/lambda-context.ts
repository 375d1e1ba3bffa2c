// What a handler of Lambda gets as its context: that of the runtime, and the decision.
import type { Access, Denial } from '../access.ts'
import { readAccess, readDecision } from './decide.ts'
import type { Guarded } from './attachment.ts'

/**
 * Not a copy, because members of the runtime's are accessors, such as `callbackWaitsForEmptyEventLoop`. An object that inherits from it would cost
 * more than the decision: an engine prepares each object that becomes a prototype.
 */
class DecisionBeside implements ProxyHandler<object> {
  readonly #decision: Access | Denial

  constructor(decision: Access | Denial) {
    this.#decision = decision
  }

  get(context: object, name: string | symbol): unknown {
    if (name === 'access') return readAccess(this.#decision, 'context.access', 'context.decision')
    if (name === 'decision') return readDecision(this.#decision, 'context.decision')
    return Reflect.get(context, name)
  }

  /** As of a property that can only be read. */
  set(context: object, name: string | symbol, value: unknown): boolean {
    return name !== 'access' && name !== 'decision' && Reflect.set(context, name, value)
  }

  has(context: object, name: string | symbol): boolean {
    return name === 'access' || name === 'decision' || Reflect.has(context, name)
  }
}

/** @param context of this invocation; what prints or copies it gets nothing of the token */
export function contextWith<Context extends object>(context: Context | undefined, decision: Access | Denial): Context & Guarded {
  return new Proxy(context ?? {}, new DecisionBeside(decision)) as Context & Guarded
}

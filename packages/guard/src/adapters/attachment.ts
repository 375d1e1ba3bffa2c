// What handlers read of the guard: `access` and `decision` of what a framework hands them.
import type { Access, Denial } from '../access.ts'
import { readAccess, readDecision } from './decide.ts'
import { RequestState } from './request-state.ts'

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
 * Each object has them of its own: an app of another copy of Express gives the request another prototype, and what an app sets for all of its
 * requests must not be read in their place.
 * @param name of the object in messages, such as `req`
 * @param messageOf the request of which the state is
 */
export function createAttachment<Target extends object>(name: string, messageOf: (target: Target) => object): (target: Target) => void {
  const readers = {
    decision: readerOf('decision', ({ decision }) => readDecision(decision, `${name}.decision`)),
    access: readerOf('access', ({ decision }) => readAccess(decision, `${name}.access`, `${name}.decision`)),
  }

  function readerOf(of: keyof Guarded, read: (state: RequestState) => unknown): PropertyDescriptor {
    return {
      configurable: true,
      get(this: Target) {
        return read(RequestState.of(messageOf(this)))
      },
      set() {
        throw new TypeError(`"${name}.${of}" is that of the guard`)
      },
    }
  }

  /** Whether the target has it from before. Another middleware may have set or removed it since. */
  function has(target: Target, of: keyof Guarded): boolean {
    return Object.hasOwn(target, of) && Object.getOwnPropertyDescriptor(target, of)?.get === readers[of].get
  }

  return (target) => {
    const state = RequestState.of(messageOf(target))
    const isNew = state.attachedTo !== target
    state.attachedTo = target
    // Object.defineProperties() takes three times as long.
    if (isNew || !has(target, 'decision')) Object.defineProperty(target, 'decision', readers.decision)
    if (isNew || !has(target, 'access')) Object.defineProperty(target, 'access', readers.access)
  }
}

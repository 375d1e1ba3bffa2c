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

type Name = keyof Guarded
const names: readonly Name[] = ['decision', 'access']

/** Of all guards of the process. */
const ownGetters = new WeakSet<object>()

/**
 * Returns a function that adds `access` and `decision` to what the handler gets. They are not enumerable, so that a log or a template that copies
 * the object neither prints them nor throws; the getters are the same for all requests, so that an engine need not lay out each object anew.
 * @param name of the object in messages, such as `req`
 * @param messageOf the request of which the state is
 * @param sharedOf an object of the framework, none of the language or of Node, that all targets inherit from: there the getters are defined once. Where
 *   nothing was attached they read as if they were not there. Default: each target gets its own.
 */
export function createAttachment<Target extends object>(
  name: string,
  messageOf: (target: Target) => object,
  sharedOf: (target: Target) => object | undefined = () => undefined,
): (target: Target) => void {
  const readers: Readonly<Record<Name, PropertyDescriptor>> = {
    decision: readerOf('decision', ({ decision }) => readDecision(decision, `${name}.decision`)),
    access: readerOf('access', ({ decision }) => readAccess(decision, `${name}.access`, `${name}.decision`)),
  }
  const inheriting = new WeakMap<object, boolean>()

  function readerOf(of: Name, read: (state: RequestState) => unknown): PropertyDescriptor {
    const reader = {
      configurable: true,
      get(this: Target): unknown {
        const state = RequestState.known(messageOf(this))
        return state?.isAttached ? read(state) : undefined
      },
      set(this: Target, value: unknown): void {
        if (RequestState.known(messageOf(this))?.isAttached) throw new TypeError(`"${name}.${of}" is that of the guard`)
        Object.defineProperty(this, of, { value, configurable: true, enumerable: true, writable: true })
      },
    }
    ownGetters.add(reader.get)
    return reader
  }

  function inherits(target: Target): boolean {
    const prototype = Object.getPrototypeOf(target) as object
    let answer = inheriting.get(prototype)
    if (answer === undefined) inheriting.set(prototype, (answer = provide(prototype, sharedOf(target))))
    // Another middleware may have set one of the names before.
    return answer && !Object.hasOwn(target, 'decision') && !Object.hasOwn(target, 'access')
  }

  /** Whether all that inherits from `prototype` has the getters now. */
  function provide(prototype: object, shared: object | undefined): boolean {
    if (!shared || shared === Object.prototype || !Object.isExtensible(shared)) return false
    if (names.some((each) => each in prototype)) return names.every((each) => isOfGuard(getterOf(prototype, each)))
    Object.defineProperties(shared, readers)
    return true
  }

  return (target) => {
    if (!RequestState.of(messageOf(target)).attachTo(target) || inherits(target)) return
    // Object.defineProperties() takes three times as long.
    Object.defineProperty(target, 'decision', readers.decision)
    Object.defineProperty(target, 'access', readers.access)
  }
}

function isOfGuard(getter: object | undefined): boolean {
  return getter !== undefined && ownGetters.has(getter)
}

/**
 * The highest object that `target` inherits from and that is not of a class: `express.request`, the `context` of Koa. `undefined` where there is none, as
 * for a request of Node as it is. All apps share it, whichever of those that are mounted in one another handles a request.
 */
export function sharedPrototypeOf(target: object): object | undefined {
  let shared: object | undefined
  let next = Object.getPrototypeOf(target) as object | null
  while (next && !Object.hasOwn(next, 'constructor')) {
    shared = next
    next = Object.getPrototypeOf(next) as object | null
  }
  return shared
}

function getterOf(from: object | null, name: Name): object | undefined {
  const found = from && Object.getOwnPropertyDescriptor(from, name)
  return from && !found ? getterOf(Object.getPrototypeOf(from) as object | null, name) : found?.get
}

// What the middleware of a guard declares for the routes that it stands before. It is kept with the middleware itself, so that an app may have
// several guards, such as one for each realm, below one `closed`.
import type { Guard } from '../guard.ts'
import type { Requirement } from '../requirement.ts'

export interface Guarding {
  readonly requires: Requirement
  /** Undefined while there is none: the first request makes it. */
  readonly guard: Guard | undefined
}

/** `closed` is the refusal of a route that says nothing. */
export type Declared = Guarding | 'open' | 'closed'

const declaredByMiddleware: unique symbol = Symbol('countersign.declared')

interface Declaring {
  readonly [declaredByMiddleware]?: Declared
}

export function declare(middleware: object, declared: Declared): void {
  Object.defineProperty(middleware, declaredByMiddleware, { value: declared })
}

/** @throws TypeError for a call by hand of what is passed on as it is */
export function refuseCall(name: 'open' | 'closed', given: unknown): void {
  if (given === undefined) throw new TypeError(`${name} is the middleware itself; write ${name}, not ${name}()`)
}

const makesMiddleware: unique symbol = Symbol('countersign.makesMiddleware')

/** Of `guarded`, which is no middleware before it is called. */
export function declareMaker(guarded: object): void {
  Object.defineProperty(guarded, makesMiddleware, { value: true })
}

export function isMaker(middleware: unknown): boolean {
  return typeof middleware === 'function' && Object.hasOwn(middleware, makesMiddleware)
}

/** @param others what a framework passes to a middleware @throws TypeError where `guarded` is passed on without being called */
export function refuseOthers(others: readonly unknown[]): void {
  if (others.length > 0) throw new TypeError('guarded is not a middleware itself; write guarded({ … })')
}

/** `undefined` for what is not of a guard. */
export function declaredBy(middleware: unknown): Declared | undefined {
  return (middleware as Declaring | undefined)?.[declaredByMiddleware]
}

/**
 * What the middleware of one route declares, in its order: its fault, or what its first one declares.
 * @param route for the message
 */
export function readDeclared(middleware: readonly unknown[], route: string): DeclaredBy {
  if (middleware.some(isMaker)) return { fault: `${route} has guarded without a call; write guarded({ … })` }
  const all = middleware.map(declaredBy)
  const [first] = all
  if (first === undefined) return { fault: `${route} has neither guarded() nor open as its first handler; set one of them` }
  const isBoth = all.includes('open') && all.some((each) => typeof each === 'object')
  return isBoth ? { fault: `${route} is both guarded and open; remove one of the two` } : { first }
}

export type DeclaredBy = { readonly fault: string } | { readonly first: Declared }

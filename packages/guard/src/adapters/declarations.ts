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

/** `undefined` for what is not of a guard. */
export function declaredBy(middleware: unknown): Declared | undefined {
  return (middleware as Declaring | undefined)?.[declaredByMiddleware]
}

/**
 * What the middleware of one route declares, in its order: its fault, or what its first one declares.
 * @param route for the message
 */
export function readDeclared(middleware: readonly unknown[], route: string): DeclaredBy {
  const all = middleware.map(declaredBy)
  const [first] = all
  if (first === undefined) return { fault: `${route} has neither guarded() nor open as its first handler; set one of them` }
  const isBoth = all.includes('open') && all.some((each) => typeof each === 'object')
  return isBoth ? { fault: `${route} is both guarded and open; remove one of the two` } : { first }
}

export type DeclaredBy = { readonly fault: string } | { readonly first: Declared }

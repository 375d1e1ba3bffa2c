// Decisions without a promise where nothing has to be awaited, which are nearly all: of a promise and the turn after it, an adapter pays
// more than of most checks.
import type { Access, Denial, GuardRequest } from './access.ts'
import type { Requirement } from './requirement.ts'

type Authorize = (request: GuardRequest, requirement: Requirement, earlier?: Access) => Promise<Access | Denial>

/** As `authorize()` of a guard; a promise only where something has to be awaited. */
export type AuthorizeAtOnce = (
  request: GuardRequest,
  requirement: Requirement,
  earlier?: Access,
) => Access | Denial | Promise<Access | Denial>

/** By the function and not by the guard: a guard with an `authorize()` of its own around that of another has to be asked by it. */
const atOnce = new WeakMap<Authorize, AuthorizeAtOnce>()

/** Returns the `authorize()` of a guard that decides by `decide`. */
export function createAuthorize(decide: AuthorizeAtOnce): Authorize {
  const authorize: Authorize = async (request, requirement, earlier) => decide(request, requirement, earlier)
  atOnce.set(authorize, decide)
  return authorize
}

/** Returns a function that asks the guard, which may be any that has an `authorize()`. */
export function askAtOnce(guard: { readonly authorize: Authorize }): AuthorizeAtOnce {
  let { authorize } = guard
  let decide = atOnce.get(authorize)
  return (request, requirement, earlier) => {
    // A guard of the API may get another one, such as in a test.
    if (guard.authorize !== authorize) decide = atOnce.get((authorize = guard.authorize))
    return decide ? decide(request, requirement, earlier) : guard.authorize(request, requirement, earlier)
  }
}

export function isPromise<Value extends object>(value: Value | Promise<Value>): value is Promise<Value> {
  return 'then' in value
}

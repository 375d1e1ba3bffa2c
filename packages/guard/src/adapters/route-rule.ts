// What is declared beside a route, and its check when the route is added: exactly one of a requirement and `public: true`.
import type { Guard } from '../guard.ts'
import type { Requirement } from '../requirement.ts'

export interface RouteRule {
  /** What the guard requires of a request to this route; `{}` requires a valid token only. */
  readonly requires?: Requirement
  /** The route is not guarded. */
  readonly public?: true
}

/**
 * The requirement of the route, `undefined` if it is public.
 * @param route for the message, such as `The route GET /orders`
 * @param place where the rule stands: `config` in the config of a route, `''` in the route itself
 * @throws TypeError for a route that declares neither, or both
 */
export function readRouteRule({ requires, public: isPublic }: RouteRule, route: string, place = ''): Requirement | undefined {
  const at = place && `${place}.`
  if (requires && isPublic) throw new TypeError(`${route} is both guarded and public; remove one of the two${place && ` from its ${place}`}`)
  if (isPublic === true) return undefined
  if (!requires) throw new TypeError(`${route} has neither "${at}requires" nor "${at}public"; set one of them`)
  return requires
}

/** A route whose template is known. */
export interface DeclaredRoute {
  readonly methods: readonly string[]
  /** Such as `/v1/partners/{sellerId}/orders`, as it is reported. */
  readonly template: string
  readonly paramNames: readonly string[]
}

/**
 * Checks a requirement when its route is added.
 * @throws TypeError for a requirement that is invalid, or names a parameter that the route does not have
 */
export function checkRoute(guard: Guard, requires: Requirement, { methods, template, paramNames }: DeclaredRoute, route: string): void {
  try {
    for (const method of methods) guard.checkRequirement(requires, paramNames, { method, route: template })
  } catch (error) {
    throw new TypeError(`${route}: ${(error as Error).message}`, { cause: error })
  }
}

/** The names in a template such as `/v1/partners/{sellerId}/orders`. */
export function templateParamNames(template: string): string[] {
  return Array.from(template.matchAll(/\{([^{}/]+)\}/g), ([, name]) => name as string)
}

// What is declared beside a route, and its check when the route is added: exactly one of a requirement and `public: true`.
import { kindOf, refuseUnknownOptions } from '@countersign/protocol'
import type { GuardRequest } from '../access.ts'
import type { Guard } from '../guard.ts'
import { checkParam, type Requirement } from '../requirement.ts'
import { refuseOtherSyntax, templateParamNames } from './path-template.ts'

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
  if (requires && isPublic)
    throw new TypeError(`${route} is both guarded and public; remove one of the two${place && ` from its ${place}`}`)
  if (isPublic === true) return undefined
  if (!requires) throw new TypeError(`${route} has neither "${at}requires" nor "${at}public"; set one of them`)
  return requires
}

/**
 * The entries of a table of routes.
 * @param members of an entry
 * @throws TypeError for what is no table, for an entry that is none, and for a member that is misspelt
 */
export function readEntries<Entry>(
  routes: Readonly<Record<string, Entry>>,
  members: readonly string[],
): (readonly [key: string, entry: Entry])[] {
  if (typeof routes !== 'object' || routes === null || Array.isArray(routes))
    throw new TypeError(`"routes" is not a table, such as { "GET /v1/orders": { requires: {}, … } }; found ${kindOf(routes)}`)
  const entries = Object.entries(routes)
  for (const [key, entry] of entries) refuseUnknownOptions(`The route ${key}`, entry, members)
  return entries
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
  namingRoute(route, () => {
    for (const method of methods) guard.checkRequirement(requires, paramNames, { method, route: template })
  })
}

function namingRoute(route: string, check: () => void): void {
  try {
    check()
  } catch (error) {
    throw new TypeError(`${route}: ${(error as Error).message}`, { cause: error })
  }
}

/**
 * For handlers that are wrapped one by one.
 * @param template of the route, where it is told
 * @throws TypeError for what is no handler, as where guarded is passed on without being called, and for a parameter that the template does not have
 */
export function checkWrapped(requires: Requirement, handler: unknown, template: string | undefined): void {
  if (typeof handler !== 'function')
    throw new TypeError(`guarded() takes a requirement and the handler that it wraps: guarded({ … }, handler); found ${kindOf(handler)}`)
  if (template === undefined) return
  refuseOtherSyntax(template, `The route ${template}`)
  checkParam(requires, templateParamNames(template))
}

/**
 * For middleware, which does not know its route before the first request to it: checks the requirement now, and returns a check of each request
 * that costs something once for each route.
 * @throws TypeError as checkRoute(), the returned function too
 */
export function createRouteCheck(guard: Guard, requires: Requirement): (asked: GuardRequest) => void {
  const own = requires?.partner ? [requires.partner.param] : []
  guard.checkRequirement(requires, own)
  const checked = new Set<string>()
  let last: Pick<GuardRequest, 'method' | 'route'> = {}
  return ({ method = '', route, params, url = '' }) => {
    // Nothing is remembered of a request without a route: what its parameters are is all that there is to check.
    if (route === undefined && (!requires.partner || Object.hasOwn(params, requires.partner.param))) return
    // Nearly always the same as the last time: the middleware stands beside one route.
    if (route !== undefined && route === last.route && method === last.method) return
    if (route !== undefined && checked.has(`${method} ${route}`)) return
    const names = new Set([...templateParamNames(route ?? ''), ...Object.keys(params)])
    namingRoute(`The route ${method} ${route ?? url.replace(/\?.*/s, '')}`, () => checkParam(requires, [...names]))
    if (route === undefined) return
    guard.checkRequirement(requires, own, { method, route })
    checked.add(`${method} ${route}`)
    last = { method, route }
  }
}

/** What a check found, if anything. */
export function defectOf(check: (asked: GuardRequest) => void, asked: GuardRequest): unknown {
  try {
    check(asked)
    return undefined
  } catch (defect) {
    return defect
  }
}

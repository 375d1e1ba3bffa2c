// What a route requires, as plain data, and its validation before the first request.
import { isScopeToken, refuseUnknownOptions } from '@countersign/protocol'
import { readReportOnly, type ReportOnly } from './report-only.ts'

export interface Requirement {
  /** A scope token, or several that are all required. */
  readonly scope?: string | readonly string[]
  /** The route parameter that names the partner to act for: `param('sellerId')`. */
  readonly partner?: ParamReference
  /** The capability that must be `true`. */
  readonly capability?: string
  /** Whether the request must name a natural person in `Requestor-ID`, and which permission that person needs. */
  readonly requestor?: 'required' | { readonly permission: string }
  /** Default: `'accepted'`. */
  readonly dpa?: 'accepted' | 'any'
  /** Default: `'active'`. */
  readonly organization?: 'active' | 'any'
  /** Until then a request that would be denied is only reported, and passes. */
  readonly reportOnly?: ReportOnly
}

export interface ParamReference {
  readonly param: string
}

/** Refers to a parameter of the route by its name. */
export function param(name: string): ParamReference {
  return Object.freeze({ param: name })
}

/** For `GET /v1/me`, which must also answer an organization that is suspended or whose DPA is missing. */
export const meRequirement: Requirement = Object.freeze({ dpa: 'any', organization: 'any' })

const members = ['scope', 'partner', 'capability', 'requestor', 'dpa', 'organization', 'reportOnly'] satisfies (keyof Requirement)[]

/**
 * Validates a requirement when its route is registered. Does not check that scopes and capabilities exist, nor how far away the end of
 * `reportOnly` is, which only a guard can know (`guard.checkRequirement()`), nor permissions, which no realm declares.
 * @throws TypeError for unknown members, invalid values, and a parameter that the route does not have.
 */
export function checkRequirement(requirement: Requirement, routeParamNames: readonly string[]): void {
  checkMembers(requirement)
  checkParam(requirement, routeParamNames)
}

/** @throws TypeError for a parameter that the route does not have. */
export function checkParam({ partner }: Requirement, routeParamNames: readonly string[]): void {
  if (partner === undefined || routeParamNames.includes(partner.param)) return
  throw new TypeError(`"partner" refers to the parameter "${partner.param}"; the route has ${routeParamNames.join(', ') || 'none'}`)
}

/**
 * Everything about a requirement that can be checked without its route.
 * @throws TypeError for unknown members and invalid values.
 */
export function checkMembers(requirement: Requirement): void {
  const value: unknown = requirement
  if (!isPlainObject(value))
    throw new TypeError('A requirement must be an object, such as { partner: param("sellerId") }; {} requires only a valid token')
  refuseUnknownOptions('requirement', requirement, members)
  // A misspelt constant such as scopes.amdin is undefined; without this check it would require nothing.
  const unset = members.find((name) => Object.hasOwn(requirement, name) && requirement[name] === undefined)
  if (unset !== undefined) throw new TypeError(`"${unset}" is undefined; leave it out if nothing is required`)
  const { scope, partner, capability, requestor, dpa = 'accepted', organization = 'active' } = requirement
  if (scope !== undefined) checkScope(scope)
  if (partner !== undefined && !isObjectOf('param', partner)) throw new TypeError('"partner" is not { param: "…" }, as param("…") makes it')
  if (capability !== undefined && !isName(capability)) throw new TypeError('"capability" is not the name of a capability')
  if (requestor !== undefined && requestor !== 'required' && !isObjectOf('permission', requestor)) {
    throw new TypeError('"requestor" is neither "required" nor { permission: "…" }')
  }
  if (dpa !== 'accepted' && dpa !== 'any') throw new TypeError('"dpa" is neither "accepted" nor "any"')
  if (organization !== 'active' && organization !== 'any') throw new TypeError('"organization" is neither "active" nor "any"')
  if (requirement.reportOnly !== undefined) readReportOnly(requirement.reportOnly)
}

function checkScope(scope: string | readonly string[]): void {
  const tokens = typeof scope === 'string' ? [scope] : scope
  if (Array.isArray(tokens) && tokens.length > 0 && tokens.every((token) => typeof token === 'string' && isScopeToken(token))) return
  throw new TypeError('"scope" is neither one scope token nor a list of them, such as ["orders:read", "orders:write"]')
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

function isObjectOf(member: string, value: unknown): boolean {
  return isPlainObject(value) && Object.keys(value).join() === member && isName(value[member])
}

/** Neither a list, a Map nor an instance of a class: their contents would be overlooked. */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.hasOwn(prototype as object, 'isPrototypeOf') // The Object.prototype of any context, also of a vm.
}

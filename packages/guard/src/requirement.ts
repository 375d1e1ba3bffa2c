// What a route requires, as plain data, and its validation before the first request.
import { isScopeToken, refuseUnknownOptions } from '@countersign/protocol'

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

const members = ['scope', 'partner', 'capability', 'requestor', 'dpa', 'organization']

/**
 * Validates a requirement when its route is registered; adapters call it. Does not check that scopes, capabilities and
 * permissions exist.
 * @throws TypeError for unknown members, invalid values, and a parameter that the route does not have.
 */
export function checkRequirement(requirement: Requirement, routeParamNames: readonly string[]): void {
  if (typeof requirement !== 'object' || requirement === null)
    throw new TypeError('A requirement must be an object; {} requires only a valid token')
  refuseUnknownOptions('requirement', requirement, members)
  const { scope, partner, capability, requestor, dpa = 'accepted', organization = 'active' } = requirement
  if (scope !== undefined) checkScope(scope)
  if (partner !== undefined && !routeParamNames.includes(partner?.param)) {
    throw new TypeError(`"partner" refers to the parameter "${partner?.param}"; the route has ${routeParamNames.join(', ') || 'none'}`)
  }
  if (capability !== undefined && !isName(capability)) throw new TypeError('"capability" is not the name of a capability')
  if (requestor !== undefined && requestor !== 'required' && !isName(requestor?.permission)) {
    throw new TypeError('"requestor" is neither "required" nor { permission: "…" }')
  }
  if (dpa !== 'accepted' && dpa !== 'any') throw new TypeError('"dpa" is neither "accepted" nor "any"')
  if (organization !== 'active' && organization !== 'any') throw new TypeError('"organization" is neither "active" nor "any"')
}

function checkScope(scope: string | readonly string[]): void {
  const tokens = typeof scope === 'string' ? [scope] : scope
  if (Array.isArray(tokens) && tokens.length > 0 && tokens.every((token) => typeof token === 'string' && isScopeToken(token))) return
  throw new TypeError('"scope" is neither one scope token nor a list of them, such as ["orders:read", "orders:write"]')
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

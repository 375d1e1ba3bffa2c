// Checks a requirement wherever it enters the guard: once for each object, so that requests do not pay for it.
import { readReportOnly, refuseDistantEnd } from './report-only.ts'
import { checkMembers, type ParamReference, type Requirement } from './requirement.ts'

/** What a realm declares; a guard that is told refuses all other names. */
export interface DeclaredNames {
  readonly realm: string
  readonly scopes?: readonly string[] | undefined
  readonly capabilities?: readonly string[] | undefined
}

export interface CheckedRequirement {
  readonly scope: readonly string[] | undefined
  readonly partner: ParamReference | undefined
  readonly capability: string | undefined
  readonly requestor: 'required' | { readonly permission: string } | undefined
  readonly dpa: 'accepted' | 'any'
  readonly organization: 'active' | 'any'
  /** Milliseconds since the epoch. */
  readonly reportOnlyUntil: number | undefined
}

export type RequirementReader = (requirement: Requirement) => CheckedRequirement

/** Scopes of every realm, which none declares. */
const builtInScopes = ['entitlements:read', 'decisions:write', 'access:evaluate']

/**
 * Returns a function that checks a requirement when it first sees the object, and returns a copy: what is changed in the
 * object afterwards neither opens nor closes a route. It throws a TypeError for unknown members and names, and invalid values.
 * @param clock with it the end of `reportOnly` must be near
 * @param realms a name must be declared by each that tells its names: otherwise the route would be closed to all tokens of that realm
 */
export function createRequirementReader(realms: readonly DeclaredNames[] = [], clock?: () => number): RequirementReader {
  const declared = realms.map(({ realm, scopes, capabilities }) => ({
    realm: realms.length === 1 ? 'the realm' : `the realm "${realm}"`,
    scopes: scopes && new Set([...scopes, ...builtInScopes]),
    capabilities: capabilities && new Set(capabilities),
  }))
  const copies = new WeakMap<Requirement, CheckedRequirement>()

  return (requirement) => {
    const known = copies.get(requirement)
    if (known) return known
    checkMembers(requirement)
    const copy = copyOf(requirement)
    for (const { realm, scopes, capabilities } of declared) {
      for (const scope of copy.scope ?? []) refuseUndeclared(realm, 'scope', scope, scopes)
      if (copy.capability !== undefined) refuseUndeclared(realm, 'capability', copy.capability, capabilities)
    }
    if (clock && copy.reportOnlyUntil !== undefined) refuseDistantEnd(copy.reportOnlyUntil, clock())
    copies.set(requirement, copy)
    return copy
  }
}

/** Always of the same shape, which is what makes reading it cheap. */
function copyOf(requirement: Requirement): CheckedRequirement {
  const { scope, partner, capability, requestor, dpa = 'accepted', organization = 'active', reportOnly } = requirement
  return Object.freeze({
    scope: typeof scope === 'string' ? Object.freeze([scope]) : scope && Object.freeze([...scope]),
    partner: partner && Object.freeze({ ...partner }),
    capability,
    requestor: typeof requestor === 'object' ? Object.freeze({ ...requestor }) : requestor,
    dpa,
    organization,
    reportOnlyUntil: reportOnly && readReportOnly(reportOnly),
  })
}

function refuseUndeclared(realm: string, kind: 'scope' | 'capability', name: string, declared: ReadonlySet<string> | undefined): void {
  if (!declared || declared.has(name)) return
  throw new TypeError(`"${kind}": ${realm} has no ${kind} "${name}"; it has ${[...declared].join(', ') || 'none'}`)
}

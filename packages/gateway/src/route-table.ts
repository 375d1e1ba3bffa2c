// The routes that the gateway lets through. What is not in the table is denied. Of several templates that match a path the one that matches
// the fewest paths decides alone, also about the methods, wherever it stands in the table.
import type { Requirement } from '@countersign/guard'
import { baseOf, createLookalikeFinder, shapeOf } from './lookalike-routes.ts'
import { createRouteTree } from './route-tree.ts'
import { relate, type RouteTemplate } from './route-template.ts'

/** HEAD is allowed where GET is. OPTIONS is answered for browsers only, with `cors`. */
export const routeMethods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
export type RouteMethod = (typeof routeMethods)[number]

export interface Route {
  readonly template: RouteTemplate
  readonly methods: readonly RouteMethod[]
  /** `undefined` for a public route. */
  readonly requires: Requirement | undefined
}

export interface FoundRoute {
  readonly route: Route
  readonly params: Readonly<Record<string, string>>
  /** A server may take the path for that of a narrower route, which requires something else. */
  readonly isLookalike: boolean
}

export interface RouteTable {
  readonly routes: readonly Route[]
  /** @param segments decoded, as of a normalized path */
  find(method: string, segments: readonly string[]): FoundRoute | undefined
}

/** The routes must have no faults: see `findRouteFaults()`. */
export function createRouteTable(routes: readonly Route[]): RouteTable {
  const tree = createRouteTree<Map<string, Route>>()
  for (const route of routes) {
    const byMethod = tree.getOrAdd(route.template, () => new Map())
    for (const method of route.methods) byMethod.set(method, route)
  }
  const looksLikeNarrower = createLookalikeFinder(routes.map(({ template }) => template))
  return Object.freeze({
    routes,
    find(method: string, segments: readonly string[]) {
      const route = tree.find(segments)?.get(method === 'HEAD' ? 'GET' : method)
      if (!route) return undefined
      const { template } = route
      return { route, params: readParams(template, segments), isLookalike: looksLikeNarrower(template, segments) }
    },
  })
}

function readParams({ parts }: RouteTemplate, segments: readonly string[]): Record<string, string> {
  const params: Record<string, string> = Object.create(null)
  parts.forEach((part, at) => {
    if ('param' in part) params[part.param] = segments[at]!
  })
  return params
}

export interface RouteFault {
  /** The index in the table. */
  readonly at: number
  /** Completes "expected …". */
  readonly expected: string
}

/** Pairs of routes of which one would open or hide the other. */
export function findRouteFaults(routes: readonly Route[]): RouteFault[] {
  const faults: RouteFault[] = []
  routes.forEach((route, at) => {
    for (let before = 0; before < at; before++) {
      const expected = findPairFault(route, routes[before]!, `routes.${before} ("${routes[before]!.template.text}")`)
      if (expected !== undefined) faults.push({ at, expected })
    }
  })
  return faults
}

function findPairFault(route: Route, earlier: Route, name: string): string | undefined {
  const relation = relate(route.template, earlier.template)
  if (relation === 'apart') return findLookalikeFault(route, earlier, name)
  if (relation === 'crossing')
    return `a path that is either apart from that of ${name}, below it or above it: some paths match both, and neither is more exact`
  if (relation === 'same') {
    const twice = route.methods.filter((method) => earlier.methods.includes(method))
    return twice.length > 0 ? `another path or other methods: ${name} has ${twice.join(', ')} of it already` : undefined
  }
  const [inner, outer] = relation === 'inside' ? [route, earlier] : [earlier, route]
  if (outer.requires !== undefined || inner.requires === undefined) return undefined
  return relation === 'inside'
    ? `a guarded route that is in no public one, but it is in ${name}; list the public paths one by one`
    : `a public route that contains no guarded one, but it contains ${name}; list the public paths one by one`
}

/** Such as "/v1/orders" and "/v1/Orders/": a server that does not tell them apart would be opened by the weaker of the two. */
function findLookalikeFault(route: Route, earlier: Route, name: string): string | undefined {
  if (shapeOf(route.template).text !== shapeOf(earlier.template).text) return undefined
  if (!route.methods.some((method) => earlier.methods.includes(method))) return undefined
  if (JSON.stringify(route.requires) === JSON.stringify(earlier.requires)) return undefined
  return `the same requirement as ${name}: many servers do not tell the two paths apart`
}

/**
 * Methods that a wider route has and a narrower one in it does not, so that they are denied there, and all that a wider route has at the path
 * of "/v1/admin/**" without its end: no fault, but worth a note.
 */
export function findHiddenMethods(routes: readonly Route[]): string[] {
  return [...findHiddenByMethod(routes), ...findHiddenBases(routes)]
}

function findHiddenBases(routes: readonly Route[]): string[] {
  const open = new Map(routes.flatMap(({ template }) => (template.isOpen ? [[template.text.slice(0, -'/**'.length), template]] : [])))
  return [...open].flatMap(([text, template]) => {
    const base = baseOf(template)
    if (routes.some((route) => relate(route.template, base) === 'same')) return []
    return routes
      .filter((outer) => relate(base, outer.template) === 'inside')
      .map((outer) => `${outer.methods.join(', ')} ${text} is denied, although "${outer.template.text}" has it`)
  })
}

function findHiddenByMethod(routes: readonly Route[]): string[] {
  const own = new Map<string, Route[]>()
  for (const route of routes) own.set(route.template.text, [...(own.get(route.template.text) ?? []), route])
  return [...own].flatMap(([text, [first, ...others]]) => {
    const methods = new Set([first!, ...others].flatMap((route) => route.methods))
    return routes
      .filter((outer) => relate(first!.template, outer.template) === 'inside')
      .flatMap((outer) => {
        const hidden = outer.methods.filter((method) => !methods.has(method))
        return hidden.length === 0 ? [] : [`${hidden.join(', ')} ${text} is denied, although "${outer.template.text}" has it`]
      })
  })
}

// The routes that the gateway lets through. What is not in the table is denied. Of several templates that match a path the one that matches
// the fewest paths decides alone, also about the methods, wherever it stands in the table.
import type { Requirement } from '@countersign/guard'
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
}

export interface RouteTable {
  readonly routes: readonly Route[]
  /** @param segments decoded, as of a normalized path */
  find(method: string, segments: readonly string[]): FoundRoute | undefined
}

interface Node {
  readonly literals: Map<string, Node>
  param: Node | undefined
  /** Of the templates that end here, and of those that end with "/**" here. */
  exact: Map<string, Route> | undefined
  open: Map<string, Route> | undefined
}

/** The routes must have no faults: see `findRouteFaults()`. */
export function createRouteTable(routes: readonly Route[]): RouteTable {
  const root = newNode()
  for (const route of routes) add(root, route)
  return Object.freeze({
    routes,
    find(method: string, segments: readonly string[]) {
      const route = findRoutes(root, segments, 0)?.get(method === 'HEAD' ? 'GET' : method)
      return route && { route, params: readParams(route.template, segments) }
    },
  })
}

function newNode(): Node {
  return { literals: new Map(), param: undefined, exact: undefined, open: undefined }
}

function add(root: Node, route: Route): void {
  let node = root
  for (const part of route.template.parts) {
    if ('param' in part) node = node.param ??= newNode()
    else {
      const next = node.literals.get(part.literal) ?? newNode()
      node.literals.set(part.literal, next)
      node = next
    }
  }
  const byMethod = (node[route.template.isOpen ? 'open' : 'exact'] ??= new Map<string, Route>())
  for (const method of route.methods) byMethod.set(method, route)
}

/** From the narrowest template to the widest: where two differ first, a literal is narrower than a parameter, and both than "/**". */
function findRoutes(node: Node, segments: readonly string[], at: number): ReadonlyMap<string, Route> | undefined {
  if (at === segments.length) return node.exact
  const segment = segments[at]!
  const literal = node.literals.get(segment)
  const found = literal && findRoutes(literal, segments, at + 1)
  if (found) return found
  const byParam = segment === '' || !node.param ? undefined : findRoutes(node.param, segments, at + 1)
  return byParam ?? node.open
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
  if (relation === 'apart') return undefined
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

/** Methods that a wider route has and a narrower one in it does not, so that they are denied there: no fault, but worth a note. */
export function findHiddenMethods(routes: readonly Route[]): string[] {
  const own = Map.groupBy(routes, ({ template }) => template.text)
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

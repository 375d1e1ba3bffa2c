// Which routes of an app or router of Express say what they require, read from the layers that Express keeps of them.
import { declaredBy, readDeclared } from './declarations.ts'
import {
  isRouter,
  matchLayer,
  routerOf,
  type ExpressLayer,
  type ExpressRequest,
  type ExpressRoute,
  type ExpressRouter,
} from './express-template.ts'
import { templateParamNames, toTemplate } from './path-template.ts'
import { checkRoute } from './route-rule.ts'

/** The fault of a route in what it says of requests by one method. @param checksParams whether the path is all that has parameters */
export function faultOfRoute(route: ExpressRoute, method: string, checksParams: boolean): string | undefined {
  const called = route.stack.filter((layer) => layer.method === undefined || layer.method === methodOf(route, method))
  if (called.length === 0) return undefined // No handler would run.
  const name = `The route ${method} ${String(route.path)}`
  const handlers = called.map(({ handle }) => handle)
  const declared = readDeclared(handlers, name)
  if ('fault' in declared) return declared.fault
  const template = toTemplate(route.path)
  if (!checksParams || typeof declared.first !== 'object' || !declared.first.guard || template === undefined) return undefined
  try {
    checkRoute(
      declared.first.guard,
      declared.first.requires,
      { methods: [method], template, paramNames: templateParamNames(template) },
      name,
    )
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

/** As Express writes it; the handlers of GET answer HEAD where there are none of its own. */
export function methodOf(route: ExpressRoute, method: string): string {
  const name = method.toLowerCase()
  return name === 'head' && route.methods['head'] !== true ? 'get' : name
}

/** Every fault of the routes of an app and the routers in it. */
export function findFaults(app: object): string[] {
  const router = routerOf(app)
  return router ? faultsIn(router, true) : []
}

/** @param checksParams not below a router, whose path, with parameters of its own, Express does not tell */
function faultsIn(router: ExpressRouter, checksParams: boolean): string[] {
  const above: ExpressLayer[] = []
  return router.stack.flatMap((layer) => {
    const { route, handle } = layer
    if (route) return isCovered(route, above) ? [] : faultsOf(route, checksParams)
    if (declaredBy(handle)) above.push(layer)
    // Whether what was declared above has the path of the router cannot be seen; the first request will tell.
    return isRouter(handle) && above.length === 0 ? faultsIn(handle, false) : []
  })
}

function isCovered({ path }: ExpressRoute, above: readonly ExpressLayer[]): boolean {
  return above.some((layer) => typeof path !== 'string' || Boolean(layer.match?.(path)))
}

function faultsOf(route: ExpressRoute, checksParams: boolean): string[] {
  const methods = new Set(route.stack.map(({ method }) => method?.toUpperCase() ?? 'GET'))
  return Array.from(methods, (method) => faultOfRoute(route, method, checksParams)).filter((fault) => fault !== undefined)
}

/**
 * Whether something that declares, and matches the request, stands before the route in a router that it is in. Otherwise it stands in another
 * router, which the request has left again. True where that cannot be seen.
 */
export function isDeclaredAbove({ app, originalUrl }: Pick<ExpressRequest, 'app' | 'originalUrl'>, route: ExpressRoute): boolean {
  const router = routerOf(app)
  if (!router || (app as { readonly parent?: unknown }).parent) return true
  try {
    const found = findDeclared(router, route, originalUrl.replace(/[?#].*$/s, ''), false)
    return found.length === 0 || found.includes(true)
  } catch {
    return true // Another layer cannot decode the path.
  }
}

/** Of each place at which the router has the route, as it may be mounted in several. */
function findDeclared(router: ExpressRouter, route: ExpressRoute, path: string, isAbove: boolean): readonly boolean[] {
  let isDeclared = isAbove
  return router.stack.flatMap((layer) => {
    if (layer.route) return layer.route === route ? isDeclared : []
    const { handle } = layer
    const matched = isRouter(handle) || declaredBy(handle) ? matchLayer(layer, path || '/') : undefined
    if (!matched) return []
    if (isRouter(handle)) return findDeclared(handle, route, path.slice(matched.length), isDeclared)
    isDeclared = true
    return []
  })
}

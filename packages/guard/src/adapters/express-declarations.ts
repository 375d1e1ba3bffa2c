// Which routes of an app or router of Express say what they require, read from the layers that Express keeps of them.
import { kindOf } from '@countersign/protocol'
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

/**
 * The fault of a route in what it says of requests by one method.
 * @param base where its router is mounted, `undefined` where that is not known: then its parameters are not either
 */
export function faultOfRoute(route: ExpressRoute, method: string, base: string | undefined): string | undefined {
  const called = route.stack.filter((layer) => layer.method === undefined || layer.method === methodOf(route, method))
  if (called.length === 0) return undefined // No handler would run.
  const path = typeof route.path === 'string' && base !== undefined ? joined(base, route.path) : route.path
  const name = `The route ${method} ${String(path)}`
  const handlers = called.map(({ handle }) => handle)
  const declared = readDeclared(handlers, name)
  if ('fault' in declared) return declared.fault
  const template = toTemplate(path)
  if (base === undefined || typeof declared.first !== 'object' || !declared.first.guard || template === undefined) return undefined
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
export function findFaults(app: unknown): string[] {
  const { use } = (app ?? {}) as { readonly use?: unknown }
  if (typeof app !== 'function' || typeof use !== 'function')
    throw new TypeError(`checkRoutes() takes the app or a router of Express, as in checkRoutes(app); found ${kindOf(app)}`)
  const router = routerOf(app)
  return router ? faultsIn({ router, base: '', around: [] }, []) : []
}

interface Place {
  readonly router: ExpressRouter
  /** Where the router is mounted, in the syntax of Express; `undefined` where Express does not tell it. */
  readonly base: string | undefined
  readonly around: readonly ExpressRouter[]
}

/** A layer that guards or opens what comes after it. */
interface Above extends Place {
  readonly layer: ExpressLayer
}

function faultsIn(place: Place, before: readonly Above[]): string[] {
  const { router, base, around } = place
  const above = [...before]
  return router.stack.flatMap((layer) => {
    const { route, handle } = layer
    if (route) return isCovered(route, place, above) ? [] : faultsOf(route, base)
    if (declaredBy(handle)) above.push({ ...place, layer })
    if (!isRouter(handle) || around.includes(handle)) return []
    const mount = mountOf(layer)
    const below = base === undefined || mount === undefined ? undefined : joined(base, mount)
    return faultsIn({ router: handle, base: below, around: [...around, router] }, above)
  })
}

function isCovered({ path }: ExpressRoute, { router, base }: Place, above: readonly Above[]): boolean {
  return above.some(({ layer, router: its, base: from }) => {
    if (typeof path !== 'string') return true
    if (its === router) return Boolean(layer.match?.(path))
    // What cannot be seen is told by the first request.
    if (base === undefined || from === undefined) return true
    return Boolean(layer.match?.(joined(base, path).slice(from.length) || '/'))
  })
}

/** `''` at the root. Before router 2.2, of Express 5, only a path without parameters can be read. */
function mountOf({ rawPath, regexp }: ExpressLayer): string | undefined {
  if (typeof rawPath === 'string') return rawPath
  if (regexp?.fast_slash) return ''
  const [, literal] = /^\^((?:\\\/[\w-]+)+)\\\/\?\(\?=\\\/\|\$\)$/.exec(regexp?.source ?? '') ?? []
  return literal?.replaceAll('\\/', '/')
}

function joined(base: string, path: string): string {
  return `${base.replace(/\/$/, '')}${path === '/' ? '' : path}`
}

function faultsOf(route: ExpressRoute, base: string | undefined): string[] {
  const methods = new Set(route.stack.map(({ method }) => method?.toUpperCase() ?? 'GET'))
  return Array.from(methods, (method) => faultOfRoute(route, method, base)).filter((fault) => fault !== undefined)
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
    if (layer.route === route) return isDeclared
    const { handle } = layer
    // A route may be used as middleware, as in app.all('/docs/*', open).
    const declares = layer.route ? layer.route.stack.some((each) => declaredBy(each.handle)) : declaredBy(handle)
    const matched = isRouter(handle) || declares ? matchLayer(layer, path || '/') : undefined
    if (!matched) return []
    if (isRouter(handle)) return findDeclared(handle, route, path.slice(matched.length), isDeclared)
    isDeclared = true
    return []
  })
}

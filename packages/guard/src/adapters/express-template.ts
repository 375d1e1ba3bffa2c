// The template of the route that Express matched, such as `/v1/partners/{sellerId}/orders`, for reports. Express tells the path of a route as it
// was written, but of the routers above it only the path as it was sent (`req.baseUrl`), which must never be reported. So the layers above
// the route are matched once more. A recent router tells their paths as they were written; before, what their parameters matched is replaced by
// their names. Where that is not clear there is no template.
import type { IncomingMessage } from 'node:http'
import { asSent, toTemplate } from './path-template.ts'

/** As Express 4 and 5 have them; most of it is in no version of its types. */
export interface ExpressLayer {
  readonly handle: unknown
  readonly route?: ExpressRoute | undefined
  readonly method?: string | undefined
  /** Before router 2.2, of what the layer matched last. */
  readonly params?: Params | undefined
  readonly path?: string | undefined
  /** From router 2.2 on, as it was written. */
  readonly rawPath?: unknown
  /** Of Express 4. */
  readonly regexp?: { readonly source: string; readonly fast_slash?: boolean }
  match?(path: string): boolean | { readonly path: string; readonly params: Params }
}

type Params = Readonly<Record<string, unknown>>

export interface ExpressRouter {
  readonly stack: ExpressLayer[]
}

export interface ExpressRoute extends ExpressRouter {
  readonly path: unknown
  readonly methods: Readonly<Record<string, boolean | undefined>>
}

export interface ExpressRequest extends IncomingMessage {
  readonly originalUrl: string
  readonly baseUrl: string
  readonly params: Readonly<Record<string, string | undefined>>
  readonly route?: ExpressRoute
  readonly ip?: string
  readonly app: object
}

/** The router of an app, or the router itself; `undefined` if there is none yet. */
export function routerOf(app: object): ExpressRouter | undefined {
  const { stack, _router } = app as { readonly stack?: unknown; readonly _router?: ExpressRouter }
  if (Array.isArray(stack)) return app as ExpressRouter
  if (_router) return _router
  try {
    return (app as { readonly router?: ExpressRouter }).router // Throws in Express 4.
  } catch {
    return undefined
  }
}

export function isRouter(handle: unknown): handle is ExpressRouter {
  return typeof handle === 'function' && Array.isArray((handle as Partial<ExpressRouter>).stack)
}

interface KnownRoute {
  readonly own: string | undefined
  readonly mounts: { readonly base: RegExp; readonly template: string }[]
}

const maxMounts = 8

export class ExpressTemplates {
  readonly #known = new WeakMap<ExpressRoute, KnownRoute>()

  /** As {@link of}, for a middleware that nearly always stands beside one route: it need not be looked up for each request. */
  ofOneRoute(): (request: ExpressRequest) => string | undefined {
    let last: { readonly route: ExpressRoute; readonly template: string | undefined } | undefined
    return (request) => {
      const { route, baseUrl } = request
      if (!route || baseUrl !== '') return this.of(request)
      if (route !== last?.route) last = { route, template: this.of(request) }
      return last.template
    }
  }

  /** `undefined` outside of a route, for a route that is a pattern or a list, and where a mount is not clear. */
  of({ route, baseUrl, app }: ExpressRequest): string | undefined {
    if (!route) return undefined
    let known = this.#known.get(route)
    if (!known) this.#known.set(route, (known = { own: toTemplate(route.path), mounts: [] }))
    if (baseUrl === '' || known.own === undefined) return known.own
    const found = known.mounts.find(({ base }) => base.test(baseUrl))
    if (found) return found.template
    // A router is mounted in few places, each of which is one template.
    const mount = known.mounts.length < maxMounts ? findMount(app, route, baseUrl) : undefined
    if (mount === undefined) return undefined
    const template = `${mount}${known.own === '/' ? '' : known.own}`
    known.mounts.push({ base: new RegExp(`^${toPattern(mount)}$`, 'i'), template })
    return template
  }
}

function toPattern(mount: string): string {
  return mount.replace(/\{[^}]*\}|[^\w/]/g, (text) => (text.startsWith('{') ? '[^/]+' : `\\${text}`))
}

function findMount(app: object, route: ExpressRoute, baseUrl: string): string | undefined {
  const { path } = app as { path?(): unknown }
  const above = typeof path === 'function' ? toTemplate(path.call(app)) : ''
  const router = routerOf(app)
  if (above === undefined || !router) return undefined
  const below = baseUrl.split('/').slice(above.split('/').length)
  try {
    const mount = matchLayers(router, route, below.map((segment) => `/${segment}`).join(''), 0)
    return mount === undefined ? undefined : `${above}${mount}`
  } catch {
    return undefined // Another layer cannot decode the path.
  }
}

/** @param depth a router may be mounted in itself */
function matchLayers(router: ExpressRouter, route: ExpressRoute, path: string, depth: number): string | undefined {
  if (depth > 20) return undefined
  for (const layer of router.stack) {
    if (layer.route === route && path === '') return ''
    const found = isRouter(layer.handle) && matchLayer(layer, path || '/')
    if (!found || !isRouter(layer.handle)) continue
    const below = matchLayers(layer.handle, route, path.slice(found.length), depth + 1)
    if (below !== undefined && found.template !== undefined) return `${found.template}${below}`
  }
  return undefined
}

/** What match() leaves in the layer is read by Express in the same turn in which it calls match() itself, so calling it here changes nothing. */
export function matchLayer(
  layer: ExpressLayer,
  path: string,
): { readonly length: number; readonly template: string | undefined } | undefined {
  const match = layer.match?.(path)
  if (!match) return undefined
  const of = typeof match === 'object' ? match : layer
  const matched = (of.path ?? '').replace(/\/$/, '')
  const template = layer.rawPath === undefined ? nameParams(matched, of.params ?? {}) : toTemplate(layer.rawPath)?.replace(/\/$/, '')
  return { length: matched.length, template }
}

/** `undefined` unless each parameter is one whole segment, and no other segment has its value. */
function nameParams(matched: string, params: Params): string | undefined {
  const names = Object.keys(params)
  let named = 0
  const segments = matched.split('/').map((segment) => {
    const decoded = decode(segment)
    const name = names.find((each) => params[each] === decoded)
    if (name === undefined) return segment.toLowerCase() // A caller may write a literal segment in capitals.
    named++
    return `{${name}}`
  })
  return named === names.length ? asSent(segments.join('/')) : undefined
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

// The guard as a Fastify plugin: every route in its scope declares what it requires, and no handler runs before that is checked.
import { isRequestId } from '@countersign/protocol'
import type { FastifyContextConfig, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Access, Denial, GuardRequest } from '../access.ts'
import { isPromise } from '../authorize-at-once.ts'
import type { Requirement } from '../requirement.ts'
import { createDecider, readAccess, readDecision, refuseOtherOptions, type AdapterOptions } from './decide.ts'
import { readOpenRoutes, type OpenRoutes } from './open-routes.ts'
import { asSent } from './path-template.ts'
import { checkRoute, readRouteRule } from './route-rule.ts'
import { createResponseGuard } from './withhold-response.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the guard requires of a request to this route; `{}` requires a valid token only. */
    requires?: Requirement
    /** The route is not guarded. */
    public?: true
  }
  interface FastifyRequest {
    /**
     * The guard's decision for this request. Reading it throws a TypeError on a public route, and for a request that passes only because of
     * `reportOnly`: nothing is known of the rights of its caller.
     */
    readonly access: Access
    /**
     * The same, or the denial of a request that passes only because of `reportOnly`. Test `allowed` before all else: the token of a denial may
     * be forged, and its `clientId` that of a token that has expired or is revoked. Reading it on a public route throws a TypeError.
     */
    readonly decision: Access | Denial
  }
}

export interface CountersignGuardOptions extends AdapterOptions<FastifyRequest> {
  /**
   * Routes of other plugins in the scope, which are left open although they declare nothing: a list such as
   * `['GET /documentation/*', 'OPTIONS *']` (`/documentation/*` is `/documentation` too, GET is HEAD too), or a function. One that names a
   * guarded route is an error at start. `GET *` is also the handler of `setNotFoundHandler()`, which otherwise may answer with errors only.
   */
  readonly open?: OpenRoutes
}

/**
 * Guards the scope in which it is registered, and nested scopes. Await the registration, then add the routes; a route with
 * neither `requires` nor `public` throws a TypeError when it is added. Automatic HEAD routes require what their GET does.
 * A token in the query (RFC 6750 §2.3) is never used, and denied beside one in the header; keeping them out of the log is up to the `req` serializer of the app.
 * @example
 * await app.register(countersignGuard, { guard })
 * app.get('/v1/partners/:sellerId/orders', { config: { requires: { partner: param('sellerId') } } }, (request) =>
 *   orders.of(request.access.entitlement.organization.rights.id),
 * )
 * app.get('/health', { config: { public: true } }, () => 'ok')
 */
export async function countersignGuard(app: FastifyInstance, options: CountersignGuardOptions): Promise<void> {
  checkRegistration(app, options)
  const { guard } = options
  const decider = createDecider(options, { undecided: logUndecided, reportOnly: logReportOnly })
  const isOpen = readOpenRoutes(options.open)
  const decisions = new WeakMap<FastifyRequest, Access | Denial>()
  const checked = new WeakSet<Requirement>()
  const templates = new Map<string, string>()
  const { requestIdHeader } = app.initialConfig

  app.decorateRequest('decision', {
    getter() {
      return readDecision(decisions.get(this), 'request.decision')
    },
  })
  app.decorateRequest('access', {
    getter() {
      return readAccess(decisions.get(this), 'request.access', 'request.decision')
    },
  })

  app.addHook('onRoute', ({ method, url, config = {} }) => {
    const route = `The route ${String(method)} ${url}`
    const isNamedOpen = new Set([method].flat().map((each) => isOpen(each, url)))
    if (config.requires && isNamedOpen.has(true)) throw new TypeError(`${route} is guarded, and "open" names it; remove one of the two`)
    if (!config.requires && !isNamedOpen.has(false)) return
    if (!config.requires && config.public !== true) throw new TypeError(saysNothing(route, [method].flat()[0], url))
    const requires = readRouteRule(config, route, 'config')
    if (!requires) return
    const template = routeTemplate(url)
    checkRoute(guard, requires, { methods: [method].flat(), template, paramNames: routeParamNames(url) }, route)
    checked.add(requires)
    templates.set(url, template)
  })

  // Those of @fastify/websocket are requests to its routes, which the hook below sees.
  app.addHook('onReady', async () => {
    if (app.server.listenerCount('upgrade') > 0 && !app.hasDecorator('websocketServer'))
      app.log.warn('the server has a listener of "upgrade": it gets WebSocket connections before the guard, and has to ask it itself')
  })

  /** A handler for what has no route may serve more than a 404, such as files or another server. */
  function closeNotFound(request: FastifyRequest, reply: FastifyReply): void {
    if (isOpen(request.method, '*')) return
    const withhold = createResponseGuard((defect) =>
      decider.refuseDefect(new FastifyGuardRequest(request, undefined, requestIdHeader), defect, request),
    )
    withhold(reply.raw)
  }

  // Before the body is read: a denied request costs no more than its header.
  app.addHook('onRequest', async (request, reply) => {
    const { config, url = '' } = routeOf(request)
    const { requires, public: isPublic } = config
    if (request.is404) return closeNotFound(request, reply)
    if (isPublic === true || (!requires && isOpen(request.method, url))) return
    // The route was added before the plugin was registered; fails closed with a 500.
    if (!requires || !checked.has(requires)) throw new TypeError(`${request.method} ${url} ${addedBefore}`)
    const asked = new FastifyGuardRequest(request, templates.get(url), requestIdHeader)
    const answer = decider.authorize(asked, requires)
    const verdict = decider.judge(isPromise(answer) ? await answer : answer, asked, requires, request)
    if (!verdict.passes) {
      const { status, headers, body } = verdict.response
      return reply.code(status).headers(headers).send(body)
    }
    decisions.set(request, verdict.decision)
    if (verdict.headers) reply.headers(verdict.headers)
  })
}

function saysNothing(route: string, method: string | undefined, url: string): string {
  const instead = `or name a route of another plugin in "open": ["${method} ${url}"]`
  return `${route} has neither "config.requires" nor "config.public"; set one of them, ${instead}`
}

const addedBefore = 'was added before the guard was registered; await app.register(countersignGuard, { guard }) before the routes are added'

/** What a plugin may be registered with besides its own options; a guard has no routes that they are about. */
const ofRegistration = ['prefix', 'logLevel', 'logSerializers']

/** @throws TypeError for what would protect nothing, or fail in words that name neither the guard nor what to do */
function checkRegistration(app: Partial<FastifyInstance>, options: CountersignGuardOptions | undefined): void {
  if (typeof app?.addHook !== 'function')
    throw new TypeError('countersignGuard is a plugin, which is not called: await app.register(countersignGuard, { guard })')
  refuseOtherOptions('countersignGuard', options, ['open', ...ofRegistration])
  const taken = ['access', 'decision'].find((name) => app.hasRequestDecorator?.(name))
  if (taken !== undefined)
    throw new TypeError(`"request.${taken}" is there already, by another guard or plugin; a guard needs a scope in which it is not`)
}

interface MatchedRoute {
  readonly config: FastifyContextConfig
  readonly url: string | undefined
}

/** Fastify makes `routeOptions` anew for each reading. Before 4.10 there is none, and before 4.23 it has no config. */
function routeOf(request: FastifyRequest): MatchedRoute {
  const { routeOptions } = request as { readonly routeOptions?: Partial<MatchedRoute> }
  const config: FastifyContextConfig & { readonly url?: string } = routeOptions?.config ?? oldConfigOf(request)
  return { config, url: routeOptions?.url ?? config.url }
}

function oldConfigOf(request: FastifyRequest): FastifyContextConfig {
  return (request as { readonly context?: { readonly config?: FastifyContextConfig } }).context?.config ?? {}
}

/** Its getters are for denials and listeners: an allowed request need not pay for them. */
class FastifyGuardRequest implements GuardRequest {
  readonly rawHeaders: readonly string[]
  readonly url: string
  readonly params: GuardRequest['params']
  readonly method: string
  readonly route: string | undefined
  readonly #request: FastifyRequest
  readonly #idHeader: string | false | undefined

  constructor(request: FastifyRequest, route: string | undefined, idHeader: string | false | undefined) {
    this.rawHeaders = request.raw.rawHeaders
    this.url = request.originalUrl ?? request.url // Fastify before 4.28 has no other.
    this.params = request.params as GuardRequest['params']
    this.method = request.method
    this.route = route
    this.#request = request
    this.#idHeader = idHeader
  }

  get address(): string {
    return this.#request.ip
  }

  /** One that the caller chose must not become the id of a denial. */
  get requestId(): string | undefined {
    const { id, headers } = this.#request
    const isOfCaller = typeof this.#idHeader === 'string' && headers[this.#idHeader.toLowerCase()] === id
    return isOfCaller && isRequestId(id) ? undefined : id
  }
}

function logUndecided(err: unknown, request: FastifyRequest): void {
  request.log.error({ err }, 'the guard could not decide on a request')
}

function logReportOnly({ code, requestId }: Denial, request: FastifyRequest): void {
  request.log.warn({ code, decision: requestId }, 'the guard denies this request, and lets it pass because of reportOnly')
}

// Not encapsulated: the hooks belong to the scope that registers the plugin, not to a scope of the plugin's own.
Object.assign(countersignGuard, { [Symbol.for('skip-override')]: true, [Symbol.for('fastify.display-name')]: '@countersign/guard' })

/** The names in a path such as `/partners/:sellerId/files/:name(^\\d+).:format`; a doubled colon is a colon. */
function routeParamNames(url: string): string[] {
  return Array.from(url.replaceAll('::', '').matchAll(/:([^/:(.?-]+)/g), ([, name]) => name ?? '')
}

/** `/partners/:sellerId/files/:name(^\\d+)` as `/partners/{sellerId}/files/{name}`; other letters than ASCII as they are sent. */
function routeTemplate(url: string): string {
  const template = url.replace(/::|:([^/:(.?-]+)(?:\((?:[^()]|\([^()]*\))*\))?\??/g, (_found, name: string | undefined) =>
    name === undefined ? ':' : `{${name}}`,
  )
  return asSent(template)
}

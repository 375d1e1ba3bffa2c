// The guard as a Fastify plugin: every route in its scope declares what it requires, and no handler runs before that is checked.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Access, Denial, GuardRequest } from './access.ts'
import { denialResponse } from './denial-response.ts'
import type { Guard } from './guard.ts'
import { tellSafely, type GuardDecision } from './guard-decision.ts'
import type { Requirement } from './requirement.ts'
import { isRequestId } from './request-ids.ts'
import { rateHeaders } from './tier-rate.ts'

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
    /** The same, or the denial of a request that passes only because of `reportOnly`. Reading it on a public route throws a TypeError. */
    readonly decision: Access | Denial
  }
}

export interface CountersignGuardOptions {
  readonly guard: Guard
  /** Called with the reason when the guard could not decide on a request, which gets 503. Default: logs an error. */
  readonly onUndecided?: (cause: unknown, request: FastifyRequest) => void
  /** As the option of the guard, with the request that the decision is about. */
  readonly onDecision?: (decision: GuardDecision, request: FastifyRequest) => unknown
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
export async function countersignGuard(
  app: FastifyInstance,
  { guard, onUndecided = logUndecided, onDecision }: CountersignGuardOptions,
): Promise<void> {
  const decisions = new WeakMap<FastifyRequest, Access | Denial>()
  const checked = new WeakSet<Requirement>()
  const templates = new Map<string, string>()
  const { requestIdHeader } = app.initialConfig

  function decisionOf(request: FastifyRequest, member: string): Access | Denial {
    const decision = decisions.get(request)
    if (!decision) throw new TypeError(`This route is public, so "request.${member}" is not available`)
    return decision
  }
  app.decorateRequest('decision', {
    getter() {
      return decisionOf(this, 'decision')
    },
  })
  app.decorateRequest('access', {
    getter() {
      const decision = decisionOf(this, 'access')
      if (decision.allowed) return decision
      const why = `The guard denies this request ("${decision.code}") and lets it pass because of "reportOnly", so "request.access" is not available`
      throw new TypeError(`${why}; read "request.decision"`)
    },
  })

  app.addHook('onRoute', ({ method, url, config }) => {
    const route = `The route ${String(method)} ${url}`
    const template = routeTemplate(url)
    if (config?.requires && config.public) throw new TypeError(`${route} is both guarded and public; remove one of the two from its config`)
    if (config?.public === true) return
    if (!config?.requires) throw new TypeError(`${route} has neither "config.requires" nor "config.public"; set one of them`)
    try {
      const names = routeParamNames(url)
      for (const each of [method].flat()) guard.checkRequirement(config.requires, names, { method: each, route: template })
      checked.add(config.requires)
      templates.set(url, template)
    } catch (error) {
      throw new TypeError(`${route}: ${(error as Error).message}`, { cause: error })
    }
  })

  // Before the body is read: a denied request costs no more than its header.
  app.addHook('onRequest', async (request, reply) => {
    const { requires, public: isPublic } = request.routeOptions.config
    if (request.is404 || isPublic === true) return
    // The route was added before the plugin was registered; fails closed with a 500.
    if (!requires || !checked.has(requires))
      throw new TypeError(`${request.method} ${request.routeOptions.url} was added before the guard was registered`)
    const asked = new FastifyGuardRequest(request, templates.get(request.routeOptions.url ?? ''), requestIdHeader)
    const verdict = await guard.authorize(asked, requires)
    if (onDecision) tellSafely(onDecision, guard.describeDecision(asked, requires, verdict), request)
    if (!verdict.allowed) {
      if ('cause' in verdict) onUndecided(verdict.cause, request)
      if (verdict.reportOnly) {
        const { code, requestId } = verdict
        request.log.warn({ code, decision: requestId }, 'the guard denies this request, and lets it pass because of reportOnly')
        decisions.set(request, verdict)
        return
      }
      const { status, headers, body } = denialResponse(guard, verdict)
      return reply.code(status).headers(headers).send(body)
    }
    decisions.set(request, verdict)
    if (verdict.rate) reply.headers(rateHeaders(verdict.rate))
  })
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
    this.url = request.originalUrl
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

// Not encapsulated: the hooks belong to the scope that registers the plugin, not to a scope of the plugin's own.
Object.assign(countersignGuard, { [Symbol.for('skip-override')]: true, [Symbol.for('fastify.display-name')]: '@countersign/guard' })

/** The names in a path such as `/partners/:sellerId/files/:name(^\\d+).:format`; a doubled colon is a colon. */
function routeParamNames(url: string): string[] {
  return Array.from(url.replaceAll('::', '').matchAll(/:([^/:(.?-]+)/g), ([, name]) => name ?? '')
}

/** `/partners/:sellerId/files/:name(^\\d+)` as `/partners/{sellerId}/files/{name}`. */
function routeTemplate(url: string): string {
  return url.replace(/::|:([^/:(.?-]+)(?:\((?:[^()]|\([^()]*\))*\))?\??/g, (_found, name: string | undefined) =>
    name === undefined ? ':' : `{${name}}`,
  )
}

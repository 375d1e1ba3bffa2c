// The guard as a Fastify plugin: every route in its scope declares what it requires, and no handler runs before that is checked.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Access } from './access.ts'
import { denialResponse } from './denial-response.ts'
import type { Guard } from './guard.ts'
import type { Requirement } from './requirement.ts'
import { rateHeaders } from './tier-rate.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the guard requires of a request to this route; `{}` requires a valid token only. */
    requires?: Requirement
    /** The route is not guarded. */
    public?: true
  }
  interface FastifyRequest {
    /** The guard's decision for this request. Reading it on a public route throws a TypeError. */
    readonly access: Access
  }
}

export interface CountersignGuardOptions {
  readonly guard: Guard
  /** Called with the reason when the guard could not decide on a request, which gets 503. Default: logs an error. */
  readonly onUndecided?: (cause: unknown, request: FastifyRequest) => void
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
  { guard, onUndecided = logUndecided }: CountersignGuardOptions,
): Promise<void> {
  const accesses = new WeakMap<FastifyRequest, Access>()
  const checked = new WeakSet<Requirement>()

  app.decorateRequest('access', {
    getter() {
      const access = accesses.get(this)
      if (!access) throw new TypeError('This route is public, so "request.access" is not available')
      return access
    },
  })

  app.addHook('onRoute', ({ method, url, config }) => {
    const route = `The route ${String(method)} ${url}`
    if (config?.requires && config.public) throw new TypeError(`${route} is both guarded and public; remove one of the two from its config`)
    if (config?.public === true) return
    if (!config?.requires) throw new TypeError(`${route} has neither "config.requires" nor "config.public"; set one of them`)
    try {
      guard.checkRequirement(config.requires, routeParamNames(url))
      checked.add(config.requires)
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
    const params = request.params as Readonly<Record<string, string | undefined>>
    const verdict = await guard.authorize({ rawHeaders: request.raw.rawHeaders, url: request.originalUrl, params }, requires)
    if (!verdict.allowed) {
      if ('cause' in verdict) onUndecided(verdict.cause, request)
      const { status, headers, body } = denialResponse(guard, verdict, request.id)
      return reply.code(status).headers(headers).send(body)
    }
    accesses.set(request, verdict)
    if (verdict.rate) reply.headers(rateHeaders(verdict.rate))
  })
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

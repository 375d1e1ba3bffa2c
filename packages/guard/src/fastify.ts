// The guard as a Fastify plugin: every route of its scope says what it requires, and no handler runs before that holds.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Access } from './access.ts'
import { denialResponse } from './denial-response.ts'
import type { Guard } from './guard.ts'
import { checkRequirement, type Requirement } from './requirement.ts'
import { rateHeaders } from './tier-rate.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the guard requires of a request to this route; `{}` asks for a valid token only. */
    requires?: Requirement
    /** The route is not guarded. */
    public?: true
  }
  interface FastifyRequest {
    /** Whom the guard let in. Reading it on a public route throws a TypeError. */
    readonly access: Access
  }
}

export interface CountersignGuardOptions {
  readonly guard: Guard
  /** Told why the guard could not decide on a request, which gets 503; an error in the log of the request if absent. */
  readonly onUndecided?: (cause: unknown, request: FastifyRequest) => void
}

/**
 * Guards the scope in which it is registered, and the scopes inside it. Await the registration, then add the routes; one
 * that says neither `requires` nor `public` is refused when it is added. Automatic HEAD routes require what their GET does.
 * Tokens in the query are not looked at; that they are not logged is up to the `req` serializer of the app's logger.
 * @example
 * await app.register(countersignGuard, { guard })
 * app.get('/v1/partners/:sellerId/orders', { config: { requires: { partner: param('sellerId') } } }, (request) =>
 *   orders.of(request.access.entitlement.document.organization.id),
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
      checkRequirement(config.requires, routeParamNames(url))
      checked.add(config.requires)
    } catch (error) {
      throw new TypeError(`${route}: ${(error as Error).message}`, { cause: error })
    }
  })

  // Before the body is read: who is refused costs no more than a header.
  app.addHook('onRequest', async (request, reply) => {
    const { requires, public: isPublic } = request.routeOptions.config
    if (request.is404 || isPublic === true) return
    // A route that was added before the plugin was loaded; the 500 that follows is better than an open door.
    if (!requires || !checked.has(requires))
      throw new TypeError(`${request.method} ${request.routeOptions.url} was added before the guard was registered`)
    const params = request.params as Readonly<Record<string, string | undefined>>
    const verdict = await guard.authorize({ rawHeaders: request.raw.rawHeaders, params }, requires)
    if (!verdict.allowed) {
      if (verdict.cause !== undefined) onUndecided(verdict.cause, request)
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

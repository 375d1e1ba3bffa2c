// Rejects requests to unknown paths (404) and with unsupported methods (405), before a body is read.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { OAuthError, ProblemError } from '../errors.ts'

/** Must be called before the routes are added, because it collects the paths from them. */
export function refuseUnknownPaths(app: FastifyInstance): void {
  const methodsOf = new Map<string, Set<string>>()
  const oauthPaths = new Set<string>()

  app.addHook('onRoute', ({ url, method, config }) => {
    const methods = methodsOf.get(url) ?? new Set()
    methodsOf.set(url, methods)
    for (const name of [method].flat()) methods.add(name)
    if (config?.surface === 'oauth') oauthPaths.add(url)
  })

  app.addHook('onRequest', (request, _reply, done) => done(request.is404 ? refusalOf(request) : undefined))

  function refusalOf(request: FastifyRequest): OAuthError | ProblemError {
    const path = (request.raw.url ?? '').split('?', 1)[0] ?? ''
    if (oauthPaths.has(path)) return new OAuthError('token-method-not-allowed')
    const methods = methodsOf.get(path)
    if (methods) return new ProblemError('method-not-allowed', { headers: { allow: [...methods].join(', ') } })
    return path.endsWith('/token') ? new OAuthError('wrong-realm') : new ProblemError('not-found')
  }
}

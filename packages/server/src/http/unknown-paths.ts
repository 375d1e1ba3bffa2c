// Passes requests to the part that their path belongs to, and rejects those to unknown paths (404) and with unsupported methods (405), before a body is read.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { OAuthError, ProblemError } from '../errors.ts'
import { pathOf } from './request-path.ts'
import type { Parts } from './parts.ts'

/**
 * Must be called before the routes are added, because it collects the paths from them.
 * @param parts what else the server consists of; undefined in a part
 */
export function refuseUnknownPaths(app: FastifyInstance, parts?: Parts): void {
  const methodsOf = new Map<string, Set<string>>()
  const oauthPaths = new Set<string>()

  app.addHook('onRoute', ({ url, method, config }) => {
    const methods = methodsOf.get(url) ?? new Set()
    methodsOf.set(url, methods)
    for (const name of [method].flat()) methods.add(name)
    if (config?.surface === 'oauth') oauthPaths.add(url)
  })

  app.addHook('onRequest', (request, reply, done) => {
    if (!request.is404) return done()
    if (parts && !methodsOf.has(pathOf(request)) && parts.handOver(request, reply, done)) return
    done(refusalOf(request))
  })

  function refusalOf(request: FastifyRequest): OAuthError | ProblemError {
    const path = (request.raw.url ?? '').split('?', 1)[0] ?? ''
    if (oauthPaths.has(path)) return new OAuthError('token-method-not-allowed')
    const methods = methodsOf.get(path)
    if (methods) return new ProblemError('method-not-allowed', { headers: { allow: [...methods].join(', ') } })
    return path.endsWith('/token') ? new OAuthError('wrong-realm') : new ProblemError('not-found')
  }
}

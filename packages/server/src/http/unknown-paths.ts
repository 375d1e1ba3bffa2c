// Rejects requests to unknown paths (404) and with unsupported methods (405), before a body is read.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { OAuthError, ProblemError } from '../errors.ts'
import { createKnownPaths } from './known-paths.ts'

/** Must be called before the routes are added, because it collects the paths from them. */
export function refuseUnknownPaths(app: FastifyInstance, issuerPaths: readonly string[]): void {
  const paths = createKnownPaths(issuerPaths)

  app.addHook('onRoute', ({ url, method, config }) => paths.add(url, [method].flat(), config?.surface === 'oauth'))

  app.addHook('onRequest', (request, _reply, done) => done(request.is404 || hasEmptyParameter(request) ? refusalOf(request) : undefined))

  function refusalOf(request: FastifyRequest): OAuthError | ProblemError {
    const path = (request.raw.url ?? '').split('?', 1)[0] ?? ''
    const known = request.is404 ? paths.find(path) : undefined
    if (known?.isOAuth) return new OAuthError('token-method-not-allowed')
    if (known) return new ProblemError('method-not-allowed', { headers: { allow: [...known.methods].join(', ') } })
    const meant = paths.explain(path)
    if (meant?.isOAuth) return new OAuthError('wrong-path', { description: `${meant.difference} ${meant.remedy}` })
    if (meant) return new ProblemError('not-found', { detail: meant.difference, remedy: meant.remedy })
    return path.endsWith('/token') ? new OAuthError('wrong-realm') : new ProblemError('not-found')
  }
}

/** The router takes "/problems/" for "/problems/{code}" with an empty code. */
function hasEmptyParameter({ params }: FastifyRequest): boolean {
  for (const name in params as object) if ((params as Record<string, string>)[name] === '') return true
  return false
}

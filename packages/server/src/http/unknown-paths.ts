// Passes requests to the part that their path belongs to, and rejects those to unknown paths (404) and with unsupported methods (405),
// before a body is read.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { OAuthError, ProblemError } from '../errors.ts'
import type { Parts } from './parts.ts'
import { createRoutePaths, pathOf } from './route-paths.ts'

/** Tells a program below another product's paths what to use instead; undefined for any other path. */
type FindRemedy = (method: string, path: string) => string | undefined

interface Elsewhere {
  readonly findRemedy?: FindRemedy
  /** What else the server consists of; absent in a part. */
  readonly parts?: Parts
}

/** Must be called before the routes are added, because it collects the paths from them. */
export function refuseUnknownPaths(app: FastifyInstance, { findRemedy = () => undefined, parts }: Elsewhere): void {
  const paths = createRoutePaths()
  const oauthPaths = new Set<string>()

  app.addHook('onRoute', ({ url, method, config }) => {
    paths.add(url, [method].flat())
    if (config?.surface === 'oauth') oauthPaths.add(url)
  })

  app.addHook('onRequest', (request, reply, done) => {
    if (!request.is404) return done()
    const isOwn = paths.methodsOf(request.raw.url ?? '').size > 0
    if (!isOwn && parts?.handOver(request, reply, done)) return
    done(refusalOf(request))
  })

  function refusalOf({ method, raw: { url = '' } }: FastifyRequest): OAuthError | ProblemError {
    const path = pathOf(url)
    if (oauthPaths.has(path)) return new OAuthError('token-method-not-allowed')
    const remedy = findRemedy(method, path)
    const details = remedy === undefined ? {} : { remedy }
    const methods = paths.methodsOf(url)
    if (methods.size > 0) return new ProblemError('method-not-allowed', { ...details, headers: { allow: [...methods].join(', ') } })
    return remedy === undefined && path.endsWith('/token') ? new OAuthError('wrong-realm') : new ProblemError('not-found', details)
  }
}

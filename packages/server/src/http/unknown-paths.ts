// Passes requests to the part that their path belongs to, and rejects those to unknown paths (404) and with unsupported methods (405),
// before a body is read.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { OAuthError, ProblemError } from '../errors.ts'
import type { KnownPaths } from './known-paths.ts'
import type { Parts } from './parts.ts'
import { decodedPath } from './request-path.ts'
import { createRoutePaths, pathOf } from './route-paths.ts'

/** Tells a program below another product's paths what to use instead; undefined for any other path. */
type FindRemedy = (method: string, path: string) => string | undefined

interface Elsewhere {
  /** The paths of all parts of the server; those of this app are added. */
  readonly known: KnownPaths
  readonly findRemedy?: FindRemedy
  /** What else the server consists of; absent in a part. */
  readonly parts?: Parts
}

/** Must be called before the routes are added, because it collects the paths from them. */
export function refuseUnknownPaths(app: FastifyInstance, { known, findRemedy = () => undefined, parts }: Elsewhere): void {
  const paths = createRoutePaths()
  const oauthPaths = new Set<string>()

  app.addHook('onRoute', ({ url, method, config }) => {
    paths.add(url, [method].flat())
    known.add(url, config?.surface === 'oauth')
    if (config?.surface === 'oauth') oauthPaths.add(url)
  })

  app.addHook('onRequest', (request, reply, done) => {
    if (!request.is404) return done(hasEmptyParameter(request) ? refusalOf(request) : undefined)
    const { method, raw } = request
    const isOwn = paths.methodsOf(raw.url ?? '').size > 0 || findRemedy(method, pathOf(raw.url ?? '')) !== undefined
    if (!isOwn && parts?.handOver(request, reply, done)) return
    done(refusalOf(request))
  })

  function refusalOf({ method, raw: { url = '' } }: FastifyRequest): OAuthError | ProblemError {
    const path = pathOf(url)
    if (oauthPaths.has(decodedPath(url))) return new OAuthError('token-method-not-allowed')
    const remedy = findRemedy(method, path)
    const details = remedy === undefined ? {} : { remedy }
    const methods = paths.methodsOf(url)
    if (methods.size > 0) return new ProblemError('method-not-allowed', { ...details, headers: { allow: [...methods].join(', ') } })
    if (remedy !== undefined) return new ProblemError('not-found', details)
    const meant = known.explain(path)
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

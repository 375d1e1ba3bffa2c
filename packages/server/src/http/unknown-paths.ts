// Passes requests to the part that their path belongs to, and rejects those to unknown paths (404) and with unsupported methods (405),
// before a body is read.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { problems } from '@countersign/protocol'
import { OAuthError, ProblemError } from '../errors.ts'
import type { KnownPaths } from './known-paths.ts'
import type { Part } from './parts.ts'
import { decodedPath, pathOf } from './request-path.ts'

/** Tells a program below another product's paths what to use instead; undefined for any other path. */
export type FindRemedy = (method: string, path: string) => string | undefined

/** Must be called before the routes are added, because it collects their paths. @param own the part that the app is */
export function refuseUnknownPaths(app: FastifyInstance, known: KnownPaths<Part>, own: Part, findRemedy: FindRemedy): void {
  app.addHook('onRoute', ({ url, method }) => known.addRoute(url, [method].flat(), own))

  app.addHook('onRequest', (request, reply, done) => {
    if (!request.is404) return done(hasEmptyParameter(request) ? refusalOf(request) : undefined)
    const owner = known.ownerOf(decodedPath(request.raw.url ?? ''))
    if (owner === own) done(refusalOf(request))
    else passOn(owner, request, reply, done)
  })

  function refusalOf({ method, raw: { url = '' } }: FastifyRequest): OAuthError | ProblemError {
    const { methods, isOAuth } = known.routeAt(url, own)
    if (isOAuth) return new OAuthError('token-method-not-allowed')
    const path = pathOf(url)
    const remedy = findRemedy(method, decodedPath(url))
    const details = remedy === undefined ? {} : { remedy }
    if (methods.length > 0) return new ProblemError('method-not-allowed', { ...details, headers: { allow: methods.join(', ') } })
    const meant = known.explain(path)
    if (remedy !== undefined && (meant === undefined || meant.isOAuth)) return new ProblemError('not-found', details)
    if (meant?.isOAuth && meant.isRealmUnknown) {
      const [{ remedy: verify }] = problems['wrong-realm'].causes
      return new OAuthError('wrong-realm', { description: `${meant.difference} ${verify} ${meant.remedy}` })
    }
    if (meant?.isOAuth) return new OAuthError('wrong-path', { description: `${meant.difference} ${meant.remedy}` })
    if (meant) return new ProblemError('not-found', { detail: meant.difference, remedy: meant.remedy })
    return path.endsWith('/token') ? new OAuthError('wrong-realm') : new ProblemError('not-found')
  }
}

/** For the app of the part the request begins anew, with another id, and only that app reports its end. */
function passOn(part: Part, request: FastifyRequest, reply: FastifyReply, fail: (error: Error) => void): void {
  part.build().then((app) => {
    reply.hijack()
    app.routing(request.raw, reply.raw)
  }, fail)
}

/** The router takes "/problems/" for "/problems/{code}" with an empty code. */
function hasEmptyParameter({ params }: FastifyRequest): boolean {
  for (const name in params as object) if ((params as Record<string, string>)[name] === '') return true
  return false
}

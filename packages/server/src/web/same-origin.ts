// Which requests a page of another site may have caused. A browser adds a cookie by itself, so a request that changes something must prove
// that it comes from a page of this origin: by `Sec-Fetch-Site`, which no page can set, or in old browsers by `Origin`. No preflight is ever
// granted, so a page of another origin can neither send JSON nor read a response.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ProblemError } from '../errors.ts'

/** For all routes of this scope; must be called before their guard is registered. @param origin of the pages */
export function refuseCrossSite(app: FastifyInstance, origin: string): void {
  app.addHook('onRequest', (request, _reply, done) => {
    done(mayComeFromElsewhere(request, origin) ? new ProblemError('cross-site-request') : undefined)
  })
}

function mayComeFromElsewhere({ method, headers }: FastifyRequest, own: string): boolean {
  const { origin, 'sec-fetch-site': site } = headers
  const isRead = method === 'GET' || method === 'HEAD'
  // "none" is a person who has typed the address. Two such headers arrive as one that is none of these values.
  if (site !== undefined) return site !== 'same-origin' && !(isRead && site === 'none')
  return origin !== own && !(isRead && origin === undefined)
}

import type { FastifyRequest } from 'fastify'
import { pathOf as pathOfTarget } from './route-paths.ts'

/** The path of a request as routes are matched: without the query and what an absolute form has in front, percent-encoded letters decoded. */
export function pathOf(request: FastifyRequest): string {
  const path = pathOfTarget(request.raw.url ?? '')
  if (!path.includes('%')) return path
  try {
    return decodeURI(path)
  } catch {
    return path // Such a request was denied before it had a route.
  }
}

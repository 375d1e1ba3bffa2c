import type { FastifyRequest } from 'fastify'

/** The path of a request as routes are matched: without the query, percent-encoded letters decoded. */
export function pathOf(request: FastifyRequest): string {
  const path = (request.raw.url ?? '').split('?', 1)[0] ?? ''
  if (!path.includes('%')) return path
  try {
    return decodeURI(path)
  } catch {
    return path // Such a request was denied before it had a route.
  }
}

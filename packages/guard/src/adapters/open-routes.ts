// Which routes of other plugins stay open although they declare nothing: pages of an OpenAPI document, the OPTIONS of CORS, health.

/** `METHOD PATH`; a path that ends in `/*` is also everything below it. Or a function, which is asked once for each method and path. */
export type OpenRoutes = readonly string[] | ((route: OpenRoute) => boolean)

export interface OpenRoute {
  readonly method: string
  /** The path of the route as it was added, such as `/documentation/static/*`. */
  readonly url: string
}

const pattern = /^([A-Z]+) (\*|\/[^\s*?#]*\*?)$/

/** @throws TypeError for a pattern that is malformed, or opens everything */
export function readOpenRoutes(open: OpenRoutes = []): (method: string, url: string) => boolean {
  if (typeof open === 'function') return askedOnce(open)
  const given: unknown = open
  if (!Array.isArray(given)) throw new TypeError('"open" is neither a list such as ["GET /documentation/*"] nor a function')
  const routes = given.map(readPattern)
  return askedOnce(({ method, url }) => routes.some((route) => route.methods.includes(method) && covers(route.path, url)))
}

function readPattern(text: unknown): { readonly methods: readonly string[]; readonly path: string } {
  const [, method, path] = (typeof text === 'string' && pattern.exec(text)) || []
  if (method === undefined || path === undefined || (path.endsWith('*') && path !== '*' && !path.endsWith('/*')))
    throw new TypeError(`"open": ${JSON.stringify(text)} is not a method and a path, such as "GET /documentation/*" or "OPTIONS *"`)
  if (path === '/*') throw new TypeError(`"open": "${method} /*" would open every route; a function can open the route "/*" alone`)
  return { methods: method === 'GET' ? ['GET', 'HEAD'] : [method], path }
}

function covers(path: string, url: string): boolean {
  if (path === '*') return url === '*' || url === '/*' // What a plugin for CORS adds.
  if (!path.endsWith('/*')) return path === url
  const below = path.slice(0, -1)
  return url.startsWith(below) || url === below.slice(0, -1)
}

/** Of a route, not of a request, so there are not many. */
function askedOnce(isOpen: (route: OpenRoute) => boolean): (method: string, url: string) => boolean {
  const known = new Map<string, boolean>()
  return (method, url) => {
    const route = `${method} ${url}`
    let answer = known.get(route)
    // A promise, which an async function returns, is no yes.
    if (answer === undefined) known.set(route, (answer = isOpen({ method, url }) === true))
    return answer
  }
}

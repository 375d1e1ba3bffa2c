// What the routes of a Hono app declare. Hono keeps a list of everything that was added, in its order: middleware, guards and handlers alike.
import { declaredBy as declaredByMiddleware, isMaker, type Declared } from './declarations.ts'
import { asSent } from './path-template.ts'

/** An entry of `app.routes`, or of those that a request matches. */
export interface HonoEntry {
  readonly method: string
  readonly path: string
  readonly handler: object
}

/** Where an error handler of a sub-app wraps its handlers, Hono keeps the original under this name. */
const composedHandler = '__COMPOSED_HANDLER'

function originalOf(handler: object): object {
  const inner = (handler as Readonly<Record<string, unknown>>)[composedHandler]
  return typeof inner === 'function' ? originalOf(inner) : handler
}

/** What a middleware of a guard declares, `undefined` for anything else. */
export function declaredBy({ handler }: Pick<HonoEntry, 'handler'>): Declared | undefined {
  return declaredByMiddleware(originalOf(handler))
}

/** As Hono itself tells middleware from handlers. */
function goesOn(handler: object): boolean {
  return (originalOf(handler) as (...args: unknown[]) => unknown).length > 1
}

/**
 * @param entries in their order
 * @param runsBefore whether a middleware runs before every request to a route
 * @returns a sentence for each route that nothing of the guard stands before, or that is both guarded and open
 */
export function findFaults(entries: readonly HonoEntry[], runsBefore: (middleware: HonoEntry, route: HonoEntry) => boolean): string[] {
  return entries.flatMap((entry, index) => {
    const isBesideRoute = goesOn(entry.handler)
    if (declaredBy(entry) || (isBesideRoute && entry.method === 'ALL')) return []
    // What goes on to the next, such as a validator, may also stand before the guard of its route.
    const before = entries.filter((other, at) => at < index || (isBesideRoute && other.path === entry.path))
    const declared = before
      .filter((other) => runsBefore(other, entry) && !isOpenForAll(other, entry))
      .flatMap((other) => declaredBy(other) ?? [])
    const isOpen = declared.includes('open')
    const isGuarded = declared.some((each) => each !== 'open')
    if (isOpen !== isGuarded) return []
    const route = `The route ${entry.method} ${entry.path}`
    if (entries.some(({ handler, path }) => path === entry.path && isMaker(handler)))
      return `${route} has guarded without a call; write guarded({ … })`
    return isOpen
      ? `${route} is both guarded and open; remove one of the two`
      : `${route} is neither guarded nor open; put guarded({ … }) or open before its handler`
  })
}

function matchesAll(path: string): boolean {
  return path === '*' || path === '/*'
}

/** As that of a sub-app at "/": it stands before the routes of all others, and would open those that say nothing. */
function isOpenForAll(middleware: HonoEntry, route: HonoEntry): boolean {
  return declaredBy(middleware) === 'open' && matchesAll(middleware.path) && !matchesAll(route.path)
}

/**
 * The same for those that one request matches, all of which run in this order. Nothing is allocated where nothing is wrong.
 */
export function findFault(matched: readonly HonoEntry[]): string | undefined {
  let isGuarded = false
  let isOpen = false
  let isUndeclared = false
  let hasOthers = false
  for (const entry of matched) {
    const { method, handler } = entry
    const declared = declaredBy(entry)
    if (declared === 'open') isOpen ||= !matchesAll(entry.path)
    else if (declared) isGuarded = true
    else if (isGuarded !== isOpen) continue
    else if (!goesOn(handler)) isUndeclared = true
    else if (method !== 'ALL') hasOthers = true
  }
  if (!isUndeclared && (!hasOthers || isGuarded !== isOpen)) return undefined
  return findFaults(matched, () => true)[0]
}

/** Its path is the same, or ends in `*` and begins as that of the route does. */
export function standsBefore(middleware: HonoEntry, route: HonoEntry): boolean {
  if (middleware.method !== 'ALL' && middleware.method !== route.method) return false
  if (middleware.path === route.path || matchesAll(middleware.path)) return true
  if (!middleware.path.endsWith('/*')) return false
  const start = middleware.path.slice(0, -1)
  return route.path.startsWith(start) || route.path === start.slice(0, -1)
}

const parameter = /:([A-Za-z_][\w-]*)(?:\{(?:[^{}]|\{[^{}]*\})*\})?\??/g

/** `/partners/:sellerId/files/:name{.+\\.png}` as `/partners/{sellerId}/files/{name}`. */
export function templateOf(path: string): string {
  return asSent(path.replace(parameter, (_found, name: string) => `{${name}}`))
}

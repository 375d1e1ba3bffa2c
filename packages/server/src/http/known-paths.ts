// Every path of the server, in one place: to which app it belongs, which methods it has there, and which path was probably meant by an
// unknown one (explain-path.ts). The server and each realm are owners of paths. A realm declares its place before it has routes, because
// its app is built by the first request (parts.ts).
import type { RealmPlaces } from '../realms/realm-paths.ts'
import { createPathExplanations, type MeantPath } from './explain-path.ts'
import { pathOf } from './request-path.ts'
import { createRoutePaths, isSpelledSo, maxSegments } from './route-paths.ts'

export interface KnownPaths<Owner> {
  addRealm(realm: RealmPlaces, owner: Owner): void
  /** @param pattern such as "/problems/:code": each parameter is a whole segment */
  addRoute(pattern: string, methods: readonly string[], owner: Owner): void
  /**
   * A path belongs to the realm that names it, with or without a slash at its end, else to the owner with the longest prefix, else to the
   * realm at the root.
   * Called for every request. @param path decoded
   */
  ownerOf(path: string): Owner
  /** What the owner has at the path of a request target; no methods if that is nothing. */
  routeAt(target: string, owner: Owner): { readonly methods: readonly string[]; readonly isOAuth: boolean }
  explain(path: string): MeantPath | undefined
}

/** @param server the owner of what belongs to no realm */
export function createKnownPaths<Owner>(server: Owner): KnownPaths<Owner> {
  const routes = createRoutePaths<Owner>()
  const explanations = createPathExplanations(routes)
  /** The paths in `routes` that a realm names, once more: they include the token endpoint, which is looked up for each token. */
  const byPath = new Map<string, Owner>()
  const byPrefix = new Map<string, Owner>()
  /** A path is looked up at its slashes up to here only: the caller chooses how many it has. */
  let maxPrefixLength = 0
  let atRoot = server
  /** Those that serve each path also with a slash at its end. */
  const slashIgnorers = new Set<Owner>()

  function addPrefix(prefix: string, owner: Owner): void {
    byPrefix.set(prefix, owner)
    maxPrefixLength = Math.max(maxPrefixLength, prefix.length)
  }

  return {
    addRealm({ places, ignoresTrailingSlash }, owner) {
      if (ignoresTrailingSlash) slashIgnorers.add(owner)
      for (const place of places) {
        const { prefix, paths, oauthPaths } = place
        for (const path of paths) {
          routes.getOrAdd(path, owner, oauthPaths.includes(path))
          byPath.set(path, owner)
        }
        if (prefix === '') atRoot = owner
        else addPrefix(prefix, owner)
        explanations.addPlace(place)
      }
    },
    addRoute(pattern, methods, owner) {
      const added = routes.getOrAdd(pattern, owner).methods
      // A part that could not be built adds its routes once more.
      added.push(...methods.filter((method) => !added.includes(method)))
      // What the server has, it has at the start. What a realm has belongs to it by its place, whether or not its app is built.
      if (owner === server) addPrefix(pattern.split('/:', 1)[0]!, server)
    },
    ownerOf(path) {
      const named = byPath.get(path) ?? (path.endsWith('/') ? byPath.get(path.slice(0, -1)) : undefined)
      if (named) return named
      const start = path.length > maxPrefixLength ? path.lastIndexOf('/', maxPrefixLength) : path.length
      for (let end = start; end > 0; end = path.lastIndexOf('/', end - 1)) {
        const owner = byPrefix.get(path.slice(0, end))
        if (owner) return owner
      }
      return atRoot
    },
    routeAt(target, owner) {
      const path = pathOf(target)
      const segments = (slashIgnorers.has(owner) && path.length > 1 ? path.replace(/\/$/, '') : path)
        .split('/', maxSegments + 1)
        .map(decode)
      const found = routes.findAlike(segments).filter((route) => route.owner === owner && isSpelledSo(route, segments))
      return { methods: [...new Set(found.flatMap(({ methods }) => methods))], isOAuth: found.some(({ isOAuth }) => isOAuth) }
    },
    explain: explanations.explain,
  }
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

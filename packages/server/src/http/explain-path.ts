// For an unknown path: the one that was probably meant and what differs. Never repeats the path of the request, and names no realm that
// the caller has not named in full: a part of the path of an issuer is not told from any other path, so nothing can be found out here that
// discovery does not tell. An explanation costs the same with one realm and with thousands.
import type { RealmPlace } from '../realms/realm-paths.ts'
import { isSpelledSo, type RoutePaths } from './route-paths.ts'

export interface MeantPath {
  /** One sentence. */
  readonly difference: string
  /** One sentence. */
  readonly remedy: string
  readonly isOAuth: boolean
  readonly isRealmUnknown?: true
}

interface PathExplanations {
  addPlace(place: RealmPlace): void
  explain(path: string): MeantPath | undefined
}

export function createPathExplanations(routes: Pick<RoutePaths<unknown>, 'findAlike'>): PathExplanations {
  /** And the aliases of realms. */
  const issuerPaths = new Set<string>()
  /** How many segments such a path has: few numbers, so that a long path is not compared at each of its slashes. */
  const issuerDepths = new Set<number>()
  /** What follows the path of the issuer in paths of realms, and whether that is an OAuth endpoint. */
  const endings = new Map<string, boolean>()

  function addPlace({ prefix, paths, oauthPaths }: RealmPlace): void {
    if (prefix === '') return
    for (const path of paths) if (path.startsWith(`${prefix}/`)) endings.set(path.slice(prefix.length), oauthPaths.includes(path))
    issuerPaths.add(prefix)
    issuerDepths.add(prefix.split('/').length - 1)
  }

  function explain(path: string): MeantPath | undefined {
    const { segments, differences } = normalize(path)
    const alike = routes.findAlike(segments)
    const meant = alike.find((route) => isSpelledSo(route, segments)) ?? alike[0]
    if (meant === undefined) return explainMissing(segments)
    if (!isSpelledSo(meant, segments)) differences.push('upper and lower case letters that differ')
    if (differences.length === 0) return undefined
    return {
      difference: `The path has ${differences.join(' and ')}.`,
      remedy: `Send the request to "${meant.template}".`,
      isOAuth: meant.isOAuth,
    }
  }

  /** Paths of a realm without the realm, below no realm, and with something in front. */
  function explainMissing(given: readonly string[]): MeantPath | undefined {
    if (given.length <= 2) return undefined
    const path = given.join('/')
    const found = endings
      .keys()
      .filter((ending) => path.endsWith(ending))
      .toArray()
    for (const ending of found) {
      const issuerPath = findIssuerAtEnd(path.slice(0, -ending.length))
      if (issuerPath === undefined) continue
      return {
        difference: 'The path has more in front than the path of the endpoint.',
        remedy: `Send the request to "${issuerPath}${ending}".`,
        isOAuth: endings.get(ending)!,
      }
    }
    const ending = found.toSorted((one, other) => other.length - one.length)[0]
    if (ending === undefined) return undefined
    const remedy = `Put the path of the realm in front, as in the issuer of your realm: "{realm}${ending}".`
    const isOAuth = endings.get(ending)!
    if (ending === path) return { difference: 'The path lacks the realm.', remedy, isOAuth }
    // The same whatever part of the path of an issuer it has.
    return { difference: 'The path does not begin with the path of a realm.', remedy, isOAuth, isRealmUnknown: true }
  }

  /** The path of an issuer that a longer path ends with. */
  function findIssuerAtEnd(path: string): string | undefined {
    const parts = path.split('/')
    return issuerDepths
      .values()
      .filter((depth) => parts.length - 1 > depth)
      .toArray()
      .toSorted((one, other) => other - one) // An alias may end with the path of the issuer.
      .map((depth) => `/${parts.slice(-depth).join('/')}`)
      .find((end) => issuerPaths.has(end))
  }

  return { addPlace, explain }
}

/** The path as it was probably meant, and what was in it besides. */
function normalize(path: string): { segments: string[]; differences: string[] } {
  const differences: string[] = []
  const note = (isSo: boolean, what: string) => void (isSo && differences.push(what))
  note(/%2f/i.test(path), 'a slash that is percent-encoded (%2F)')
  note(/%(?!2f|20)/i.test(path), 'percent-encoded characters')
  let text = decode(path)
  note(text.includes('\\'), 'a backslash')
  note(/\s/.test(text), 'white space')
  note(text.includes(';'), 'a semicolon and what follows it')
  text = text
    .replaceAll('\\', '/')
    .replace(/\s/g, '')
    .replace(/;[^/]*/g, '')
  const [, ...rest] = text.split('/')
  const isSlashAtEnd = rest.length > 1 && rest.at(-1) === ''
  const inner = isSlashAtEnd ? rest.slice(0, -1) : rest
  note(rest.length > 1 && inner.includes(''), 'two slashes in a row')
  note(inner.some(isDots), 'a segment "." or ".."')
  note(isSlashAtEnd, 'a slash at its end')
  const segments: string[] = []
  for (const segment of inner) {
    if (segment === '..') segments.pop()
    else if (segment !== '' && segment !== '.') segments.push(segment)
  }
  return { segments: ['', ...(segments.length > 0 ? segments : [''])], differences }
}

function isDots(segment: string): boolean {
  return segment === '.' || segment === '..'
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path // Answered with 400 by the framework.
  }
}

// The paths that this server serves, and for an unknown path the one that was probably meant and what differs. Never repeats the path
// of the request, and names no realm that the caller has not named in full: a part of the path of an issuer is not told from any other
// path, so nothing can be found out here that discovery does not tell. An explanation costs the same with one realm and with thousands.

interface KnownPath {
  /** As in the documentation: "/problems/{code}". */
  readonly template: string
  readonly segments: readonly string[]
  readonly isOAuth: boolean
}

export interface MeantPath {
  /** One sentence. */
  readonly difference: string
  /** One sentence. */
  readonly remedy: string
  readonly isOAuth: boolean
  readonly isRealmUnknown?: true
}

export interface KnownPaths {
  add(pattern: string, isOAuth: boolean): void
  /** The paths of a realm, all of them before it is mounted. @param issuerPath such as "/realms/nt24-idp" */
  addRealm(issuerPath: string, paths: readonly string[]): void
  explain(path: string): MeantPath | undefined
}

export function createKnownPaths(): KnownPaths {
  /** Paths without parameters by their spelling in lower case; static paths come first, as in the router. */
  const fixed = new Map<string, KnownPath>()
  const withParameters = new Map<string, KnownPath>()
  const issuerPaths = new Set<string>()
  /** How many segments such a path has: few numbers, so that a long path is not compared at each of its slashes. */
  const issuerDepths = new Set<number>()
  /** What follows the path of the issuer in paths of realms, and whether that is an OAuth endpoint. */
  const endings = new Map<string, boolean>()

  function add(pattern: string, isOAuth: boolean): void {
    const template = pattern.replace(/:(\w+)/g, '{$1}')
    const path = { template, segments: template.split('/'), isOAuth }
    if (template === pattern) fixed.set(template.toLowerCase(), path)
    else withParameters.set(template, path)
  }

  function addRealm(issuerPath: string, paths: readonly string[]): void {
    for (const path of paths) {
      const isOAuth = /\/(?:token|introspect|revoke)$/.test(path)
      add(path, isOAuth)
      if (issuerPath !== '' && path.startsWith(`${issuerPath}/`)) endings.set(path.slice(issuerPath.length), isOAuth)
    }
    if (issuerPath === '') return
    issuerPaths.add(issuerPath)
    issuerDepths.add(issuerPath.split('/').length - 1)
  }

  function find(segments: readonly string[]): KnownPath | undefined {
    const path = segments.join('/')
    const isSame = (one: KnownPath, spell: (text: string) => string) =>
      one.segments.length === segments.length &&
      one.segments.every((expected, at) => (isParameter(expected) ? segments[at] !== '' : spell(expected) === spell(segments[at]!)))
    const exactly = (text: string) => text
    const inAnyCase = (text: string) => text.toLowerCase()
    return (
      fixed.get(path.toLowerCase()) ??
      withParameters.values().find((one) => isSame(one, exactly)) ??
      withParameters.values().find((one) => isSame(one, inAnyCase))
    )
  }

  function explain(path: string): MeantPath | undefined {
    const { segments, differences } = normalize(path)
    const meant = find(segments)
    if (meant === undefined) return explainMissing(segments)
    const isSpelledSo = meant.segments.every((expected, at) => isParameter(expected) || expected === segments[at])
    if (!isSpelledSo) differences.push('upper and lower case letters that differ')
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
      .map((depth) => `/${parts.slice(-depth).join('/')}`)
      .find((end) => issuerPaths.has(end))
  }

  return { add, addRealm, explain }
}

function isParameter(segment: string): boolean {
  return segment.startsWith('{')
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
  note(inner.length > 1 && inner.includes(''), 'two slashes in a row')
  note(inner.some(isDots), 'a segment "." or ".."')
  note(isSlashAtEnd, 'a slash at its end')
  const segments: string[] = []
  for (const segment of inner) {
    if (segment === '..') segments.pop()
    else if (segment !== '' && segment !== '.') segments.push(segment)
  }
  return { segments: ['', ...segments], differences }
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

// The paths that this server serves, and for an unknown path the one that was probably meant and what differs. Never repeats the path
// of the request, and names no realm that the caller has not named. An explanation costs the same with one realm and with thousands.

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
}

export interface KnownPaths {
  add(pattern: string, isOAuth: boolean): void
  /** The paths of a realm, all of them before it is mounted. @param issuerPath such as "/realms/nt24-idp" */
  addRealm(issuerPath: string, oauthPaths: readonly string[], otherPaths: readonly string[]): void
  explain(path: string): MeantPath | undefined
}

export function createKnownPaths(): KnownPaths {
  /** Paths without parameters by their spelling in lower case; static paths come first, as in the router. */
  const fixed = new Map<string, KnownPath>()
  const withParameters = new Map<string, KnownPath>()
  const issuerPaths = new Set<string>()
  /** How many segments such a path has: few numbers, so that a long path is not compared at each of its slashes. */
  const issuerDepths = new Set<number>()
  /** Paths of issuers that lack one segment. */
  const partsOfIssuers = new Set<string>()
  /** What follows the path of the issuer in paths of realms, and whether that is an OAuth endpoint. */
  const endings = new Map<string, boolean>()

  function add(pattern: string, isOAuth: boolean): void {
    const template = pattern.replace(/:(\w+)/g, '{$1}')
    const path = { template, segments: template.split('/'), isOAuth }
    if (template === pattern) fixed.set(template.toLowerCase(), path)
    else withParameters.set(template, path)
  }

  function addRealm(issuerPath: string, oauthPaths: readonly string[], otherPaths: readonly string[]): void {
    for (const path of [...oauthPaths, ...otherPaths]) {
      const isOAuth = oauthPaths.includes(path)
      add(path, isOAuth)
      if (issuerPath !== '' && path.startsWith(`${issuerPath}/`)) endings.set(path.slice(issuerPath.length), isOAuth)
    }
    if (issuerPath === '') return
    issuerPaths.add(issuerPath)
    const parts = issuerPath.split('/')
    issuerDepths.add(parts.length - 1)
    for (let at = 1; at < parts.length; at++) partsOfIssuers.add(parts.toSpliced(at, 1).join('/'))
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

  /** Paths of a realm without the realm or a part of it, and paths with something in front. */
  function explainMissing(given: readonly string[]): MeantPath | undefined {
    if (given.length <= 2) return undefined
    const path = given.join('/')
    for (const [ending, isOAuth] of endings) {
      if (!path.endsWith(ending)) continue
      const before = path.slice(0, -ending.length)
      const remedy = `Put the path of the realm in front, as in the issuer of your realm: "{realm}${ending}".`
      if (before === '' || partsOfIssuers.has(before)) return { difference: 'The path lacks the realm or a part of it.', remedy, isOAuth }
      const parts = before.split('/')
      for (const depth of issuerDepths) {
        const issuerPath = `/${parts.slice(-depth).join('/')}`
        if (parts.length - 1 <= depth || !issuerPaths.has(issuerPath)) continue
        return {
          difference: 'The path has more in front than the path of the endpoint.',
          remedy: `Send the request to "${issuerPath}${ending}".`,
          isOAuth,
        }
      }
    }
    return undefined
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

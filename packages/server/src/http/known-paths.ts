// The paths that this server serves, and for an unknown path the one that was probably meant and what differs. Never repeats the path
// of the request, and names no realm that the caller has not named.

interface KnownPath {
  /** As in the documentation: "/problems/{code}". */
  readonly template: string
  readonly segments: readonly string[]
  readonly methods: Set<string>
  readonly isOAuth: boolean
}

export interface MeantPath {
  /** One sentence. */
  readonly difference: string
  /** One sentence. */
  readonly remedy: string
  readonly isOAuth: boolean
}

/** @param issuerPaths the paths of the issuers of all realms, such as "/realms/nt24-idp" */
export function createKnownPaths(issuerPaths: readonly string[]) {
  const known = new Map<string, KnownPath>()

  function add(pattern: string, methods: readonly string[], isOAuth: boolean): void {
    const template = pattern.replace(/:(\w+)/g, '{$1}')
    const path = known.get(template) ?? { template, segments: template.split('/'), methods: new Set(), isOAuth }
    for (const method of methods) path.methods.add(method)
    known.set(template, path)
  }

  function find(segments: readonly string[], isSame = (given: string, expected: string) => given === expected): KnownPath | undefined {
    // Static paths come first, as in the router.
    const candidates = [...known.values()].filter((path) => path.segments.length === segments.length)
    const fits = (path: KnownPath, allowsParameters: boolean) =>
      path.segments.every(
        (expected, at) => isSame(segments[at]!, expected) || (allowsParameters && isParameter(expected) && segments[at] !== ''),
      )
    return candidates.find((path) => fits(path, false)) ?? candidates.find((path) => fits(path, true))
  }

  function explain(path: string): MeantPath | undefined {
    const { segments, differences } = normalize(path)
    const exact = find(segments)
    const meant = exact ?? find(segments, (given, expected) => given.toLowerCase() === expected.toLowerCase())
    if (meant === undefined) return explainMissing(segments)
    if (exact === undefined) differences.push('upper and lower case letters that differ')
    if (differences.length === 0) return undefined
    return {
      difference: `The path has ${differences.join(' and ')}.`,
      remedy: `Send the request to "${meant.template}".`,
      isOAuth: meant.isOAuth,
    }
  }

  /** Paths of a realm without the realm or a part of it, and paths with something in front. */
  function explainMissing(given: readonly string[]): MeantPath | undefined {
    const path = given.join('/')
    for (const { template, isOAuth } of known.values()) {
      const issuerPath = issuerPaths.find((one) => one !== '' && template.startsWith(`${one}/`))
      if (issuerPath === undefined) continue
      const rest = template.slice(issuerPath.length)
      const parts = issuerPath.split('/')
      const lacking = parts.map((_, at) => parts.toSpliced(at, 1).join('/') + rest)
      const remedy = `Put the path of the realm in front, as in the issuer of your realm: "{realm}${rest}".`
      if (given.length > 2 && (path === rest || lacking.includes(path)))
        return { difference: 'The path lacks the realm or a part of it.', remedy, isOAuth }
      if (path.length > template.length && path.endsWith(template))
        return {
          difference: 'The path has more in front than the path of the endpoint.',
          remedy: `Send the request to "${template}".`,
          isOAuth,
        }
    }
    return undefined
  }

  return { add, find: (path: string) => find(path.split('/')), explain }
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

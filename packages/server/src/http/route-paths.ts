// The paths of routes, by which a path is found in upper and lower case letters alike, at the same cost with one realm and with thousands.

/** What one owner has at one path. */
interface RoutePath<Owner> {
  readonly owner: Owner
  /** As in the documentation: "/problems/{code}". */
  readonly template: string
  /** None of a route that is still to come. */
  readonly methods: string[]
  readonly isOAuth: boolean
}

export interface RoutePaths<Owner> {
  /** @param pattern such as "/problems/:code": each parameter is a whole segment */
  getOrAdd(pattern: string, owner: Owner, isOAuth?: boolean): RoutePath<Owner>
  /** Those that these segments match in any case. Names go before parameters, as in the router. */
  findAlike(segments: readonly string[]): RoutePath<Owner>[]
}

/** More than any pattern has: the caller chooses how many a path has. */
export const maxSegments = 32

export function createRoutePaths<Owner>(): RoutePaths<Owner> {
  /** By what is before their first parameter, in lower case. */
  const byBeginning = new Map<string, RoutePath<Owner>[]>()
  return {
    getOrAdd(pattern, owner, isOAuth = false) {
      const template = pattern.replace(/:(\w+)/g, '{$1}')
      const beginning = template.split('/{', 1)[0]!.toLowerCase()
      const there = byBeginning.get(beginning) ?? []
      byBeginning.set(beginning, there)
      const found = there.find((one) => one.template === template && one.owner === owner)
      if (found) return found
      const added = { owner, template, methods: [], isOAuth }
      there.push(added)
      return added
    },
    findAlike(segments) {
      if (segments.length > maxSegments) return []
      const names = segments.map(inAnyCase)
      return names.flatMap((_, at) => {
        const beginning = names.slice(0, names.length - at).join('/')
        return (byBeginning.get(beginning) ?? []).filter((route) => matches(route, names, inAnyCase))
      })
    },
  }
}

/** Whether the segments are those of the route letter by letter. */
export function isSpelledSo(route: Pick<RoutePath<unknown>, 'template'>, segments: readonly string[]): boolean {
  return matches(route, segments, (text) => text)
}

function matches({ template }: Pick<RoutePath<unknown>, 'template'>, names: readonly string[], spell: (text: string) => string): boolean {
  const expected = template.split('/')
  return (
    expected.length === names.length && expected.every((name, at) => (name.startsWith('{') ? names[at] !== '' : spell(name) === names[at]))
  )
}

function inAnyCase(text: string): string {
  return text.toLowerCase()
}

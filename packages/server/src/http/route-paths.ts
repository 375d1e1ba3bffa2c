// The paths of all routes as a tree of segments, to find out which methods a path has. The framework knows only whether one method has it.

export interface RoutePaths {
  /** @param pattern such as "/problems/:code": each parameter is a whole segment */
  add(pattern: string, methods: readonly string[]): void
  /** The methods of a request target, none if no route matches it. */
  methodsOf(target: string): ReadonlySet<string>
}

interface Segment {
  readonly named: Map<string, Segment>
  parameter: Segment | undefined
  readonly methods: Set<string>
}

/** More than any pattern has; the rest of a longer path cannot match. */
const maxSegments = 32

export function createRoutePaths(): RoutePaths {
  const root = createSegment()
  return {
    add(pattern, methods) {
      let segment = root
      for (const name of pattern.split('/'))
        if (name.startsWith(':')) segment = segment.parameter ??= createSegment()
        else segment = getOrAdd(segment.named, name)
      for (const method of methods) segment.methods.add(method)
    },
    methodsOf(target) {
      const methods = new Set<string>()
      collect(root, pathOf(target).split('/', maxSegments).map(decode), 0, methods)
      return methods
    },
  }
}

function createSegment(): Segment {
  return { named: new Map(), parameter: undefined, methods: new Set() }
}

function getOrAdd(named: Map<string, Segment>, name: string): Segment {
  const found = named.get(name) ?? createSegment()
  named.set(name, found)
  return found
}

/** Of all matching patterns: a path may be a name for one method, and the value of a parameter for another. */
function collect({ named, parameter, methods }: Segment, path: readonly string[], depth: number, found: Set<string>): void {
  const name = path[depth]
  if (name === undefined) return methods.forEach((method) => found.add(method))
  const next = named.get(name)
  if (next) collect(next, path, depth + 1, found)
  if (parameter && name !== '') collect(parameter, path, depth + 1, found)
}

/** The path of a request target, also of one in absolute form (RFC 9112 §3.2.2). */
export function pathOf(target: string): string {
  return target.replace(/^https?:\/\/[^/?#]*/i, '').split(/[?#]/, 1)[0] ?? ''
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

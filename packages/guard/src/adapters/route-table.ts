// A table of routes by method and template, such as `GET /v1/partners/{sellerId}/orders` and `GET /docs/**`. Paths are compared as they are
// sent, so another spelling of a path is no route; the value of a parameter is decoded once.

import { refuseOtherSyntax } from './path-template.ts'

export interface TableRoute<Entry> {
  readonly method: string
  readonly template: string
  readonly paramNames: readonly string[]
  readonly entry: Entry
}

export type TableMatch<Entry> =
  | { readonly route: TableRoute<Entry>; readonly params: Readonly<Record<string, string>> }
  /** The methods that the path has; none if no route has the path. */
  | { readonly route: undefined; readonly allowed: readonly string[] }

export interface RouteTable<Entry> {
  readonly routes: readonly TableRoute<Entry>[]
  match(method: string, url: string): TableMatch<Entry>
}

interface Row<Entry> extends TableRoute<Entry> {
  readonly segments: readonly Segment[]
}

/** `name` of a parameter, `isRest` of `**`, which is what is left of the path, nothing included. */
interface Segment {
  readonly text: string
  readonly name?: string
  readonly isRest?: true
}

const written = /^([A-Z]+) (\/\S*)$/
const param = /^\{([A-Za-z_]\w*)\}$/

/**
 * @param isOpen whether the entry leaves its route open
 * @throws TypeError for a malformed route, for two that may be meant by one path, and for an open one that contains a guarded one
 */
export function createRouteTable<Entry>(
  entries: readonly (readonly [route: string, entry: Entry])[],
  isOpen: (entry: Entry) => boolean,
): RouteTable<Entry> {
  const rows = entries.map(([route, entry]) => readRow(route, entry))
  for (const one of rows) for (const other of rows) if (one !== other) refuseUnclear(one, other, isOpen)
  // Of two that a path may mean, the narrower one is first.
  rows.sort((one, other) => (widthOf(one) < widthOf(other) ? -1 : 1))
  const byMethod = new Map<string, Row<Entry>[]>()
  for (const row of rows) byMethod.set(row.method, [...(byMethod.get(row.method) ?? []), row])

  function find(method: string, path: string): TableMatch<Entry> | undefined {
    for (const route of byMethod.get(method) ?? []) {
      const params = readParams(route.segments, path)
      if (params) return { route, params }
    }
    return method === 'HEAD' ? find('GET', path) : undefined
  }

  return {
    routes: rows,
    match(method, url) {
      const path = readPath(url)
      if (path === undefined) return { route: undefined, allowed: [] }
      return find(method, path) ?? { route: undefined, allowed: Array.from(byMethod.keys()).filter((each) => find(each, path)) }
    },
  }
}

function readRow<Entry>(route: string, entry: Entry): Row<Entry> {
  const [, method, template] = written.exec(route) ?? []
  if (method === undefined || template === undefined)
    throw new TypeError(`The route ${JSON.stringify(route)} is not a method and a template, such as "GET /v1/partners/{sellerId}/orders"`)
  refuseOtherSyntax(template, `The route ${route}`)
  const parts = template.split('/').slice(1)
  const segments = parts.map((text, at): Segment => {
    const [, name] = param.exec(text) ?? []
    if (name !== undefined) return { text, name }
    if (text === '**' && at === parts.length - 1) return { text, isRest: true }
    if (/[{}*?#%\\]|^\.\.?$/.test(text) || (text === '' && parts.length > 1))
      throw new TypeError(`The route ${route}: "${text}" is neither a segment as it is sent, nor "{name}", nor "**" at the end`)
    return { text }
  })
  const paramNames = segments.flatMap(({ name }) => name ?? [])
  if (new Set(paramNames).size < paramNames.length) throw new TypeError(`The route ${route} has a parameter twice`)
  return { method, template, paramNames, entry, segments }
}

/** Sorts by the first segment in which two overlapping templates differ: a text, a parameter, the rest. */
function widthOf({ segments }: Row<unknown>): string {
  return segments.map(({ name, isRest }) => (isRest ? '2' : name === undefined ? '0' : '1')).join('')
}

/** Some parser between the caller and the handler may spell a path in another way: of two routes for it, the wider must not be the open one. */
function refuseUnclear<Entry>(one: Row<Entry>, other: Row<Entry>, isOpen: (entry: Entry) => boolean): void {
  const answers = (row: Row<Entry>) => (row.method === 'GET' ? ['GET', 'HEAD'] : [row.method])
  if (!answers(one).some((method) => answers(other).includes(method)) || !overlap(one.segments, other.segments)) return
  const [first, second] = [one, other].map(({ method, template }) => `${method} ${template}`)
  const [contains, isContained] = [covers(one.segments, other.segments), covers(other.segments, one.segments)]
  if (one.method === other.method && contains === isContained)
    throw new TypeError(`The routes ${first} and ${second} are for the same paths, and neither is narrower`)
  if (contains && isOpen(one.entry) && !isOpen(other.entry))
    throw new TypeError(`The route ${first} is public, and contains ${second}, which is guarded`)
}

function overlap(one: readonly Segment[], other: readonly Segment[]): boolean {
  const [head, ...tail] = one
  const [otherHead, ...otherTail] = other
  if (head?.isRest || otherHead?.isRest) return true
  if (!head || !otherHead) return head === otherHead
  const isSame = head.name !== undefined || otherHead.name !== undefined || head.text === otherHead.text
  return isSame && overlap(tail, otherTail)
}

/** Whether every path of the narrow one is one of the wide one. */
function covers(wide: readonly Segment[], narrow: readonly Segment[]): boolean {
  const [head, ...tail] = wide
  const [narrowHead, ...narrowTail] = narrow
  if (head?.isRest) return true
  if (!head || !narrowHead || narrowHead.isRest) return head === narrowHead
  const isSame = head.name !== undefined || (narrowHead.name === undefined && head.text === narrowHead.text)
  return isSame && covers(tail, narrowTail)
}

/** What ends a path, or some parser would read as another path. */
const special = /[?#%\\\0]|\/\./

/**
 * The path as it was sent. `undefined` for what some parser would read as another path: dot segments, an encoded slash or backslash, NUL, an
 * encoding that is none, a fragment, which no request has (RFC 9112 §3.2) but a URL of `fetch` may.
 */
function readPath(url: string): string | undefined {
  const target = url.startsWith('/') ? url : withoutOrigin(url)
  if (!target.startsWith('/')) return undefined
  // Nearly always there is nothing of the kind, and one pass is enough.
  if (!special.test(target)) return target
  const end = target.search(/[?#]/)
  const path = end < 0 ? target : target.slice(0, end)
  if (target[end] === '#' && target === url) return undefined
  return !/[%\\\0]|\/\./.test(path) || path.slice(1).split('/').every(isClear) ? path : undefined
}

/** Sticky, because it then tells where the origin ends without a copy of it. */
const origin = /[a-z][a-z0-9+.-]*:\/\/[^/?#]*/iy

/** A URL without a path, such as `https://api.example.com?x=1`, means `/`. */
function withoutOrigin(url: string): string {
  origin.lastIndex = 0
  if (!origin.test(url)) return url
  const rest = url.slice(origin.lastIndex)
  return rest.startsWith('/') ? rest : `/${rest}`
}

function isClear(segment: string): boolean {
  const decoded = decode(segment)
  return decoded !== undefined && !/[/\\\0]|^\.\.?(?:;|$)/.test(decoded)
}

function decode(segment: string): string | undefined {
  if (!segment.includes('%')) return segment
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}

/** Its objects inherit nothing, so that a parameter may have any name. `Object.create(null)` makes what is slow to fill and to read. */
const Params = function Params() {} as unknown as new () => Record<string, string>
Params.prototype = Object.freeze(Object.create(null))

function readParams(segments: readonly Segment[], path: string): Readonly<Record<string, string>> | undefined {
  let params: Record<string, string> | undefined
  let at = 1
  for (const { text, name, isRest } of segments) {
    if (isRest) return params ?? new Params()
    if (at > path.length) return undefined
    const slash = path.indexOf('/', at)
    const end = slash < 0 ? path.length : slash
    if (name === undefined) {
      if (end - at !== text.length || !path.startsWith(text, at)) return undefined
    } else {
      if (at === end) return undefined
      params ??= new Params()
      params[name] = decode(path.slice(at, end)) as string
    }
    at = end + 1
  }
  return at > path.length ? (params ?? new Params()) : undefined
}

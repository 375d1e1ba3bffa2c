// The template of a route: segments that must be equal, "{name}" for one segment that is not empty, and "/**" at the end for one or more.
// Two templates are compared by the paths that both match, so that no order of the table decides.
import { reportLimits } from '@countersign/protocol'

export type TemplatePart = { readonly literal: string } | { readonly param: string }

export interface RouteTemplate {
  readonly text: string
  readonly parts: readonly TemplatePart[]
  /** Whether it ends with "/**". */
  readonly isOpen: boolean
  readonly paramNames: readonly string[]
}

/** @throws RouteTemplateError */
export function parseTemplate(text: string): RouteTemplate {
  if (!text.startsWith('/')) refuse('a path that begins with "/"')
  if (text.length > reportLimits.routeLength) refuse(`a path of at most ${reportLimits.routeLength} characters`)
  const isOpen = text.endsWith('/**')
  const own = isOpen ? text.slice(0, -3) : text
  const segments = own === '' ? [] : own.slice(1).split('/')
  const parts = segments.map((segment, at) => parsePart(segment, at === segments.length - 1 && !isOpen))
  const paramNames = parts.flatMap((part) => ('param' in part ? [part.param] : []))
  const repeated = paramNames.find((name, at) => paramNames.indexOf(name) !== at)
  if (repeated !== undefined) refuse(`each parameter once; "{${repeated}}" is there twice`)
  return { text, parts, isOpen, paramNames }
}

/** The message completes "expected …". */
export class RouteTemplateError extends Error {
  override name = 'RouteTemplateError'
}

function refuse(expected: string): never {
  throw new RouteTemplateError(expected)
}

const param = /^\{([A-Za-z][A-Za-z0-9_]{0,63})\}$/

function parsePart(segment: string, isLast: boolean): TemplatePart {
  if (segment === '' && !isLast) refuse('no empty segment ("//")')
  const [, name] = param.exec(segment) ?? []
  if (name !== undefined) return { param: name }
  if (segment.startsWith(':')) refuse(`"{${segment.slice(1) || 'name'}}" in place of "${segment}"`)
  if (/[{}]/.test(segment)) refuse('a parameter that is a whole segment, such as "{sellerId}": a letter, then letters, digits and "_"')
  if (segment.includes('*')) refuse('"*" only in "/**" at the end, which stands for everything below')
  if (segment === '.' || segment === '..') refuse('no segment "." or ".."')
  if (!/^[A-Za-z0-9._~!$&'()+,=:@-]*$/.test(segment))
    refuse('only letters, digits and -._~!$&\'()+,=:@ in a segment; no query, no "%" and no ";"')
  return { literal: segment }
}

/** Of the paths of `a` and `b`: none in common, the same, those of `a` among those of `b`, the other way round, or only some in common. */
export type Relation = 'apart' | 'same' | 'inside' | 'around' | 'crossing'

export function relate(a: Matched, b: Matched): Relation {
  const narrower = { a: false, b: false }
  for (let at = 0; ; at++) {
    const [ofA, ofB] = [a.parts[at], b.parts[at]]
    if (ofA === undefined || ofB === undefined) return relateEnds(a, b, at, narrower)
    if ('param' in ofA && 'param' in ofB) continue
    if ('literal' in ofA && 'literal' in ofB) {
      if (ofA.literal !== ofB.literal) return 'apart'
      continue
    }
    // A parameter is never empty.
    if (('literal' in ofA && ofA.literal === '') || ('literal' in ofB && ofB.literal === '')) return 'apart'
    if ('literal' in ofA) narrower.a = true
    else narrower.b = true
  }
}

/** What decides which paths match. */
type Matched = Pick<RouteTemplate, 'parts' | 'isOpen'>

/** One of them, or both, have no part at this place. */
function relateEnds(a: Matched, b: Matched, at: number, narrower: { a: boolean; b: boolean }): Relation {
  const [hasA, hasB] = [a.parts.length > at, b.parts.length > at]
  if (!hasA && !hasB) {
    if (a.isOpen !== b.isOpen) return 'apart' // "/**" needs one more segment.
  } else if (hasA) {
    if (!b.isOpen) return 'apart'
    narrower.a = true
  } else {
    if (!a.isOpen) return 'apart'
    narrower.b = true
  }
  if (narrower.a && narrower.b) return 'crossing'
  if (narrower.a) return 'inside'
  return narrower.b ? 'around' : 'same'
}

// Paths that a server may take for those of a narrower route than the one that decides: many ignore the letter case, a slash, a dot or a blank at
// the end, a blank before it, or what comes after a dot ("/orders.json"). Without this, "/v1/ADMIN" would need only what "/v1/{name}" requires,
// and "/v1/admin", which may be "/v1/admin/", not what "/v1/admin/**" does.
import { createRouteTree } from './route-tree.ts'
import { relate, type RouteTemplate } from './route-template.ts'

/** Returns whether a narrower template than `decides` looks like the path. */
export type LookalikeFinder = (decides: RouteTemplate, segments: readonly string[]) => boolean

export function createLookalikeFinder(templates: readonly RouteTemplate[]): LookalikeFinder {
  const tree = createRouteTree<Shape>()
  for (const template of templates) {
    const shape = shapeOf(template)
    tree.getOrAdd(shape, () => shape)
  }
  const literals = templates.flatMap(({ parts }) => parts).flatMap((part) => ('param' in part ? [] : [part.literal.length]))
  const longest = literals.reduce((most, length) => Math.max(most, length), 0)

  return (decides, segments) => {
    const shape = shapeOf(decides)
    const path = foldedPath(segments)
    // All templates of the path also match it here, so that another one is a narrower one.
    if ((tree.find(path) ?? shape).text !== shape.text) return true
    const below = tree.find([...path, ''])
    if (below?.isOpen && below.parts.length === path.length && relate(baseOf(below), shape) === 'inside') return true
    const last = path.at(-1) ?? ''
    const cut = [...path]
    // "list.json.xml" may be "list.json" or "list". No literal is as long as what is before a later dot.
    for (let dot = last.indexOf('.'); dot >= 0 && dot <= longest; dot = last.indexOf('.', dot + 1)) {
      cut[cut.length - 1] = last.slice(0, dot)
      const withoutEnding = tree.find(cut)
      if (withoutEnding !== undefined && relate(withoutEnding, shape) === 'inside') return true
    }
    return false
  }
}

/** Of which `text` is equal for templates that only differ in what servers may ignore, or in the names of parameters. */
type Shape = Pick<RouteTemplate, 'text' | 'parts' | 'isOpen'>

/** Of "/v1/admin/**", the path "/v1/admin". */
export function baseOf({ parts }: Pick<RouteTemplate, 'parts'>): Pick<RouteTemplate, 'parts' | 'isOpen'> {
  return { parts, isOpen: false }
}

const shapes = new WeakMap<RouteTemplate, Shape>()

export function shapeOf(template: RouteTemplate): Shape {
  let shape = shapes.get(template)
  if (!shape) shapes.set(template, (shape = toShape(template)))
  return shape
}

function toShape({ parts: given, isOpen }: RouteTemplate): Shape {
  const all = given.map((part) => ('param' in part ? part : { literal: fold(part.literal) }))
  const last = all.at(-1)
  const parts = last && 'literal' in last && last.literal === '' ? all.slice(0, -1) : all
  const text = parts.map((part) => ('param' in part ? '/{}' : `/${part.literal}`)).join('') + (isOpen ? '/**' : '')
  return { text, parts, isOpen }
}

function foldedPath(segments: readonly string[]): readonly string[] {
  const path = segments.map(fold)
  return path.at(-1) === '' ? path.slice(0, -1) : path
}

function fold(segment: string): string {
  if (/^[a-z0-9_-]*$/.test(segment)) return segment
  const plain = /[^\0-\x7f]/.test(segment) ? withoutForms(segment) : segment
  return withoutEnd(plain.toLowerCase().trimStart())
}

/**
 * Both kinds of "i" of Turkish are an "i" where case is ignored by other rules: of Java, of Python. Characters that are not seen are left out by
 * some file systems and databases.
 */
function withoutForms(segment: string): string {
  const seen = segment.replace(/\p{Default_Ignorable_Code_Point}/gu, '')
  return seen.normalize('NFKC').toUpperCase().replaceAll('\u0130', 'I')
}

/** By hand: an expression would take quadratic time for thousands of dots before another character. */
function withoutEnd(segment: string): string {
  let end = segment.length
  while (end > 0 && /[.\s]/.test(segment[end - 1]!)) end--
  return segment.slice(0, end)
}

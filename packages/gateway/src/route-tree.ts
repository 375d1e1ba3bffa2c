// Values by templates: the one of the narrowest template that matches a path. Where two templates differ first, a literal is narrower than a
// parameter, and both are narrower than "/**".
import type { RouteTemplate } from './route-template.ts'

export interface RouteTree<Value> {
  /** @param make makes the value of a template that is new */
  getOrAdd(template: Pick<RouteTemplate, 'parts' | 'isOpen'>, make: () => Value): Value
  find(segments: readonly string[]): Value | undefined
}

interface Node<Value> {
  readonly literals: Map<string, Node<Value>>
  param: Node<Value> | undefined
  /** Of the template that ends here, and of the one that ends with "/**" here. */
  exact: Value | undefined
  open: Value | undefined
}

export function createRouteTree<Value>(): RouteTree<Value> {
  const root = newNode<Value>()
  return {
    getOrAdd({ parts, isOpen }, make) {
      let node = root
      for (const part of parts) node = 'param' in part ? (node.param ??= newNode()) : literalOf(node, part.literal)
      return (node[isOpen ? 'open' : 'exact'] ??= make())
    },
    find: (segments) => findIn(root, segments, 0),
  }
}

function newNode<Value>(): Node<Value> {
  return { literals: new Map(), param: undefined, exact: undefined, open: undefined }
}

function literalOf<Value>(node: Node<Value>, literal: string): Node<Value> {
  const next = node.literals.get(literal) ?? newNode()
  node.literals.set(literal, next)
  return next
}

function findIn<Value>(node: Node<Value>, segments: readonly string[], at: number): Value | undefined {
  if (at === segments.length) return node.exact
  const segment = segments[at]!
  const literal = node.literals.get(segment)
  const found = literal && findIn(literal, segments, at + 1)
  if (found !== undefined) return found
  const byParam = segment === '' || !node.param ? undefined : findIn(node.param, segments, at + 1)
  return byParam ?? node.open
}

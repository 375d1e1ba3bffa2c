// No import cycles among the files of a package: a reader can start at a file and read only downwards. Type imports count, because a
// reader follows them too. The server's folders have their own rule in floors.test.ts.
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { importsOf, productCode, root, type SourceFile } from './source-tree.ts'

type Graph = ReadonlyMap<string, readonly string[]>

function graphOf(files: readonly SourceFile[]): Graph {
  const specifiers = (text: string) => importsOf(text).filter((specifier) => specifier.startsWith('.'))
  return new Map(files.map(({ path, text }) => [path, specifiers(text).map((specifier) => join(dirname(path), specifier))]))
}

/** The first cycle, as the files in the order in which they import each other; `undefined` if there is none. */
function findCircle(graph: Graph): readonly string[] | undefined {
  const finished = new Set<string>()
  const trail: string[] = []
  function visit(path: string): readonly string[] | undefined {
    if (finished.has(path)) return undefined
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path]
    trail.push(path)
    for (const target of graph.get(path) ?? []) {
      const circle = visit(target)
      if (circle) return circle
    }
    trail.pop()
    finished.add(path)
    return undefined
  }
  for (const path of graph.keys()) {
    const circle = visit(path)
    if (circle) return circle
  }
  return undefined
}

const packages = readdirSync(join(root, 'packages')).filter((name) => name !== 'server')
for (const name of packages) {
  test(`no file of packages/${name}/src imports itself through other files`, () => {
    const files = productCode.filter(({ path }) => path.startsWith(`packages/${name}/src/`))
    assert.notEqual(files.length, 0)
    assert.equal(findCircle(graphOf(files))?.join('\n  imports '), undefined)
  })
}

const source = (path: string, ...targets: string[]): SourceFile => ({
  path,
  text: targets.map((target) => `import type { A } from '${target}'\n`).join(''),
})

test('a cycle is found, through type imports and across folders too, and printed without the files that lead to it', () => {
  const graph = graphOf([source('a/1.ts', './2.ts'), source('a/2.ts', './b/3.ts'), source('a/b/3.ts', 'node:fs', '../2.ts')])
  assert.deepEqual(findCircle(graph), ['a/2.ts', 'a/b/3.ts', 'a/2.ts'])
})

test('two paths to one file are not a cycle', () => {
  const graph = graphOf([source('a/1.ts', './2.ts', './3.ts'), source('a/2.ts', './4.ts'), source('a/3.ts', './4.ts'), source('a/4.ts')])
  assert.equal(findCircle(graph), undefined)
})

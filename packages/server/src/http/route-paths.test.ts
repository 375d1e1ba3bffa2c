import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRoutePaths } from './route-paths.ts'

function aTree() {
  const paths = createRoutePaths()
  paths.add('/', ['GET'])
  paths.add('/a/:id', ['GET'])
  paths.add('/a/b', ['POST'])
  paths.add('/a/:id/c', ['DELETE'])
  return (target: string) => [...paths.methodsOf(target)]
}

for (const [target, methods] of [
  ['/', ['GET']],
  ['/a/x', ['GET']],
  ['/a/b', ['POST', 'GET']],
  ['/a/b/c', ['DELETE']],
  ['/%61/x?y=/z#/', ['GET']],
  ['/a/x%2Fc', ['GET']],
  ['/a/%zz', ['GET']],
  ['http://example.com/a/b/c', ['DELETE']],
  ['/a/', []],
  ['/a', []],
  ['/a/x/c/', []],
  ['//a/x', []],
  ['*', []],
  ['/__proto__', []],
  [`/a/x/${'c/'.repeat(4000)}`, []],
] as const) {
  test(`fault 7.8: the methods of ${target.slice(0, 30)} are ${methods.join(', ') || 'none'}`, () => {
    assert.deepEqual(aTree()(target), methods)
  })
}

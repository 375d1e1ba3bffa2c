import assert from 'node:assert/strict'
import { test } from 'node:test'
import { code, importsOf } from './source-tree.ts'

test('the list of files contains this file, and no installed or built file', () => {
  const paths = code.map(({ path }) => path)
  assert.ok(paths.includes('safety/source-tree.test.ts'))
  assert.ok(!paths.some((path) => /(?:^|\/)(?:node_modules|dist)\//.test(path)))
})

const module = 'found'
const statements = {
  'an import': `import { a } from '${module}'`,
  'an import over several lines': `import {\n  a,\n} from '${module}'`,
  'an import of types': `import type { A } from "${module}"`,
  'an import for its effect': `import '${module}'`,
  'a dynamic import': `await import('${module}')`,
  'a type in place': `let a: import('${module}').A`,
  'a re-export': `export * from '${module}'`,
}
for (const [what, text] of Object.entries(statements)) {
  test(`${what} counts as an import`, () => {
    assert.deepEqual(importsOf(text), [module])
  })
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tree } from './source-tree.ts'

const textOf = (path: string) => tree.find((file) => file.path === path)?.text ?? ''

test('every JSON file in docs is written by the generator and compared by the check', () => {
  const documents = tree.map(({ path }) => path).filter((path) => /^docs\/.*\.json$/.test(path))
  assert.ok(documents.length >= 2)
  for (const path of documents) assert.ok(textOf('scripts/generate.ts').includes(`write('${path}'`), path)
  assert.ok(textOf('scripts/check.ts').includes("'docs/*.json'"))
})

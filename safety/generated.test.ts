import assert from 'node:assert/strict'
import { test } from 'node:test'
import { peersSummary, peersTables, withPeersTable, type PeersResult } from '../bench/src/peers/peers-markdown.ts'
import { operationTables } from '../scripts/operation-tables.ts'
import { tree } from './source-tree.ts'

const textOf = (path: string) => tree.find((file) => file.path === path)?.text ?? ''

test('every JSON file in docs is written by the generator and compared by the check', () => {
  const documents = tree.map(({ path }) => path).filter((path) => /^docs\/.*\.json$/.test(path))
  assert.ok(documents.length >= 2)
  for (const path of documents) assert.ok(textOf('scripts/generate.ts').includes(`write('${path}'`), path)
  assert.ok(textOf('scripts/check.ts').includes("'docs/*.json'"))
})

test('the tables of peers are those of the last measurement', () => {
  const peers = JSON.parse(textOf('bench/results/peers.json')) as PeersResult
  for (const [path, table] of [
    ['bench/README.md', peersTables(peers)],
    ['README.md', peersSummary(peers)],
  ] as const)
    assert.equal(withPeersTable(textOf(path), table), textOf(path), 'Run scripts/generate.ts')
})

for (const [path, text] of Object.entries(operationTables))
  test(`${path} has the operations as they are`, () => {
    assert.equal(textOf(path), text, 'Run scripts/generate.ts')
  })

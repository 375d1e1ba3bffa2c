// Every command and option that a document names exists.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { findUnknown } from './unknown-words.fixture.ts'

const root = join(import.meta.dirname, '..', '..', '..')
const documents = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
  ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}/README.md`),
]

/** Calls of the command in blocks and in spans of code, each up to where another program begins. */
function callsIn(document: string): string[] {
  const text = readFileSync(join(root, document), 'utf8').replaceAll('\\\n', ' ').replaceAll('$(', '; ')
  const blocks = [...text.matchAll(/^```(?:sh|bash|text)\n([^]*?)^```$|^ {4}(\S.*)$/gm)].flatMap(([, block, line]) =>
    (block ?? line ?? '').split('\n'),
  )
  const spans = [...text.replaceAll(/^```[^]*?^```$/gm, '').matchAll(/`([^`]+)`/g)].map(([, span = '']) => span.replaceAll(/\s+/g, ' '))
  return [...blocks, ...spans].flatMap((line) =>
    [...line.matchAll(/(?<!role |database )\bcountersign ([a-z][^|;&)"…]*)/g)].map(([, call = '']) => call.trim()),
  )
}

for (const document of documents) {
  test(`every command and option in ${document} exists`, () => {
    const unknown = callsIn(document).map((call) => [findUnknown(call), call])
    assert.deepEqual(
      unknown.filter(([what]) => what !== undefined),
      [],
    )
  })
}

test('a command and an option that do not exist are found', () => {
  assert.equal(findUnknown('audit serch --by ci'), 'serch')
  assert.equal(findUnknown('audit search --bye ci'), '--bye')
  assert.ok(callsIn('docs/incidents.md').length > 20)
})

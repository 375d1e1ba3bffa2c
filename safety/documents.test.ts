import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathsWith, root, tree } from './source-tree.ts'

/** What a path in ARCHITECTURE.md is relative to: the root of the project, or the package that its walk is in. */
const bases = [
  '',
  'packages/server/src',
  'packages/guard/src',
  'packages/gateway/src',
  'packages/client/src',
  'packages/cli/src',
  'packages/web/src',
]

test('every path in ARCHITECTURE.md exists', () => {
  const text = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8')
  const topLevel = new Set(tree.map(({ path }) => path.split('/')[0]))
  const isPath = (span: string) =>
    topLevel.has(span.split('/')[0]) || /^[\w/-]+\.(?:ts|mjs|json|md|ya?ml)$/.test(span) || /^\w.*\/$/.test(span)
  const codeSpans = [...text.matchAll(/`([\w.@*/-]+)`/g)].map((match) => match[1] ?? '')
  const linkTargets = [...text.matchAll(/\]\(([\w.@/-]+)(?:#[^)]*)?\)/g)].map((match) => match[1] ?? '')
  const paths = [...codeSpans.filter(isPath), ...linkTargets]
  assert.notEqual(paths.length, 0)
  assert.deepEqual(
    paths.filter((path) => bases.every((base) => globSync(join(base, path), { cwd: root }).length === 0)),
    [],
  )
})

const tiedToOneMachine = {
  'the host of a package registry': /\bregistry\.[\w-]+\.[a-z]|\bregistry *= *https?:|"resolved": *"https?:/,
  'the home folder of a user': /\/(?:home|Users|root)\/\w|[A-Z]:\\+Users\\/,
}
for (const [what, pattern] of Object.entries(tiedToOneMachine)) {
  test(`no file names ${what}`, () => {
    assert.deepEqual(pathsWith(pattern, tree), [])
  })
}

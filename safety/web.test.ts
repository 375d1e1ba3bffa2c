// The pages in the browser: those of operators and those of integrators are two programs.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { code, importsOf } from './source-tree.ts'

const sources = 'packages/web/src'

/** The program that a file belongs to: a change of one must not reach the other. */
function partOf(path: string): string | undefined {
  return ['console', 'portal', 'shared'].find((part) => path.startsWith(`${sources}/${part}/`))
}

const imports = code
  .filter(({ path }) => path.startsWith(`${sources}/`))
  .flatMap(({ path, text }) =>
    importsOf(text)
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier) => ({ path, from: partOf(path), to: partOf(join(path, '..', specifier)) })),
  )

test('console and portal never import each other, and what they share imports neither', () => {
  assert.deepEqual(
    imports.filter(({ from, to }) => to !== from && to !== 'shared'),
    [],
  )
})

test('both have what they share', () => {
  for (const part of ['console', 'portal'])
    assert.ok(
      imports.some(({ from, to }) => from === part && to === 'shared'),
      part,
    )
})

test('the portal does not name operators', () => {
  const ofPortal = code.filter(({ path }) => path.startsWith(`${sources}/portal/`) && path.endsWith('.tsx'))
  assert.deepEqual(
    ofPortal
      .filter(({ text }) =>
        /[>'"` ]operators?\b(?!['"]?:)/.test(text.replaceAll(/\/\/.*|\/\*[\s\S]*?\*\//g, '').replaceAll(/'operator'/g, '')),
      )
      .map(({ path }) => path),
    [],
  )
})

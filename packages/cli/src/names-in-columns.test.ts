import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestDemo } from './demo.fixture.ts'
import { putNamesInColumns } from './names-in-columns.ts'
import { callCommand } from './process.fixture.ts'

const names = Array.from({ length: 14 }, (_, index) => `kind.${String(index).padStart(2, '0')}`)

test('many names are put in columns of the width, in their order; what is around them stays', () => {
  assert.equal(
    putNamesInColumns(`--kind: there is no "x". Otherwise expected one of ${names.join(', ')}.`, 30),
    `--kind: there is no "x". Otherwise expected one of
  kind.00  kind.05  kind.10
  kind.01  kind.06  kind.11
  kind.02  kind.07  kind.12
  kind.03  kind.08  kind.13
  kind.04  kind.09`,
  )
})

test('a few names stay in the line', () => {
  const few = '--order: expected one of newest, oldest'
  assert.equal(putNamesInColumns(few, 20), few)
})

test('an unknown kind of event: no line is longer than a terminal, and a kind that is near comes first', async () => {
  await startTestDemo()
  const { exitCode, stderr } = await callCommand(['audit', 'search', '--kind', 'nonsense'])
  assert.equal(exitCode, 2)
  assert.match(stderr, /^Error: --kind: expected one of\n {2}\w/)
  assert.ok(
    stderr.split('\n').every((line) => line.length <= 100),
    stderr,
  )
  const near = await callCommand(['audit', 'search', '--kind', 'organizations.creat'])
  assert.match(
    near.stderr,
    /^Error: --kind: there is no "organizations\.creat", did you mean "organizations\.create"\? Otherwise expected one of\n/,
  )
})

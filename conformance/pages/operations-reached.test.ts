// Every operation of the table is used by a page, or stands here with the reason why none does.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { OperationName } from '@countersign/admin'
import { table } from '@countersign/admin/table'

const exceptions: { readonly [Name in OperationName]?: string } = {}

const sources = join(import.meta.dirname, '../../packages/web/src')
const written = globSync('**/*.{ts,tsx}', { cwd: sources, exclude: ['**/*.test.ts'] })
  .map((file) => readFileSync(join(sources, file), 'utf8'))
  .join('\n')

test('every operation is reached from a page, or has a reason not to be', () => {
  const names = Object.keys(table) as OperationName[]
  assert.deepEqual(
    names.filter((name) => !written.includes(`'${name}'`) && !written.includes(`"${name}"`) && exceptions[name] === undefined),
    [],
  )
})

test('no operation that a page uses stands among the exceptions', () => {
  const names = Object.keys(exceptions) as OperationName[]
  assert.deepEqual(
    names.filter((name) => written.includes(`'${name}'`) || written.includes(`"${name}"`)),
    [],
  )
})

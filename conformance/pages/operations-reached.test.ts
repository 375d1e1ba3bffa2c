// Every operation of the table is used by a page, or stands here with the reason why none does.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { OperationName } from '@countersign/admin'
import { table } from '@countersign/admin/table'

const fromShell = 'the pepper is a file of each server: a new version begins in a shell, with the guide beside it'

const exceptions: { readonly [Name in OperationName]?: string } = {
  'requestors.get': 'the list has the whole requestor',
  'claimSets.list': 'a client names its claim set; the command lists the sets',
  'pepper.get': fromShell,
  'pepper.clients': fromShell,
  'pepper.retire': fromShell,
  'audit.get': 'the list of the audit log has the whole event',
  'me.get': 'the session says the same of who has signed in',
  'organizations.due': 'the summary of a realm has what is due',
}

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

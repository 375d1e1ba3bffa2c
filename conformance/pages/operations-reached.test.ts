// Every operation of the table is used by a page of the console, and every one of the portal by a page there, or stands here with the reason
// why none does.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { OperationName } from '@countersign/admin'
import { table, type OperationRow } from '@countersign/admin/table'

type Exceptions = { readonly [Name in OperationName]?: string }

const fromShell = 'the pepper is a file of each server: a new version begins in a shell, with the guide beside it'
const byCommand = 'claim sets are few: a client names its own, and "countersign claim-set" lists, changes and deletes them'
const ofIntegrators = 'integrators ask at the portal; an operator makes the change itself, or answers what was asked'

const exceptionsOfConsole: Exceptions = {
  'requestors.get': 'the list has the whole requestor',
  'claimSets.list': byCommand,
  'claimSets.get': byCommand,
  'claimSets.update': byCommand,
  'claimSets.delete': byCommand,
  'pepper.get': fromShell,
  'pepper.clients': fromShell,
  'pepper.retire': fromShell,
  'audit.get': 'the list of the audit log has the whole event',
  'me.get': 'the session says the same of who has signed in',
  'organizations.due': 'the summary of a realm has what is due',
  'accessRequests.create': ofIntegrators,
  'accessRequests.withdraw': ofIntegrators,
  'accessRequests.makeClient': ofIntegrators,
  'activity.list': 'the audit log has the same events, with who made them',
}

const exceptionsOfPortal: Exceptions = {}

const sources = join(import.meta.dirname, '../../packages/web/src')
const names = Object.keys(table) as OperationName[]

/** How a page names what it does or reads; other mentions, such as the words for an event, reach nothing. `shared` is in both bundles. */
function readUsed(folder: 'console' | 'portal'): (name: OperationName) => boolean {
  const written = globSync(`{${folder},shared}/**/*.{ts,tsx}`, { cwd: sources, exclude: ['**/*.test.ts'] })
    .map((file) => readFileSync(join(sources, file), 'utf8'))
    .join('\n')
  const use = String.raw`(?:operation[=:]\s*(?:\{[^}]*)?|\b(?:read|call|useAttempt)\(\s*|\bstepOf\([^()]*,\s*)['"]([a-zA-Z.]+)['"]`
  const used = new Set([...written.matchAll(new RegExp(use, 'g'))].map(([, name]) => name))
  return (name) => used.has(name)
}

for (const [folder, of, exceptions] of [
  ['console', names, exceptionsOfConsole],
  ['portal', names.filter((name) => (table[name] as OperationRow).portal !== undefined), exceptionsOfPortal],
] as const) {
  const isUsed = readUsed(folder)

  test(`every operation of the ${folder} is reached from a page there, or has a reason not to be`, () => {
    assert.deepEqual(
      of.filter((name) => !isUsed(name) && exceptions[name] === undefined),
      [],
    )
  })

  test(`no operation that a page of the ${folder} uses stands among the exceptions`, () => {
    assert.deepEqual((Object.keys(exceptions) as OperationName[]).filter(isUsed), [])
  })
}

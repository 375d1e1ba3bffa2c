// The page of health names every check that a server can make: an operator reads "Spool" at night, not "audit-spool-files".
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { nameOfCheck } from '@countersign/web/console/parts/health-words.ts'

const sources = join(import.meta.dirname, '../../packages/server/src')

test('every check and every warning of health has a name on the page', () => {
  const text = globSync('**/*.ts', { cwd: sources, exclude: ['**/*.test.ts'] })
    .map((file) => readFileSync(join(sources, file), 'utf8'))
    .join('\n')
  const checks = [...text.matchAll(/\breadiness\.(?:add|warn)\('([a-z-]+)'/g)]
  const warnings = [...readFileSync(join(sources, 'admin/read-health.ts'), 'utf8').matchAll(/\bkind: '([a-z-]+)'/g)]
  assert.ok(checks.length >= 15 && warnings.length >= 4)
  const kinds = new Set([...checks, ...warnings].map(([, kind]) => kind!))
  assert.deepEqual(
    [...kinds].filter((kind) => nameOfCheck(kind) === kind),
    [],
  )
})

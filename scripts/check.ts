// `npm run check`: the CI checks other than the tests, cheapest first.
import { spawnSync } from 'node:child_process'

/**
 * Git expands the pattern itself; every JSON file below docs is generated, the tables of operations and the style of pages are, and a
 * part of the others.
 */
const operationTables = ['packages/admin/src/table.ts', 'packages/admin/src/forms.ts']
const generated = [
  'docs/*.json',
  'docs/tokens.md',
  'docs/verify.md',
  'docs/gateway.md',
  'docs/languages',
  'packages/server/src/http/page-style.ts',
  'packages/web/src/shared/language-programs.ts',
  ...operationTables,
]

const checks = [
  ['generated files', 'node', '--conditions=@countersign/source', '--disable-warning=ExperimentalWarning', 'scripts/generate.ts'],
  ['generated files are committed', 'git', 'diff', '--exit-code', '--', ...generated],
  ['format', 'oxfmt', '--check'],
  ['lint', 'oxlint', '--deny-warnings'],
  ['types', 'tsc', '-p', '.'],
  ['types of pages', 'tsc', '-p', 'packages/web'],
  ['packages can be built', 'node', '--conditions=@countersign/source', 'scripts/packaging/write-packages.ts'],
] as const

const remedies: Record<string, string> = {
  format: ' Run "npm run format".',
  'generated files are committed': ' They were out of date and have just been written: commit them.',
}

for (const [name, program, ...args] of checks) {
  console.log(`check ${name}`)
  const start = performance.now()
  const { status } = spawnSync(program, args, {
    stdio: 'inherit',
    env: { ...process.env, PATH: `node_modules/.bin:${process.env['PATH']}` },
  })
  if (status !== 0) {
    const remedy = remedies[name] ?? ''
    console.error(`\nThe ${name} check failed; what is wrong is above.${remedy}`)
    process.exit(1)
  }
  console.log(`  ${((performance.now() - start) / 1000).toFixed(1)} s`)
}

// `npm run check`: what CI runs besides the tests, in the order in which a fault is cheapest to find.
import { spawnSync } from 'node:child_process'

const checks = [
  ['format', 'oxfmt', '--check'],
  ['lint', 'oxlint', '--deny-warnings'],
  ['types', 'tsc', '-p', '.'],
] as const

for (const [name, program, ...args] of checks) {
  console.log(`check ${name}`)
  const { status } = spawnSync(`node_modules/.bin/${program}`, args, { stdio: 'inherit' })
  if (status !== 0) {
    const remedy = name === 'format' ? ' Run "npm run format".' : ''
    console.error(`\nThe ${name} check failed; what is wrong is above.${remedy}`)
    process.exit(1)
  }
}

// `npm test`: every test of the workspace. Arguments narrow it: `npm test -- packages/guard`.
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'

const places = process.argv.slice(2)
const everywhere = ['packages', 'examples', 'conformance', 'bench', 'safety', 'scripts']
const files = (places.length > 0 ? places : everywhere).flatMap((place) =>
  place.endsWith('.ts') ? [place] : globSync(`${place}/**/*.test.ts`, { exclude: ['**/node_modules/**', '**/dist/**'] }),
)
if (files.length === 0) {
  console.error(`No test file below ${places.join(', ')}. Give a folder or a file, for example: npm test -- packages/guard`)
  process.exit(1)
}
const nodeOptions = ['--conditions=@countersign/source', '--disable-warning=ExperimentalWarning', '--test', '--test-reporter=spec']
const { status } = spawnSync(process.execPath, [...nodeOptions, ...files], { stdio: 'inherit' })
process.exit(status ?? 1)

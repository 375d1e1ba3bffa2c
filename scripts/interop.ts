// `npm run interop`: installs the verifiers of other languages into a cache by the tools of each language, then lets them verify tokens of
// a demo, as docs/verify.md configures them. A language whose tools are missing is left out, and its tests say so. `npm run interop -- packages`
// tries the published packages instead.
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { installed, stampOf } from '../conformance/interop/verifiers.ts'
import { tryPackages } from './interop-packages.ts'
import { runTests } from './run-tests.ts'

if (process.argv[2] === 'packages') process.exit((await tryPackages(process.argv.slice(3))) ? 0 : 1)

const interop = join(import.meta.dirname, '..', 'conformance', 'interop')
const [python, java] = [join(installed, 'python'), join(installed, 'java')]

mkdirSync(installed, { recursive: true })
install('Python', [
  ['python3', '-m', 'venv', python],
  [join(python, 'bin', 'pip'), 'install', '--quiet', '--requirement', join(interop, 'requirements.txt')],
])
install('Java', [
  [
    'mvn',
    '--quiet',
    '--batch-mode',
    '--file',
    join(interop, 'pom.xml'),
    'dependency:copy-dependencies',
    `-DoutputDirectory=${join(java, 'lib')}`,
  ],
  [
    'javac',
    '-cp',
    join(java, 'lib', '*'),
    '-d',
    join(java, 'classes'),
    join(interop, 'VerifyNimbus.java'),
    join(interop, 'VerifySpring.java'),
  ],
])
install('Go', [['go', 'build', '-C', join(interop, 'go'), '-o', join(installed, 'verify-go'), '.']])

process.exit(runTests(['conformance/foreign-verifiers.test.ts', 'conformance/foreign-jose.test.ts']))

function install(language: string, steps: readonly (readonly [string, ...string[]])[]): void {
  rmSync(stampOf(language), { force: true })
  for (const [command, ...rest] of steps) {
    const { status, error } = spawnSync(command, rest, { stdio: ['ignore', 'inherit', 'inherit'] })
    if (status === 0) continue
    console.error(`${language} is left out: ${command} ${error ? 'is not installed' : 'failed'}`)
    return
  }
  writeFileSync(stampOf(language), '')
}

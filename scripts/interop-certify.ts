// `npm run interop:certify`: plays every scenario, at the pace of the command, to the good backends of interop/certify in every language,
// and to each bad one the scenario that is meant for it. A language whose tools are missing is left out by name.
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import {
  badBackends,
  certifyBackend,
  createSandboxServers,
  fileOf,
  goodBackends,
  nodeCommandOf,
  playOne,
  runOptionsOf,
  standardPace,
} from '@countersign/cli/certify/backends.fixture'

type Command = readonly [program: string, ...rest: string[]]

const cache = join(import.meta.dirname, '..', 'node_modules', '.cache', 'countersign-interop', 'certify')
const inCache = (...path: string[]) => join(cache, ...path)
mkdirSync(cache, { recursive: true })

const foreign: Readonly<Record<string, { readonly steps: readonly Command[]; readonly command: Command }>> = {
  'Python, httpx': {
    steps: [
      ['python3', '-m', 'venv', inCache('python')],
      [inCache('python', 'bin', 'pip'), 'install', '--quiet', '--requirement', fileOf('good', 'requirements.txt')],
    ],
    command: [inCache('python', 'bin', 'python'), fileOf('good', 'backend_httpx.py')],
  },
  'Go, x/oauth2': {
    steps: [['go', 'build', '-C', fileOf('good', 'go'), '-o', inCache('backend-go'), '.']],
    command: [inCache('backend-go')],
  },
  'Java, HttpClient': {
    steps: [['javac', '-d', inCache('java'), fileOf('good', 'Backend.java')]],
    command: ['java', '-cp', inCache('java'), 'Backend'],
  },
  'Java, Spring Security': {
    steps: [
      [
        'mvn',
        '--quiet',
        '-f',
        fileOf('good', 'spring', 'pom.xml'),
        'dependency:copy-dependencies',
        `-DoutputDirectory=${inCache('spring', 'lib')}`,
      ],
      ['javac', '-cp', inCache('spring', 'lib', '*'), '-d', inCache('spring', 'classes'), fileOf('good', 'spring', 'BackendSpring.java')],
    ],
    command: ['java', '-cp', `${inCache('spring', 'classes')}:${inCache('spring', 'lib', '*')}`, 'BackendSpring'],
  },
}

const servers = createSandboxServers()
let failures = 0
const good: [name: string, command: Command, options: (typeof goodBackends)[string]][] = Object.entries(goodBackends).map(
  ([name, options]) => [name, nodeCommandOf('good', name), options],
)
for (const [name, { steps, command }] of Object.entries(foreign)) {
  const failed = steps.find(([program, ...rest]) => spawnSync(program, rest, { stdio: ['ignore', 'ignore', 'inherit'] }).status !== 0)
  if (failed) console.log(`left out: ${name}: "${failed[0]}" is missing or failed`)
  else good.push([name, command, {}], [`${name}, TLS`, command, { tls: true }])
}
for (const [name, command, options] of good) {
  const startedAt = performance.now()
  const results = await certifyBackend({
    ...runOptionsOf([...command], standardPace, options),
    only: [],
    servers,
    ...(options.tls && { parallel: 3 }),
  })
  const wrong = results.filter(({ outcome }) => outcome !== 'right')
  failures += wrong.length
  console.log(
    `good: ${name}: ${wrong.map(({ id, faults }) => `${id}: ${faults[0]?.seen}`).join('; ') || 'nothing is wrong'} (${secondsSince(startedAt)} s)`,
  )
}
for (const [name, id] of Object.entries(badBackends)) {
  const { outcome, faults } = await playOne(id, nodeCommandOf('bad', name), servers, standardPace)
  if (outcome !== 'wrong') failures += 1
  console.log(`bad: ${name}: ${outcome === 'wrong' ? `found by ${id}: ${faults[0]!.seen}` : `NOT found by ${id}`}`)
}
await servers.close()
process.exit(failures === 0 ? 0 : 1)

function secondsSince(startedAt: number): string {
  return ((performance.now() - startedAt) / 1000).toFixed(0)
}

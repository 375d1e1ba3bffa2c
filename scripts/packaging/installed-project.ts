// An empty project, into which tarballs are installed as a user installs packages: by npm, with all other packages from its registry.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { PackedPackage } from './pack.ts'

export interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Project {
  readonly folder: string
  write(file: string, text: string): void
  /** @param program a command of an installed package, or a path */
  run(program: string, args: readonly string[], env?: Readonly<Record<string, string>>): Ran
}

/**
 * @param dependencies from the registry, with their versions
 * @param manifest further members of its package.json
 * @throws Error with the output of npm
 */
export function installProject(
  folder: string,
  packages: readonly PackedPackage[],
  dependencies: Readonly<Record<string, string>>,
  manifest: Readonly<Record<string, unknown>> = {},
): Project {
  mkdirSync(folder, { recursive: true })
  const project: Project = {
    folder,
    write(file, text) {
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      writeFileSync(join(folder, file), text)
    },
    run(program, args, env = {}) {
      const path = `${join(folder, 'node_modules', '.bin')}:${env['PATH'] ?? pathOfUser}`
      const surroundings = { ...environmentOfUser, ...env, PATH: path }
      const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: folder, env: surroundings, encoding: 'utf8' })
      return { status, stdout, stderr: error ? String(error) : stderr }
    },
  }
  const tarballs = Object.fromEntries(packages.map(({ manifest, tarball }) => [manifest.name, `file:${tarball}`]))
  project.write('package.json', JSON.stringify({ private: true, ...manifest, dependencies: { ...tarballs, ...dependencies } }, null, 2))
  const { status, stdout, stderr } = project.run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'])
  if (status !== 0) throw new Error(`"npm install" failed in an empty project:\n${stdout}${stderr}`)
  return project
}

/** The packages that one package needs of ours, itself included. */
export function withNeeds(packed: PackedPackage, all: readonly PackedPackage[]): PackedPackage[] {
  const { dependencies = {} } = JSON.parse(readFileSync(join(packed.written, 'package.json'), 'utf8')) as PackedPackage['manifest']
  const needed = all.filter(({ manifest }) => manifest.name in dependencies)
  return [...new Set([...needed.flatMap((each) => withNeeds(each, all)), packed])]
}

/** The frameworks and libraries that the adapters of a package are for. */
export function peersOf(packages: readonly PackedPackage[]): Record<string, string> {
  return Object.assign({}, ...packages.map(({ manifest }) => manifest.peerDependencies ?? {})) as Record<string, string>
}

/** Without the programs of this workspace, which npm puts before those of the machine. */
export const pathOfUser = (process.env['PATH'] ?? '')
  .split(':')
  .filter((folder) => !folder.endsWith('node_modules/.bin') && !folder.endsWith('node-gyp-bin'))
  .join(':')

/** Without what npm and the tests of this workspace tell their children. */
export const environmentOfUser: Readonly<Record<string, string | undefined>> = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(?:npm_(?!config_)|COUNTERSIGN_|NODE_|PORT$|XDG_CACHE_HOME$)/.test(name)),
)

const consumer = readFileSync(join(import.meta.dirname, 'fixtures', 'consumer.mjs'), 'utf8')
const bothFormats = readFileSync(join(import.meta.dirname, 'fixtures', 'both-formats.mjs'), 'utf8')
const frameworks = readFileSync(join(import.meta.dirname, 'fixtures', 'frameworks.mjs'), 'utf8')

/** The programs of `fixtures/`, in the formats that the tools of a project take. */
export function writePrograms(project: Project): void {
  for (const file of ['consumer.mjs', 'consumer.ts', 'consumer.cts', 'consumer.mts']) project.write(file, consumer)
  project.write('consumer.cjs', toCommonJs(consumer))
  project.write('consumer.test.js', `test('consumer', () => require('./consumer.cjs').finished)\n`)
  project.write('both-formats.mjs', bothFormats)
  project.write('frameworks.mjs', frameworks)
}

function toCommonJs(text: string): string {
  return text.replace(/^import (\{.*\}) from ('.*')$/gm, 'const $1 = require($2)').replace(/^export const (\w+) =/gm, 'exports.$1 =')
}

/** All specifiers of the entries: "@countersign/guard/fastify". */
export function entriesOf(packages: readonly PackedPackage[]): string[] {
  return packages.flatMap(({ manifest, entries, kind }) =>
    kind === 'program' ? [] : entries.map(({ subpath }) => join(manifest.name, subpath)),
  )
}

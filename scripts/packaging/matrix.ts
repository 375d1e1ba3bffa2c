// What the packages are tried with by `npm run interop -- packages`, the oldest that is supported and the newest: runtimes, compilers,
// bundlers, test runners. All of them come from the npm registry, with their programs.
import { dirname } from 'node:path'
import { entriesOf, type Project, type Ran } from './installed-project.ts'
import { resolutions, writeTypeChecks, type Resolution } from './type-checks.ts'
import type { PackedPackage } from './pack.ts'

/** One cell of the table. */
export interface Try {
  readonly what: string
  /** The steps in turn; the first that fails ends it. */
  readonly steps: readonly (() => Ran)[]
}

export interface Tool {
  readonly name: string
  /** What is installed, into a folder of its own, with its version. */
  readonly packages: Readonly<Record<string, string>>
  /** Packages whose scripts of installation must run, because they bring the program. */
  readonly scripts?: readonly string[]
  tries(project: Project, program: (name: string) => string): Try[]
}

export interface Surroundings {
  readonly packed: readonly PackedPackage[]
  readonly env: Readonly<Record<string, string>>
}

export function toolsOf({ packed, env }: Surroundings): Tool[] {
  const libraries = packed.filter(({ kind }) => kind === 'esm and commonjs')
  const entries = entriesOf(libraries)

  const alone = [
    ['import', 'consumer.mjs'],
    ['require()', 'consumer.cjs'],
  ]
  const withFrameworks = [...alone, ['frameworks', 'frameworks.mjs'], ['one copy in both', 'both-formats.mjs', ...entries]]
  const runtime = (name: string, version: string, options: readonly string[] = [], programs = withFrameworks): Tool => ({
    name,
    packages: { [name]: version },
    scripts: [name],
    tries: (project, program) =>
      programs.map(([what = '', ...args]) => ({ what, steps: [() => project.run(program(name), [...options, ...args], env)] })),
  })

  const typescript = (version: string, further: Readonly<Record<string, unknown>> = {}, without: readonly Resolution[] = []): Tool => ({
    name: 'typescript',
    packages: { typescript: version },
    tries: (project, program) => {
      writeTypeChecks(project, entries, further)
      return resolutions
        .filter((resolution) => !without.includes(resolution))
        .map((resolution) => ({ what: resolution, steps: [() => project.run(program('tsc'), ['-p', `tsconfig.${resolution}.json`])] }))
    },
  })

  const bundler = (
    name: string,
    packages: Tool['packages'],
    argsFor: (format: 'esm' | 'cjs', file: string) => readonly string[],
  ): Tool => ({
    name,
    packages,
    tries: (project, program) =>
      (['esm', 'cjs'] as const).map((format) => {
        const file = `bundled-by-${name}.${format === 'esm' ? 'mjs' : 'cjs'}`
        return {
          what: format,
          steps: [() => project.run(program(name), argsFor(format, file)), () => project.run('node', [file], env)],
        }
      }),
  })

  /** The entry of the command must be understood by it, with the options in its first line. */
  const tooOld = (version: string): Tool => ({
    name: 'node',
    packages: { node: version },
    scripts: ['node'],
    tries: (project, program) => [
      {
        what: 'countersign says what it needs',
        steps: [() => needsNewer(project.run('countersign', [], { PATH: dirname(program('node')) }))],
      },
    ],
  })

  const npx = (): Tool => ({
    name: 'npx',
    packages: { npm: '11' },
    tries: (project, program) => {
      const { tarball } = packed.find(({ kind }) => kind === 'program')!
      const args = ['--yes', '--package=node@26', `--package=${tarball}`, 'countersign', '--version']
      return [{ what: 'brings a newer Node for the command', steps: [() => project.run(program('npx'), args)] }]
    },
  })

  const webpack = (version: string): Tool => ({
    name: 'webpack',
    packages: { webpack: version, 'webpack-cli': 'latest' },
    tries: (project, program) => {
      const args = ['--mode=production', '--target=node', '--entry=./consumer.mjs', '--output-path=webpack']
      return [{ what: 'cjs', steps: [() => project.run(program('webpack'), args), () => project.run('node', ['webpack/main.js'], env)] }]
    },
  })

  const jest = (version: string): Tool => ({
    name: 'jest',
    packages: { jest: version },
    tries: (project, program) => [{ what: 'default configuration', steps: [() => project.run(program('jest'), ['--rootDir', '.'], env)] }],
  })

  return [
    // Node before 20.19 cannot require() ES modules, as today's NestJS and an injected request of today's Fastify need it.
    runtime('node', '20.0.0', [], alone),
    ...['20', '22', '24', '26'].map((version) => runtime('node', version)),
    runtime('bun', '1'),
    runtime('deno', '2', ['run', '--allow-all', '--no-lock']),
    ...['5.0', '5.4', '5.9'].map((version) => typescript(version)),
    typescript('6', { ignoreDeprecations: '6.0' }),
    typescript('7', {}, ['node10']), // It has no "node10" any more.
    bundler('esbuild', { esbuild: 'latest' }, (format, file) => [
      'consumer.mjs',
      '--bundle',
      '--platform=node',
      `--format=${format}`,
      `--outfile=${file}`,
      '--log-level=warning',
    ]),
    bundler('rollup', { rollup: '4', '@rollup/plugin-node-resolve': '16', '@rollup/plugin-commonjs': '29' }, (format, file) => [
      'consumer.mjs',
      '--plugin=node-resolve',
      '--plugin=commonjs',
      `--format=${format}`,
      `--file=${file}`,
      '--silent',
    ]),
    webpack('5'),
    jest('29'),
    jest('30'),
    ...['12', '16', '20'].map(tooOld),
    npx(),
  ]
}

function needsNewer({ status, stdout, stderr }: Ran): Ran {
  return { status: status === 2 && stderr.includes('needs Node 26 or later') ? 0 : 1, stdout, stderr }
}

// The programs of other runtimes, which npm has as packages, and an API of ours bundled for them.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { rolldown } from 'rolldown'

const root = join(import.meta.dirname, '..', '..', '..', '..')
/** Beside what "npm run interop" installs; it can be deleted at any time. */
const installed = join(root, 'node_modules', '.cache', 'countersign-runtimes')

const programs = {
  workerd: { packageName: 'workerd', version: '1', bin: 'workerd' },
  deno: { packageName: 'deno', version: '2', bin: 'deno' },
  bun: { packageName: 'bun', version: '1', bin: 'bun' },
} as const

export type Runtime = keyof typeof programs

/**
 * For the option `skip` of a test: why the runtime is not there. Installed on the first run in CI, and by COUNTERSIGN_RUNTIMES=install elsewhere, as
 * these are large.
 */
export function skipWithoutRuntime(runtime: Runtime): string | false {
  const { packageName, version, bin } = programs[runtime]
  const isWanted = process.env['CI'] === 'true' || process.env['COUNTERSIGN_RUNTIMES'] === 'install'
  if (!existsSync(programOf(runtime)) && isWanted) {
    mkdirSync(join(installed, runtime), { recursive: true })
    const args = ['install', '--prefix', join(installed, runtime), '--no-audit', '--no-fund', '--silent', `${packageName}@${version}`]
    spawnSync('npm', args, { stdio: ['ignore', 'ignore', 'inherit'] })
  }
  if (existsSync(programOf(runtime))) return false
  if (process.env['CI'] === 'true') throw new Error(`${bin} could not be installed`)
  return `${bin} is not installed; COUNTERSIGN_RUNTIMES=install npm test -- … installs it`
}

function programOf(runtime: Runtime): string {
  return join(installed, runtime, 'node_modules', '.bin', programs[runtime].bin)
}

/** Bundles a program of TypeScript into one file that imports nothing but modules of the runtime. */
export async function bundleProgram(source: string, folder: string): Promise<string> {
  const input = join(folder, 'program.ts')
  writeFileSync(input, source)
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const bundle = await rolldown({
    input,
    platform: 'neutral',
    resolve: { conditionNames: ['@countersign/source', 'import'] },
    external: [/^node:/, /^cloudflare:/],
    logLevel: 'silent',
  })
  const file = join(folder, 'program.mjs')
  await bundle.write({ file, codeSplitting: false } as never)
  await bundle.close()
  return file
}

export interface RunningProgram {
  readonly origin: string
  /** What it has printed so far. */
  output(): string
}

/** Runs a program until the test ends. It is listening when it has printed a line with the port. */
export async function runProgram(
  t: TestContext,
  runtime: Runtime | 'node',
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<RunningProgram> {
  const child = spawn(runtime === 'node' ? process.execPath : programOf(runtime), args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: installed, NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1', ...env },
  })
  t.after(() => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
  })
  let printed = ''
  const port = await new Promise<string>((resolve, reject) => {
    // The third is the one on which workerd tells its port.
    for (const stream of child.stdio.slice(1) as NodeJS.ReadableStream[])
      stream.setEncoding('utf8').on('data', (text: string) => {
        printed += text
        const [, found] =
          /"port":\s*(\d+)|listening on (?:http:\/\/[\d.]+:)?(\d+)/i.exec(printed)?.filter((each) => each !== undefined) ?? []
        if (found !== undefined) resolve(found)
      })
    child.once('exit', (code) => reject(new Error(`${runtime} ended with ${code}: ${printed}`)))
  })
  return { origin: `http://127.0.0.1:${port}`, output: () => printed }
}

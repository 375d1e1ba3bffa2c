// Starts a program as each runtime starts a server, until the test ends.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { bundleProgram, runProgram, type RunningProgram } from './runtimes.fixture.ts'

type Environment = Readonly<Record<string, string>>

/** Runs one program of TypeScript, whose text is given. */
export type RunSource = (t: TestContext, source: string, env: Environment) => Promise<RunningProgram>

async function bundle(t: TestContext, source: string): Promise<{ readonly folder: string; readonly file: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-runtime-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return { folder, file: await bundleProgram(source, folder) }
}

/** The environment are the bindings of the worker. */
export const runWorker: RunSource = async (t, source, env) => {
  const { folder } = await bundle(t, source)
  const config = join(folder, 'config.capnp')
  const bindings = Object.entries(env).map(([name, text]) => `(name = "${name}", text = "${text}")`)
  writeFileSync(
    config,
    `using Workerd = import "/workerd/workerd.capnp";
    const config :Workerd.Config = (
      services = [(name = "main", worker = .main), (name = "internet", network = (allow = ["public", "private"]))],
      sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
    );
    const main :Workerd.Worker = (
      modules = [(name = "program.mjs", esModule = embed "program.mjs")],
      compatibilityDate = "2025-09-01",
      compatibilityFlags = ["nodejs_compat"],
      bindings = [${bindings.join(', ')}],
    );`,
  )
  return runProgram(t, 'workerd', ['serve', '--control-fd=3', '--verbose', config])
}

export const runDeno: RunSource = async (t, source, env) => {
  const { file } = await bundle(t, source)
  const allowed = ['--allow-net=127.0.0.1', `--allow-env=${Object.keys(env).join(',')}`]
  return runProgram(t, 'deno', ['run', ...allowed, '--no-config', file], env)
}

export const runBun: RunSource = async (t, source, env) => {
  const { file } = await bundle(t, source)
  return runProgram(t, 'bun', ['run', file], env)
}

/** The program of runtime-program.fixture.ts, as a worker, and as a server of Deno and Bun. */
const prelude = `import { createProgram, createProgramGuard } from '${import.meta.dirname}/runtime-program.fixture.ts'\n`
export const workerByFirstRequest = `${prelude}export default { fetch: createProgram((env) => createProgramGuard(env)) }`
export const workerByModule = `${prelude}import { env } from 'cloudflare:workers'
  export default { fetch: createProgram(createProgramGuard(env)) }`
export const denoServer = `${prelude}const fetch = createProgram(createProgramGuard({ ISSUER: Deno.env.get('ISSUER') }))
Deno.serve({ port: 0, hostname: '127.0.0.1' }, fetch)`
export const bunServer = `${prelude}const fetch = createProgram(createProgramGuard({ ISSUER: Bun.env.ISSUER }))
console.log('listening on ' + Bun.serve({ port: 0, hostname: '127.0.0.1', fetch }).port)`

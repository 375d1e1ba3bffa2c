// Starts the program of runtime-program.fixture.ts as each runtime starts a server.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { IssuerOverHttp } from './issuer-over-http.fixture.ts'
import { bundleProgram, runProgram, type RunningProgram } from './runtimes.fixture.ts'

const prelude = `import { createProgram, createProgramGuard } from '${import.meta.dirname}/runtime-program.fixture.ts'`

async function aProgram(t: TestContext, source: string): Promise<{ readonly folder: string; readonly file: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-runtime-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return { folder, file: await bundleProgram(`${prelude}\n${source}`, folder) }
}

export const guardOfFirstRequest = 'export default { fetch: createProgram((env) => createProgramGuard(env)) }'
export const guardOfModule = `import { env } from 'cloudflare:workers'
export default { fetch: createProgram(createProgramGuard(env)) }`

export async function startWorker(t: TestContext, issuer: IssuerOverHttp, source = guardOfFirstRequest): Promise<RunningProgram> {
  const { folder } = await aProgram(t, source)
  const config = join(folder, 'config.capnp')
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
      bindings = [(name = "ISSUER", text = "${issuer.issuer}")],
    );`,
  )
  return runProgram(t, 'workerd', ['serve', '--control-fd=3', '--verbose', config])
}

export async function startDeno(t: TestContext, { issuer }: IssuerOverHttp): Promise<RunningProgram> {
  const { file } = await aProgram(
    t,
    `const fetch = createProgram(createProgramGuard({ ISSUER: Deno.env.get('ISSUER') }))
    Deno.serve({ port: 0, hostname: '127.0.0.1', onListen: ({ port }) => console.log('listening on ' + port) }, fetch)`,
  )
  return runProgram(t, 'deno', ['run', '--allow-net=127.0.0.1', '--allow-env=ISSUER', '--no-config', file], { ISSUER: issuer })
}

export async function startBun(t: TestContext, { issuer }: IssuerOverHttp): Promise<RunningProgram> {
  const { file } = await aProgram(
    t,
    `const fetch = createProgram(createProgramGuard({ ISSUER: Bun.env.ISSUER }))
    console.log('listening on ' + Bun.serve({ port: 0, hostname: '127.0.0.1', fetch }).port)`,
  )
  return runProgram(t, 'bun', ['run', file], { ISSUER: issuer })
}

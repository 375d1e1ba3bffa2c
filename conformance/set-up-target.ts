// Runs once before the suite (`--test-global-setup`): finds the server that TARGET names, or starts a demo and stops it at the end.
// The test files, each a process of its own, read its URLs and clients from the file in TARGET_STATE.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startDemo, type DemoState } from '@countersign/cli'

const { env } = process
let stop = async () => {}

export async function globalSetup(): Promise<void> {
  if (env['TARGET'] === undefined) return startOwnDemo()
  const file = env['TARGET_STATE'] ?? join(env['COUNTERSIGN_HOME'] ?? '.countersign', 'demo.json')
  const fault = await findFault(env['TARGET'], file)
  if (fault !== undefined) {
    console.error(fault)
    process.exit(1)
  }
  env['TARGET_STATE'] = file
}

export async function globalTeardown(): Promise<void> {
  await stop()
}

/** The reason why a server cannot be tested with a state file. The secrets of one server are never sent to another. */
async function findFault(target: string, file: string): Promise<string | undefined> {
  let state: DemoState
  try {
    state = JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return `"${file}" is no state file. Set TARGET_STATE to the demo.json of ${target}.`
  }
  if (target.replace(/\/$/, '') !== state.serverUrl) {
    return `"${file}" belongs to ${state.serverUrl}, not to ${target}. Set TARGET_STATE to the demo.json of that server.`
  }
  const answers = await fetch(target).then(
    () => true,
    () => false,
  )
  return answers ? undefined : `Nothing answers at ${target}. Start it in another terminal, for example with "npm start".`
}

async function startOwnDemo(): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'countersign-conformance-'))
  process.once('exit', () => rmSync(home, { recursive: true, force: true }))
  const { COUNTERSIGN_HOME: usualHome } = env
  env['COUNTERSIGN_HOME'] = home
  const demo = await startDemo({ port: await findTwoFreePorts() })
  // Other tests of the same run must not use the demo.
  if (usualHome === undefined) delete env['COUNTERSIGN_HOME']
  else env['COUNTERSIGN_HOME'] = usualHome
  env['TARGET_STATE'] = join(home, 'demo.json')
  stop = () => demo.close()
}

/** The demo listens on a port and the next one. */
async function findTwoFreePorts(): Promise<number> {
  for (;;) {
    const port = await findFreePort(0)
    if (port !== undefined && (await findFreePort(port + 1)) !== undefined) return port
  }
}

function findFreePort(wanted: number): Promise<number | undefined> {
  const { promise, resolve } = Promise.withResolvers<number | undefined>()
  const server = createServer().once('error', () => resolve(undefined))
  server.listen(wanted, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo
    server.close(() => resolve(port))
  })
  return promise
}

// A real proxy with its configuration from packages/gateway/proxies, whose addresses are replaced by those of the test.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { eventually } from '@countersign/server/store/processes.fixture'
import type { Ports, Stack } from './stack.fixture.ts'

export interface Proxy {
  /** As in the table. */
  readonly name: string
  /** Value for the `skip` of its tests. */
  readonly skip: string | false
  /** Such as "1.22.1". */
  readonly version: () => string
  /** Writes its files and returns the command. */
  readonly prepare: (stack: Stack) => readonly [program: string, ...args: string[]]
  /** What it cannot do by its nature; each is a row of the documentation. */
  readonly limits?: Limits
}

export interface Limits {
  /** Waits longer for a slow gateway than a test can. */
  readonly waitsForGateway?: true
  /** Takes a 200 without identity headers for a yes. */
  readonly believesAnyYes?: true
  /** Passes on a body only when some kilobytes of it, or its end, are there. */
  readonly keepsBodies?: true
}

const folder = join(import.meta.dirname, '../../proxies')

/** Copies files of packages/gateway/proxies into the folder of the test, without their own folders. */
export function copyFiles({ folder: target, ports }: Stack, ...files: readonly string[]): void {
  for (const file of files) {
    const text = withPorts(readFileSync(join(folder, file), 'utf8'), ports)
    writeFileSync(join(target, file.replace(/^.*\//, '')), text.replaceAll(/\/etc\/[a-z0-9]+\/(?:countersign\/)?/g, `${target}/`))
  }
}

function withPorts(text: string, { front, http, grpc, api }: Ports): string {
  const known: Readonly<Record<string, number>> = { 8080: front, 9000: http, 9002: grpc, 8000: api }
  return text.replaceAll(/(?<=127\.0\.0\.1(?::| |", )|port_value: |^:)\d{4}\b/gm, (port) => String(known[port] ?? port))
}

/** Runs it until the test ends. @returns what it wrote last @throws Error with that if it does not listen */
export async function startProxy(t: { after(clean: () => unknown): void }, proxy: Proxy, stack: Stack): Promise<() => string> {
  const [program, ...args] = proxy.prepare(stack)
  const running = spawn(program, args, {
    cwd: stack.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, HOME: stack.folder },
  })
  let output = ''
  for (const stream of [running.stdout, running.stderr]) stream.on('data', (chunk: Buffer) => (output = (output + chunk).slice(-4000)))
  running.on('error', (error) => (output += error.message))
  t.after(async () => {
    const ended = once(running, 'exit')
    if (running.exitCode !== null || running.pid === undefined || !running.kill('SIGTERM')) return
    const timer = setTimeout(() => running.kill('SIGKILL'), 3000)
    await ended
    clearTimeout(timer)
  })
  await eventually(`${proxy.name} listens`, async () => {
    if (running.exitCode !== null) throw new Error(`${proxy.name} did not start: ${output}`)
    return accepts(stack.ports.front)
  }).catch((error: Error) => {
    throw new Error(`${error.message}: ${output}`)
  })
  return () => output
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false))
    socket.on('close', () => resolve(false)).on('connect', () => socket.destroy())
  })
}

/** The first version number in what a program says of itself. */
export function versionOf(program: string, ...args: string[]): string {
  const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  return /\d+\.\d+(?:\.\d+)?/.exec(`${stdout}${stderr}`)?.[0] ?? 'unknown'
}

// Runs programs for tests as a user would: the command, a script on the pinned Node, or a line of shell.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { after, mock } from 'node:test'
import { runCommandLine } from './command-line.ts'

export interface Ended {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

interface Surroundings {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** File descriptors in place of pipes; their text is not returned. */
  readonly stdout?: number
  readonly stderr?: number
  /** Text for standard input. */
  readonly input?: string
}

const main = join(import.meta.dirname, 'main.ts')
const nodeOptions = ['--conditions=@countersign/source', '--disable-warning=ExperimentalWarning']

/** Runs `countersign` as a process; the arguments are separated by spaces. */
export function runCommand(args: string, surroundings?: Surroundings): Promise<Ended> {
  return runNode([main, ...args.split(' ')], surroundings)
}

/** Runs `countersign` in this process, which is faster; pass an array if an argument contains a space. */
export async function callCommand(args: string | readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const [log, error] = [mock.method(console, 'log', () => {}), mock.method(console, 'error', () => {})]
  const printed = (method: typeof log) => method.mock.calls.map((call) => `${call.arguments.join(' ')}\n`).join('')
  mock.property(process, 'env', { ...environmentOfOthers(), ...env })
  try {
    const exitCode = await runCommandLine(typeof args === 'string' ? args.split(' ') : args)
    return { exitCode, stdout: printed(log), stderr: printed(error) }
  } finally {
    mock.restoreAll()
  }
}

export function runNode(args: readonly string[], surroundings?: Surroundings): Promise<Ended> {
  return start(process.execPath, [...nodeOptions, ...args], surroundings).ended
}

/** Starts a program that a test kills. @param program a file, after options of Node */
export function startNode(args: readonly string[], surroundings?: Surroundings) {
  const { child, ended, output } = start(process.execPath, [...nodeOptions, ...args], surroundings)
  after(() => child.kill('SIGKILL'))
  return {
    ended,
    output,
    kill: () => void child.kill('SIGKILL'),
    onOutput: (listener: () => void) => void child.stdout?.on('data', listener),
  }
}

/** The file of the command, for {@link startNode}. */
export const commandFile = main

/** Runs a line as if pasted into a terminal. */
export function runBash(script: string, surroundings?: Surroundings): Promise<Ended> {
  return start('bash', ['-c', script], surroundings).ended
}

/** Starts a command that keeps running, and waits until it has printed `ready`. It is killed after the tests if it still runs. */
export async function startCommand(args: string, ready: string, surroundings?: Surroundings, where: 'stdout' | 'stderr' = 'stdout') {
  const { child, ended, output } = start(process.execPath, [...nodeOptions, main, ...args.split(' ')], surroundings)
  after(() => child.kill('SIGKILL'))
  const printed = new Promise<void>((resolve) => child[where]!.on('data', () => output[where].includes(ready) && resolve()))
  const early = await Promise.race([printed, ended])
  assert.ok(!early, `"countersign ${args}" ended: ${early?.stderr}`)
  return {
    stdout: output.stdout,
    /** Nothing reads it any more. */
    closePipe: (of: 'stdout' | 'stderr') => void child[of]!.destroy(),
    send: (signal: NodeJS.Signals) => void child.kill(signal),
    async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
      child.kill(signal)
      return ended
    },
  }
}

function start(program: string, args: readonly string[], { cwd, env, stdout, stderr, input = '' }: Surroundings = {}) {
  const child = spawn(program, args, {
    cwd,
    stdio: ['pipe', stdout ?? 'pipe', stderr ?? 'pipe'],
    env: { ...environmentOfOthers(), ...env },
  })
  const output = { stdout: '', stderr: '' }
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output.stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
  child.stdin!.on('error', () => {}).end(input)
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exitCode) => resolve({ exitCode, ...output }))
  })
  return { child, ended, output }
}

/** The environment of this process without variables that affect the command, except the home folder of the demo under test. */
function environmentOfOthers(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => name === 'COUNTERSIGN_HOME' || !/^(?:COUNTERSIGN_|NODE_|PORT$)/.test(name)),
  )
}

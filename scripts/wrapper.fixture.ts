// Starts scripts/run.mjs as a terminal would, in a process group of its own, and reads what the process below it prints.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'

export const wrapper = join(import.meta.dirname, 'run.mjs')
export const counter = join(import.meta.dirname, 'signals.fixture.ts')

/** What the wrapper does at intervals, it does at once; and the command prints its process as {@link counter} does. */
const preloaded = `
  const start = setInterval
  if (process.argv[1].endsWith('run.mjs')) globalThis.setInterval = (run) => start(run, 1)
  if (process.argv[1].endsWith('main.ts')) console.log('ready', process.pid, process.ppid)`

export interface Run {
  send(signal: NodeJS.Signals): void
  sendToGroup(signal: NodeJS.Signals): void
  /** The process below the wrapper. */
  readonly pid: number
  /** The wrapper, which may be below the process that was started. */
  readonly wrapperPid: number
  /** The next line of standard output. */
  nextLine(): Promise<string | undefined>
  /** Exit code and signal of the process that was started. */
  readonly exit: Promise<unknown[]>
  /** The lines that are left, when all processes have ended. */
  rest(): Promise<string[]>
}

export async function startBelow(t: TestContext, command: string, args: readonly string[], cwd?: string): Promise<Run> {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(?:npm_|NODE_|COUNTERSIGN_)/.test(name))
  const child = spawn(command, args, {
    cwd,
    env: { ...Object.fromEntries(inherited), NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(preloaded)}` },
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  })
  const exit = once(child, 'exit')
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const nextLine = async () => (await lines.next()).value as string | undefined
  const [, pid, wrapperPid] = ((await nextLine()) ?? '').split(' ').map(Number)
  t.after(() => {
    for (const each of [pid, wrapperPid, child.pid]) endIfRunning(each)
  })
  return {
    send: (signal) => void child.kill(signal),
    sendToGroup: (signal) => void process.kill(-child.pid!, signal),
    pid: pid!,
    wrapperPid: wrapperPid!,
    nextLine,
    exit,
    async rest() {
      const left: string[] = []
      for (let line = await nextLine(); line !== undefined; line = await nextLine()) left.push(line)
      return left
    },
  }
}

function endIfRunning(pid: number | undefined): void {
  try {
    if (pid) process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}

// The integrator's backend: a process group with the sandbox in its environment, whose output is searched for credentials.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Conduct } from './conduct.ts'
import type { CredentialMarks } from './credential-marks.ts'

export interface BackendOptions {
  readonly command: readonly [string, ...string[]]
  readonly environment: NodeJS.ProcessEnv
  /** A request to it makes the backend call the API. On loopback. */
  readonly trigger: URL
  readonly startTimeoutMs: number
  readonly marks: CredentialMarks
  readonly conduct: Conduct
  /** Ends a start that is under way. */
  readonly signal: AbortSignal
}

/** The status, or why there is none: "no connection" if the backend has not seen the call. */
export type Answered = number | 'no answer' | 'no connection'

export interface Backend {
  call(timeoutMs?: number): Promise<Answered>
  /** How it ended by itself, if it did. */
  ended(): string | undefined
  stop(): Promise<void>
}

/** It ended, or did not listen in time. The message has the last lines of its output, without credentials. */
export class BackendNotStarted extends Error {
  override name = 'BackendNotStarted'
}

const keptCharacters = 16 * 1024

/** @throws BackendNotStarted, and the error of the system if the command cannot be run */
export async function startBackend(options: BackendOptions): Promise<Backend> {
  const { command, environment, trigger, marks, conduct } = options
  const [program, ...rest] = command
  // A group of its own, so that what "npm start" or a shell started ends with it.
  const child = spawn(program, rest, { env: environment, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  let failure: string | undefined
  let spawnError: Error | undefined
  child.on('error', (error) => (spawnError = error))
  child.on('exit', (code, signal) => (failure = `it ended with ${signal ?? `exit code ${code}`}`))
  let tail = ''
  const watch = (chunk: Buffer) => {
    const text = tail + chunk.toString('latin1')
    const found = marks.find(text)
    if (found !== undefined) conduct.note('output', `the ${found} in its output`)
    tail = text.slice(-keptCharacters)
  }
  child.stdout.on('data', watch)
  child.stderr.on('data', watch)

  const startedAt = performance.now()
  while (!(await accepts(trigger))) {
    if (spawnError !== undefined) throw spawnError
    if (options.signal.aborted) failure = 'it was stopped'
    if (failure === undefined && performance.now() - startedAt > options.startTimeoutMs)
      failure = `it does not listen on ${trigger.host} after ${options.startTimeoutMs / 1000} s`
    if (failure !== undefined) {
      const why = failure // The stop ends it by a signal, which says nothing.
      await stop(child)
      // The frames of a stack would push out the line that names what is missing.
      const lines = marks
        .redact(tail)
        .trim()
        .split('\n')
        .filter((line) => !/^\s+at /.test(line))
        .slice(-12)
      throw new BackendNotStarted([why, ...lines.filter((line) => line !== '').map((line) => `  ${line}`)].join('\n'))
    }
    await sleep(20)
  }
  return {
    call: (timeoutMs = 15_000) => callTrigger(trigger, timeoutMs),
    ended: () => failure,
    stop: () => stop(child),
  }
}

function accepts({ hostname, port }: URL): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) })
    const answer = (accepted: boolean) => {
      socket.destroy()
      resolve(accepted)
    }
    socket.once('connect', () => answer(true))
    socket.once('error', () => answer(false))
  })
}

/** A connection that is refused or reset, as by a full queue, is tried again: the backend has not seen the call. */
async function callTrigger(trigger: URL, timeoutMs: number): Promise<Answered> {
  const deadline = performance.now() + timeoutMs
  for (let attempt = 0; attempt < 20; attempt++) {
    const answered = await send(trigger, Math.max(1, deadline - performance.now()))
    if (answered !== 'refused') return answered
    await sleep(50)
  }
  return 'no connection'
}

function send(trigger: URL, timeoutMs: number): Promise<Answered | 'refused'> {
  return new Promise((resolve) => {
    let isConnected = false
    const sent = request(trigger, { agent: false, signal: AbortSignal.timeout(Math.ceil(timeoutMs)) }, (response) => {
      response.resume()
      response.once('end', () => resolve(response.statusCode!))
      response.once('error', () => resolve('no answer'))
    })
    sent.once('error', (error: NodeJS.ErrnoException) =>
      resolve(
        error.code === 'ECONNREFUSED' || (error.code === 'ECONNRESET' && !sent.reusedSocket)
          ? 'refused'
          : isConnected
            ? 'no answer'
            : 'no connection',
      ),
    )
    sent.once('socket', (socket) => socket.once('connect', () => (isConnected = true)))
    sent.end()
  })
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return killGroup(child, 'SIGKILL')
  const [ended, closed] = [once(child, 'exit'), once(child, 'close')]
  killGroup(child, 'SIGTERM')
  const late = setTimeout(() => killGroup(child, 'SIGKILL'), 2000)
  await ended
  clearTimeout(late)
  killGroup(child, 'SIGKILL')
  // The last lines of its output; a process that left the group may keep the pipe open.
  await Promise.race([closed, sleep(500, undefined, { ref: false })])
}

function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // The whole group has ended.
  }
}

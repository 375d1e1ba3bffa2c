// Runs a program of a row with its facts in the environment.
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import type { Command } from './installations.ts'

export interface ProgramResult {
  readonly status: number | null
  readonly lines: readonly string[]
  readonly stderr: string
  /** Set if the program could not be started. */
  readonly error?: Error
}

export async function runProgram(
  [program, ...rest]: Command,
  { env = {}, input = '', maxMs = 120_000 }: { env?: Record<string, string>; input?: string; maxMs?: number },
): Promise<ProgramResult> {
  const child = spawn(program, rest, { env: { ...process.env, ...env }, timeout: maxMs, killSignal: 'SIGKILL' })
  const { promise: ended, resolve } = Promise.withResolvers<{ status: number | null; error?: Error }>()
  child.once('error', (error) => resolve({ status: null, error }))
  child.once('close', (status) => resolve({ status }))
  child.stdin.on('error', () => {}) // A program that ends early says why by its status.
  child.stdin.end(input)
  const [stdout, stderr, end] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { ...end, lines: stdout.trimEnd().split('\n'), stderr }
}

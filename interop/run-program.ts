// Runs a program of a row with its facts in the environment.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import type { Command } from './installations.ts'

const maxMs = 120_000

export interface ProgramResult {
  readonly status: number | null
  readonly lines: readonly string[]
  readonly stderr: string
}

export async function runProgram(
  [program, ...rest]: Command,
  { env = {}, input = '' }: { env?: Record<string, string>; input?: string },
): Promise<ProgramResult> {
  const child = spawn(program, rest, { env: { ...process.env, ...env }, timeout: maxMs, killSignal: 'SIGKILL' })
  child.stdin.on('error', () => {}) // A program that ends early says why by its status.
  child.stdin.end(input)
  const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { status, lines: stdout.trimEnd().split('\n'), stderr }
}

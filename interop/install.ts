// Runs the steps of an installation, unless they were run for the same input before.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { digestOf, installations, installed, isInstalled, stampOf, type Installation, type InstallationName } from './installations.ts'
import { runProgram } from './run-program.ts'

/** A first build in Rust, or the first download of a distribution, on a busy machine. */
const maxStepMs = 900_000

/** Returns why it is not installed, and undefined where it is. Does not block: the demo is in the same process. */
export async function install(name: InstallationName): Promise<string | undefined> {
  if (isInstalled(name)) return undefined
  mkdirSync(installed, { recursive: true })
  rmSync(stampOf(name), { force: true })
  const digest = digestOf(name)
  for (const step of (installations[name] as Installation).steps) {
    const { status, error, stderr } = await runProgram(step, { maxMs: maxStepMs })
    if (error) return `${step[0]} is not installed`
    if (status !== 0) return `${step[0]} failed: ${stderr.trim().split('\n').slice(-5).join('\n')}`
  }
  writeFileSync(stampOf(name), digest)
  return undefined
}

/** What its tool says of its version, in the first line. */
export async function toolVersionOf(name: InstallationName): Promise<string> {
  const { lines, stderr } = await runProgram(installations[name].version, {})
  return (lines[0] || stderr.split('\n', 1)[0]!).trim()
}

// Runs the steps of an installation, unless they were run for the same input before.
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { digestOf, installations, installed, isInstalled, stampOf, type Installation, type InstallationName } from './installations.ts'

/** Returns why it is not installed, and undefined where it is. */
export function install(name: InstallationName): string | undefined {
  if (isInstalled(name)) return undefined
  mkdirSync(installed, { recursive: true })
  rmSync(stampOf(name), { force: true })
  const digest = digestOf(name)
  for (const [program, ...rest] of (installations[name] as Installation).steps) {
    const { status, error, stderr } = spawnSync(program, rest, { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' })
    if (error) return `${program} is not installed`
    if (status !== 0) return `${program} failed: ${stderr.trim().split('\n').slice(-5).join('\n')}`
  }
  writeFileSync(stampOf(name), digest)
  return undefined
}

/** What its tool says of its version, in the first line. */
export function toolVersionOf(name: InstallationName): string {
  const [program, ...rest] = installations[name].version
  const { stdout, stderr } = spawnSync(program, rest, { encoding: 'utf8' })
  return (stdout || stderr).split('\n', 1)[0]!.trim()
}

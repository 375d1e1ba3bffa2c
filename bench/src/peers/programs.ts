// Builds and fetches the programs of other peers, by the ordinary clients of their registries, into a cache of this checkout.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MissingProgramError } from './peer.ts'

export const sources = fileURLToPath(new URL('../../peers/', import.meta.url))
const cache = fileURLToPath(new URL('../../../node_modules/.cache/countersign-bench/', import.meta.url))

/** A folder of the cache; created if it is missing. */
export function cacheFolder(name: string): string {
  const folder = join(cache, name)
  mkdirSync(folder, { recursive: true })
  return folder
}

/** Runs a tool to its end. @throws MissingProgramError if there is no such tool, or if it fails */
export function runTool(
  tool: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): void {
  const { status, stderr, stdout, error } = spawnSync(tool, args, { ...options, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  if (error) throw new MissingProgramError(`"${tool}" is not on this machine`)
  if (status !== 0)
    throw new MissingProgramError(`"${tool} ${args[0]}" failed: ${(stderr || stdout).trim().split('\n').slice(-3).join(' ')}`)
}

/** Runs `make` unless the file is there. Returns the file. */
export function onceMade(file: string, make: () => void): string {
  if (!existsSync(file)) make()
  return file
}

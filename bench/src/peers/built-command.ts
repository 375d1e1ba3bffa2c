// The command as it is published: one program, and the Node options in its first line.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const program = join(root, 'packages/cli/dist/main.js')

/** @throws Error if it cannot be bundled */
export function buildCommand(): void {
  const { status, stdout, stderr } = spawnSync('npm', ['run', 'bundle'], { cwd: root, encoding: 'utf8' })
  if (status !== 0) throw new Error(`"npm run bundle" failed: ${stderr || stdout}`)
}

/** The built program with the options that its first line gives to Node. */
export function command(): { readonly program: string; readonly options: readonly string[] } {
  const [, options = ''] = /^#!.*\bnode\b(.*)$/m.exec(readFileSync(program, 'utf8')) ?? []
  return { program, options: options.trim().split(' ').filter(Boolean) }
}

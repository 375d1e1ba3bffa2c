#!/usr/bin/env -S node --max-semi-space-size=8 --heap-growing-percent=25
import { keepCompiled } from './compile-cache.ts'

// SIGHUP ends a process by default, and a service manager may send it as soon as there is one. `serve` and `gateway` take it once they are loaded.
if (['serve', 'gateway'].includes(process.argv[2] ?? '')) process.on('SIGHUP', () => {})
// This command writes secrets, keys and stores: readable by the user only.
process.umask(0o077)
// A reader may close the pipe early: "countersign audit export
// head".
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})
keepCompiled()
const { runCommandLine } = await import('./command-line.ts')
process.exitCode = await runCommandLine(process.argv.slice(2))

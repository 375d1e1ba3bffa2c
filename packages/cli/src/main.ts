#!/usr/bin/env -S node --max-semi-space-size=4 --heap-growing-percent=25
import { keepCompiled } from './compile-cache.ts'

// What this command writes are secrets, keys and stores: for the user alone.
process.umask(0o077)
// Whoever reads the output may have seen enough: "countersign audit export | head".
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})
keepCompiled()
const { runCommandLine } = await import('./command-line.ts')
process.exitCode = await runCommandLine(process.argv.slice(2))

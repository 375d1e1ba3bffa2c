#!/usr/bin/env node
import { runCommandLine } from './command-line.ts'

// What this command writes are secrets, keys and stores: for the user alone.
process.umask(0o077)
process.exitCode = await runCommandLine(process.argv.slice(2))

#!/usr/bin/env -S node --max-semi-space-size=8 --heap-growing-percent=25
// The entry of the published command. An old Node cannot even parse the program, so the version is checked before it is loaded, in the
// JavaScript of Node 12.
'use strict'

const needed = Number(/\d+/.exec(require('../package.json').engines.node)[0])

if (parseInt(process.versions.node, 10) >= needed) {
  import('./main.js').catch((error) => {
    console.error(error)
    process.exitCode = 70
  })
} else {
  const quote = (arg) => (/^[\w@%+=:,./-]+$/.test(arg) ? arg : "'" + arg.replace(/'/g, "'\\''") + "'")
  const typed = process.argv.slice(2).map(quote).join(' ') || '--help'
  console.error(
    `Error: "countersign" needs Node ${needed} or later, and this is Node ${process.versions.node} (${process.execPath}).\n` +
      `Next: Install Node ${needed}, or let npm bring it for this command:\n` +
      `  npx --package=node@${needed} --package=@countersign/cli countersign ${typed}`,
  )
  process.exitCode = 2
}

// `npm run interop`: installs foreign software into a cache by the tools of its language, lets it use a demo, and writes the result.
// `npm run interop -- --only PyJWT` runs the rows whose name contains the text, and writes nothing. `npm run interop -- packages`
// tries the published packages instead.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { rows } from '../interop/rows.ts'
import { tryPackages } from './interop-packages.ts'

if (process.argv[2] === 'packages') process.exit((await tryPackages(process.argv.slice(3))) ? 0 : 1)

const { values } = parseArgs({ options: { only: { type: 'string', multiple: true } } })
const only = values.only?.map((name) => name.toLowerCase())
const chosen = rows.filter(({ name }) => only?.some((part) => name.toLowerCase().includes(part)) ?? true)
if (chosen.length === 0) {
  console.error(`No row is called that. There are ${rows.map(({ name }) => name).join(', ')}.`)
  process.exit(2)
}

// The check reads the state of the demo as it is loaded.
const { globalSetup, globalTeardown } = await import('../conformance/set-up-target.ts')
await globalSetup()
const { isFailed, runRow } = await import('../interop/run-rows.ts')
const { resultPage } = await import('../interop/result-table.ts')

const results = []
for (const row of chosen) results.push(await runRow(row, console.log))
await globalTeardown()

const failed = results.filter(isFailed)
const skipped = results.filter(({ skipped }) => skipped !== undefined)
if (only === undefined) {
  const date = new Date().toISOString().slice(0, 10)
  const folder = join(import.meta.dirname, '..', 'interop', 'results')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${date}.md`), resultPage(date, results))
}
console.log(`${results.length - failed.length - skipped.length} passed, ${failed.length} failed, ${skipped.length} skipped`)
for (const { row, skipped: reason } of skipped) console.log(`skipped: ${row.name}: ${reason}`)
process.exit(failed.some(({ row }) => row.limit === undefined) ? 1 : 0)

// `npm run model`: explores the protocol in larger bounds than `npm test` does, runs faults in the code, or checks recorded runs.
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { explore } from './explorer.ts'
import { faults } from './faults.ts'
import { createProtocol } from './protocol.ts'
import { replayFiles } from './replay.ts'
import { runCodeFaults } from './scenario/code-faults.ts'
import { scopes } from './scopes.ts'
import type { Scope } from './state.ts'

const helpText = `Usage: npm run model -- [options]

Explores the protocol exhaustively, which takes about twenty minutes and 4 GB of memory, and writes conformance/model/results/model.json.

  --only TEXT     only parts, or faults in the code, whose name contains the text; writes no result
  --code-faults   runs a scenario for each patch in conformance/model/patches, and writes results/code-faults.json
  --replay        checks the recordings of one run, given as files`

const options = {
  only: { type: 'string' },
  'code-faults': { type: 'boolean' },
  replay: { type: 'boolean' },
  help: { type: 'boolean' },
} as const
const { values, positionals: files } = parseArgs({ options, allowPositionals: true })
if (values.help) console.log(helpText)
else if (values.replay) checkRecordings()
else if (values['code-faults']) findCodeFaults()
else exploreAll()

function checkRecordings(): void {
  const { name, steps, unknownTokens, findings } = replayFiles(files)
  console.log(name, steps, `${unknownTokens} decisions on unknown tokens`)
  for (const { invariant, what, step } of findings) console.log(`${invariant}: ${what} (${new Date(step.from).toISOString()})`)
  console.log(`${findings.length} findings`)
  process.exitCode = findings.length === 0 ? 0 : 1
}

function findCodeFaults(): void {
  const results = []
  for (const result of runCodeFaults(values.only)) {
    console.log(result.patch, result.found, result.first ?? '', result.failure ?? '')
    results.push(result)
    const isFound = Object.keys(result.found).length > 0
    if (isFound !== (result.patch !== 'none') || (!isFound && result.failure !== undefined)) process.exitCode = 1
  }
  writeResult('code-faults', { faults: results })
}

function exploreAll(): void {
  const isWanted = ({ name }: Scope) => name.includes(values.only ?? '')
  const parts = []
  for (const scope of Object.values(scopes).filter(isWanted)) {
    const { violation, ...size } = explore(createProtocol(scope), 16_000_000)
    console.log(scope.name, size, violation ?? 'no violation')
    if (violation) process.exitCode = 1
    parts.push({ ...scope, ...size, violation: violation ?? null })
  }
  const found = faults.map(({ name, breaks, scope, found: expected }) => {
    const { states, violation } = explore(createProtocol(scopes[scope], { [breaks]: false }))
    console.log(name, violation?.invariant)
    if (violation?.invariant !== expected) process.exitCode = 1
    return { name, rule: breaks, scope, states, violation: violation ?? null }
  })
  writeResult('model', { parts, faults: found })
}

function writeResult(name: string, result: object): void {
  if (values.only !== undefined) return
  const about = { date: new Date().toISOString().slice(0, 10), node: process.version, processor: cpus()[0]?.model }
  const file = join(import.meta.dirname, 'results', `${name}.json`)
  writeFileSync(file, `${JSON.stringify({ ...about, ...result }, null, 2)}\n`)
  console.log(`Written to ${file}`)
}

// Every command and option that a document names exists.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Command } from 'commander'
import { createProgram } from './command-line.ts'

const root = join(import.meta.dirname, '..', '..', '..')
const documents = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
  ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}/README.md`),
]

/** Calls of the command in blocks and in spans of code, each up to where another program begins. */
function callsIn(document: string): string[] {
  const text = readFileSync(join(root, document), 'utf8').replaceAll('\\\n', ' ').replaceAll('$(', '; ')
  const blocks = [...text.matchAll(/^```(?:sh|bash|text)\n([^]*?)^```$|^ {4}(\S.*)$/gm)].flatMap(([, block, line]) =>
    (block ?? line ?? '').split('\n'),
  )
  const spans = [...text.replaceAll(/^```[^]*?^```$/gm, '').matchAll(/`([^`]+)`/g)].map(([, span = '']) => span.replaceAll(/\s+/g, ' '))
  return [...blocks, ...spans].flatMap((line) =>
    [...line.matchAll(/(?<!role |database )\bcountersign ([a-z][^|;&)"…]*)/g)].map(([, call = '']) => call.trim()),
  )
}

/** The first thing in a call that does not exist. */
function findUnknown(call: string): string | undefined {
  const words = call.replaceAll(/'[^']*'/g, 'TEXT').split(/\s+/)
  let command: Command = createdProgram
  let isPath = true
  for (const word of words) {
    const next: Command | undefined = isPath ? command.commands.find((one) => one.name() === word) : undefined
    if (next) command = next
    else if (isPath && command.commands.length > 0 && /^[a-z-]+$/.test(word) && !word.startsWith('-')) return word
    else isPath = false
    const [, option] = /^(--[a-z-]+)/.exec(word) ?? []
    if (option !== undefined && option !== '--help' && !optionsOf(command).has(option)) return option
  }
  return undefined
}

function optionsOf(command: Command | null): ReadonlySet<string> {
  return command ? new Set([...command.options.map(({ long }) => long ?? ''), ...optionsOf(command.parent)]) : new Set()
}

const createdProgram = createProgram()

for (const document of documents) {
  test(`every command and option in ${document} exists`, () => {
    const unknown = callsIn(document).map((call) => [findUnknown(call), call])
    assert.deepEqual(
      unknown.filter(([what]) => what !== undefined),
      [],
    )
  })
}

test('a command and an option that do not exist are found', () => {
  assert.equal(findUnknown('audit serch --by ci'), 'serch')
  assert.equal(findUnknown('audit search --bye ci'), '--bye')
  assert.ok(callsIn('docs/incidents.md').length > 20)
})

// The language of public texts: the API reference, the configuration reference, `--help`, logs, errors and problem pages.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Command } from 'commander'
import { problemFixes, problems, type ProblemCode, type ProblemEntry } from '@countersign/protocol'
import { createProgram } from '../packages/cli/src/command-line.ts'
import { productCode, root } from './source-tree.ts'

interface PublicString {
  readonly where: string
  readonly text: string
}

/** Vague persons, where a role, a program or a passive is meant: not "whoever holds the store" but "an administrator of the store". */
const forbiddenWords = /\b(?:[Ww](?:hoever|hom|homever)|(?:[Nn]o|[Ss]ome|[Aa]ny|[Ee]very)body|[Hh](?:e|is|im|er|ers)|[Ss]he)\b/

/**
 * Forbidden beginnings of a description. It begins with the noun that it describes or the verb of what happens. An indirect question
 * ("Whether it…", "When its…", "What it is") and a fragment ("That of the realm", "By which member", "Also while…") leave it to the
 * reader to find that noun; a pronoun ("Its…", "They…") refers to a text that a reference page does not show beside it.
 */
const forbiddenStart =
  /^(?:goes|by|that of|that|those|these|this|of|whose|whom|who|whoever|what|whatever|where|whether|when|which|why|how|also|or|but|from when|only those|only what|only from|its?|they|their|do not ask)\b(?! cannot be undone)/i

function stringsIn(value: unknown, keys: ReadonlySet<string>, where: string): PublicString[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, member]) =>
    typeof member === 'string' && keys.has(key) ? [{ where: `${where}/${key}`, text: member }] : stringsIn(member, keys, `${where}/${key}`),
  )
}

function documentStrings(file: string, ...keys: string[]): PublicString[] {
  return stringsIn(JSON.parse(readFileSync(join(root, file), 'utf8')), new Set(keys), file)
}

function commandsOf(command: Command, path: string): { path: string; command: Command }[] {
  return [{ path, command }, ...command.commands.flatMap((one) => commandsOf(one, `${path} ${one.name()}`))]
}

function helpOf(command: Command): string {
  let help = ''
  command.configureOutput({ writeOut: (text) => void (help += text) }).outputHelp()
  return help
}

const commands = commandsOf(createProgram(), 'countersign')
const described = commands.flatMap(({ path, command }) => [
  { where: `${path} --help`, text: command.description() },
  ...command.options.map(({ long, description }) => ({ where: `${path} ${long}`, text: description })),
  ...command.registeredArguments.map((argument) => ({ where: `${path} <${argument.name()}>`, text: argument.description })),
])
const help = commands.map(({ path, command }) => ({ where: `${path} --help`, text: helpOf(command) }))
const openApi = documentStrings('docs/openapi.json', 'summary', 'description', 'title')
const configuration = documentStrings('docs/countersign.schema.json', 'description', 'title')
const catalogue = (Object.entries(problems) as [ProblemCode, ProblemEntry][]).flatMap(([code, { title, causes }]) =>
  [title, ...causes.flatMap(({ cause, remedy }) => [cause, remedy]), ...problemFixes[code].map(({ step }) => step)].map((text) => ({
    where: `problem ${code}`,
    text,
  })),
)

/** Texts of the code: log lines, errors and output are literals, so every line except comments is checked. */
const literals = productCode
  .filter(({ path }) => path.startsWith('packages/'))
  .flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) => {
      const uncommented = /^\s*(?:\/\/|\/?\*)/.test(line) ? '' : line.replace(/(?<=^|\s)\/\/ .*$/, '')
      return uncommented === '' ? [] : [{ where: `${path}:${index + 1}`, text: uncommented.trim() }]
    }),
  )

function complaints(strings: readonly PublicString[], pattern: RegExp): string[] {
  return strings.flatMap(({ where, text }) => {
    const found = pattern.exec(text)
    return found ? [`${where}: "${found[0]}" in "${text}"`] : []
  })
}

const spoken = {
  'the API reference': openApi,
  'the configuration reference': configuration,
  '--help': help,
  'the problem catalogue': catalogue,
}
for (const [what, strings] of Object.entries({ ...spoken, 'a log line, an error or the output of a command': literals })) {
  test(`${what} names roles and programs, not unknown persons`, () => {
    assert.ok(strings.length > 10)
    assert.deepEqual(complaints(strings, forbiddenWords), [])
  })
}

for (const [what, strings] of Object.entries({
  'the API reference': openApi,
  'the configuration reference': configuration,
  '--help': described,
})) {
  test(`a description in ${what} begins with a noun or a verb, not as a fragment`, () => {
    assert.deepEqual(complaints(strings, forbiddenStart), [])
  })
}

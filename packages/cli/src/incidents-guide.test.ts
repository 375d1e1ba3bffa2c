// Runs docs/incidents.md as written, in a demo in which its questions have an answer. Only the id of the request differs.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { callCommand } from './process.fixture.ts'
import { readSteps } from './guide-steps.fixture.ts'
import { aNight } from './incidents-guide.fixture.ts'
import { runSteps } from './run-guide.fixture.ts'

const guide = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'incidents.md'), 'utf8')
const main = join(import.meta.dirname, 'main.ts')

/** Characters: ten seconds of typing. */
const maxTyped = 75

test('each question of docs/incidents.md is answered by one short command', () => {
  const sections = guide.split(/^## /m).slice(1)
  assert.equal(sections.length, 11)
  for (const section of sections) {
    const [{ commands, expected } = { commands: '', expected: '' }, ...more] = readSteps(section)
    assert.deepEqual([more, expected !== ''], [[], true], section)
    assert.match(commands, /^countersign [^\n;|&]+\n$/)
    assert.ok(commands.length <= maxTyped, commands)
    const [, question = ''] = /^(.+)$/m.exec(section) ?? []
    const anchor = question
      .toLowerCase()
      .replaceAll(/[^a-z0-9 ]/g, '')
      .replaceAll(' ', '-')
    assert.ok(guide.includes(`| [${question}](#${anchor}) |`), `"${question}" is not in the table`)
  }
})

test('what a command under "Next" needs is in the output above it', () => {
  let needed = 0
  for (const section of guide.split(/^## /m).slice(1)) {
    const [{ expected } = { expected: '' }] = readSteps(section)
    const [, next = ''] = /^\*\*Next:\*\*([^]+)/m.exec(section) ?? []
    for (const [, command = ''] of next.matchAll(/`(countersign [^`]+)`/g))
      for (const [word] of command.matchAll(/(?<=\s)[A-Z][A-Z-]+(?=\s|$)/g)) {
        needed++
        assert.match(expected, new RegExp(`(^| |…)${word.replace('-', ' ')}( |…|$)`, 'm'), `${command}: nothing shows ${word}`)
      }
  }
  assert.ok(needed >= 3)
})

test('the commands of docs/incidents.md print what the document says', async () => {
  const { env, folder, requestId } = await aNight()
  const exported = Object.entries(env).map(([name, value]) => `export ${name}='${value}'`)
  const command = `countersign() { '${process.execPath}' --conditions=@countersign/source --disable-warning=ExperimentalWarning '${main}' "$@"; }`
  const cache = `export NODE_COMPILE_CACHE='${process.env['NODE_COMPILE_CACHE'] ?? ''}'`
  const steps = readSteps(guide.replaceAll('explain REQUEST-ID', `explain ${requestId}`))
  await runSteps('docs/incidents.md', steps, { cwd: folder, home: folder, prelude: [...exported, cache, command].join('\n') })

  // A leaked secret is ended with what the page has shown.
  const { stdout } = await callCommand('secret uses api-client-acme --realm nt24-idp', env)
  const [, revoke = '', credential = ''] = /countersign (secret revoke api-client-acme (\S+) .+)$/m.exec(stdout) ?? []
  assert.ok(stdout.split('\n')[1]?.includes(credential.replaceAll(/['…]/g, '')), stdout)
  const { exitCode, stderr } = await callCommand(`${revoke.replaceAll("'", '')} --yes`, env)
  assert.equal(exitCode, 0, stderr)
})

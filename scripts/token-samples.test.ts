// What docs/tokens.md says that tokens have, against the code that makes them.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { findMissingLine, readSteps } from '@countersign/cli/guide-steps.fixture'
import { callCommand } from '@countersign/cli/process.fixture'
import { reservedClaims, tokenProfiles, type TokenProfileName } from '@countersign/protocol'
import { makeTokenSamples, openServerOf, withTokenSamples } from './token-samples.ts'

const page = readFileSync(join(import.meta.dirname, '..', 'docs', 'tokens.md'), 'utf8')
const samples = await makeTokenSamples(page)

test('the tokens in docs/tokens.md are those that a server with its realms issues', () => {
  assert.deepEqual(
    samples.map(({ profile }) => profile),
    Object.keys(tokenProfiles),
  )
  assert.equal(withTokenSamples(page, samples), page, 'run "npm run check", which writes them, and commit them')
})

for (const profile of Object.keys(tokenProfiles) as TokenProfileName[]) {
  test(`docs/tokens.md has a row for each member of a token and a response of the profile ${profile}`, () => {
    const { header, claims, response } = samples.find((sample) => sample.profile === profile)!
    const [, section = ''] = new RegExp(`^### The profile \`${profile}\`\n([^]*?)^##`, 'm').exec(page) ?? []
    const rows = new Set([...section.matchAll(/^\| `([^`]+)`/gm)].map(([, name = '']) => name))
    // The rest of the claims are those that an operator chose.
    const own = new Set(['tier', 'tenant', 'service'])
    const members = new Set([header, claims, response].flatMap((part) => Object.keys(part)))
    assert.deepEqual([...rows].toSorted(), [...members.difference(own)].toSorted())
  })
}

test('docs/tokens.md has a row for each claim that no grant can set', () => {
  const [, section = ''] = /^## What cannot be set\n([^]*?)^## /m.exec(page) ?? []
  const named = [...section.matchAll(/^\| (`.*?`) \|/gm)].flatMap(([, cell = '']) => cell.replaceAll('`', '').split(', '))
  const reserved = Object.values(tokenProfiles).flatMap((profile) => Array.from(reservedClaims(profile)))
  assert.deepEqual(named.toSorted(), [...new Set(reserved)].toSorted())
})

const { operator, origin, close } = await openServerOf(page)
after(close)
const env = { COUNTERSIGN_SERVER: origin, COUNTERSIGN_CLIENT_ID: operator.clientId, COUNTERSIGN_CLIENT_SECRET: operator.clientSecret }

/** The words of a line without variables and escapes, as a shell reads them. */
function splitWords(line: string): string[] {
  return (line.match(/(?:'[^']*'|[^\s'])+/g) ?? []).map((word) => word.replaceAll("'", ''))
}

for (const { line, commands, expected } of readSteps(page)) {
  test(`the commands in line ${line} of docs/tokens.md print what the page shows`, async () => {
    let printed = ''
    for (const command of commands.trim().split('\n')) {
      const [program, ...args] = splitWords(command)
      assert.equal(program, 'countersign')
      const { exitCode, stdout, stderr } = await callCommand(args, env)
      assert.ok(exitCode === 0 || expected.includes('Error: '), `${command}\n${stderr}`)
      printed += stdout + stderr
    }
    assert.equal(findMissingLine(expected, printed), undefined, printed)
  })
}

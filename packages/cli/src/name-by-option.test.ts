import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callCommand } from './process.fixture.ts'

const calls: readonly (readonly [call: string, hint: string])[] = [
  ['usage api-client-acme --realm nt24-idp', '--client api-client-acme, or --organization api-client-acme.'],
  ['client list acme --realm nt24-idp', '--organization acme, or --search acme.'],
  ['partner of acme --realm nt24-idp', '--organization acme.'],
  ['organization list nt24-idp', '--realm nt24-idp.'],
  ['realm list nt24-idp', ''],
]

for (const [call, hint] of calls)
  test(`countersign ${call}: ${hint === '' ? 'no option takes the argument' : 'the options that may be meant are named'}`, async () => {
    const { exitCode, stderr } = await callCommand(call.split(' '))
    assert.equal(exitCode, 2)
    assert.match(stderr, /^Error: (?:too many arguments|required option)/)
    const [, found = ''] = / Perhaps an option is meant: (.*?\.) Run "countersign /.exec(stderr) ?? []
    assert.equal(found, hint)
  })

test('a text with blanks is quoted for the shell', async () => {
  const { stderr } = await callCommand(['partner', 'list', "Alder's Retail", '--realm', 'nt24-idp'])
  assert.match(stderr, /--search 'Alder'\\''s Retail'\. Run/)
})

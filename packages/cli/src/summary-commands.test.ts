import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestDemo } from './demo.fixture.ts'
import { callCommand } from './process.fixture.ts'

await startTestDemo()

const realm = '--realm nt24-idp'

async function run(args: string): Promise<string> {
  const { exitCode, stdout, stderr } = await callCommand(args)
  assert.equal(exitCode, 0, stderr)
  return stdout
}

test('realm summary prints the numbers of a realm', async () => {
  assert.match(await run(`realm summary ${realm}`), /^realm +nt24-idp, as of .*\norganizations +\d+\nclients +\d+\n/)
})

test('find prints what it is, its id, its name and where it is', async () => {
  assert.match(await run(`find acme ${realm}`), /^KIND +ID +NAME +WHERE\norganization +acme +/)
  assert.equal((await run(`find nothing-of-the-kind ${realm}`)).trim(), 'None.')
})

test('secret rotations prints whether the old secret can be ended', async () => {
  await run(`secret rotate api-client-acme ${realm} --window 7d`)
  const text = await run(`secret rotations ${realm} --state issued`)
  assert.match(text, /^CLIENT ID +ORGANIZATION +STATE +OLD LAST USED +ENDS +NOW\n/)
  assert.match(text, /\napi-client-acme +acme +new secret not used yet +\S+ +\S+ +new secret unused\n/)
  assert.doesNotMatch(await run(`secret rotations ${realm} --confirmable`), /api-client-acme/)
  await run(`secret cancel api-client-acme ${realm}`)
})

test('dpa standing prints each organization, and how many have accepted the version', async () => {
  const text = await run(`dpa standing ${realm}`)
  assert.match(text, /^ORGANIZATION +STANDING +ACCEPTED +ACCEPTED AT +REFUSED TODAY\n/)
  assert.match(text, /\n\nVersion \S+: accepted by \d+, an older one by \d+, none by \d+\.\n$/)
})

test('operator me prints whose credentials are used', async () => {
  assert.match(await run('operator me'), /^client id +operator-\S+\n[^]*\nacts in +all realms\nrole +owner\nscopes +organizations:read /)
})

test('health prints what needs attention, the nodes, the database and the keys', async () => {
  const text = await run('health')
  assert.match(
    text,
    /^(?:Nothing needs attention\.|1 thing needs attention:\n\nBAD {2}event-loop[^]*)\n\nNODE +MACHINE +VERSION +READY +SEEN /,
  )
  assert.match(text, /\n[0-9a-f]{8} \(this one\) +\S+ +0\.1\.0 +/)
  assert.match(
    text,
    /\n\ndatabase +SQLite [\d.]+, [\d.]+ (?:kB|MB)\nschema +0\d\d-[a-z-]+, at change \d+\nsigning keys +\d+ that sign, the oldest since \S+ \(.+\)\n$/,
  )
})

test('audit show prints an event with its details', async () => {
  const { items } = JSON.parse(await run('audit search --changes --limit 1 --json')) as { items: [{ id: string; kind: string }] }
  const { id, kind } = items[0]
  const text = await run(`audit show ${id}`)
  assert.ok(text.includes(`kind     ${kind}`), text)
  assert.match(text, /\n\n\{\n {2}"/)
})

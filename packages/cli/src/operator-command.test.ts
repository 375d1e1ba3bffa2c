import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { startTestDemo } from './demo.fixture.ts'
import { callCommand, runBash } from './process.fixture.ts'

await startTestDemo()
const command = `${process.execPath} --conditions=@countersign/source ${join(import.meta.dirname, 'main.ts')}`
/** "script" of util-linux gives a command a terminal. */
const skip = existsSync('/usr/bin/script') ? false : 'there is no "script" to make a terminal with'

test('on a terminal a destructive command asks for the name, and a wrong name changes nothing', { skip }, async () => {
  const { stdout } = await runBash(`script -qec "${command} organization delete acme --realm nt24-idp" /dev/null`, { input: 'acmee\r' })
  assert.match(stdout, /"organization delete" cannot be undone\. Type "acme" to confirm: /)
  assert.match(stdout, /Error: Not confirmed: "acme" was not typed/)
  assert.equal((await callCommand('organization show acme --realm nt24-idp')).exitCode, 0)
})

test('the help of a destructive command names --yes, that of a versioned change --if-version', async () => {
  const [remove, show] = [await callCommand('organization delete --help'), await callCommand('organization show --help')]
  assert.match(remove.stdout, /--yes .*\n/)
  assert.match(remove.stdout, /--if-version <number>/)
  assert.doesNotMatch(show.stdout, /--yes|--if-version/)
})

test('a change for an older version is rejected', async () => {
  const rename = (version: number) => callCommand(`organization update acme --realm nt24-idp --name Acme --if-version ${version} --json`)
  const { version } = JSON.parse((await callCommand('organization show acme --realm nt24-idp --json')).stdout)
  const renamed = await rename(version)
  assert.equal(JSON.parse(renamed.stdout).version, version + 1)
  const refused = await rename(version)
  assert.equal(refused.exitCode, 7)
  const { code, message, next } = JSON.parse(refused.stderr).error
  assert.equal(code, 'precondition-failed')
  assert.equal(message, `The version in --if-version is ${version}, the current one is ${version + 1}.`)
  assert.match(next, /run the command with the new version or without --if-version/)
})

test('fault 7.13: an operator with an invisible name is not created, before the store is opened', async () => {
  for (const name of ['Dep\u200Buty', '\u202Eytuped', '\u3164']) {
    const { exitCode, stderr } = await callCommand(`operator create --config nowhere.yaml --name ${name}`)
    assert.deepEqual([exitCode, stderr.startsWith('Error: "--name" must have')], [2, true], stderr)
  }
})

test('a missing or empty part of the operator credentials is named', async () => {
  const half = await callCommand('realm list', { COUNTERSIGN_CLIENT_ID: 'operator', COUNTERSIGN_CLIENT_SECRET: '' })
  assert.match(half.stderr, /^Error: COUNTERSIGN_CLIENT_SECRET is not set, but the other of the two is\.\nNext: Set both/)
  const none = await callCommand('realm list', { COUNTERSIGN_CLIENT_ID: '', COUNTERSIGN_CLIENT_SECRET: '' })
  assert.equal(none.exitCode, 0, none.stderr)
})

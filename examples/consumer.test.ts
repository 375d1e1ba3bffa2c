import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { aFolder, startTestDemo } from '@countersign/cli/demo.fixture'
import { findFreePorts } from '@countersign/server/free-port.fixture'
import { runNode } from '@countersign/cli/process.fixture'

const demo = await startTestDemo()

const printed = {
  novatrade24: /^Acme: DPA accepted.*\nAlder Retail: 2 orders\nBirch Supplies: 2 orders\n$/,
  'partner-api': /^natural person .*\npayment .*accepted/s,
  ptv: /^call 1: 200\ncall 2: 200\n$/,
  nxtsoft: /^201 .*validated/,
}
for (const [system, output] of Object.entries(printed)) {
  test(`the consumer of ${system} succeeds`, async () => {
    const { exitCode, stdout, stderr } = await runConsumer([system, 'acme'])
    assert.deepEqual([exitCode, stderr], [0, ''])
    assert.match(stdout, output)
  })
}

test('the consumer of partner-api succeeds with a key in place of a secret', async () => {
  const { exitCode, stdout, stderr } = await runConsumer(['partner-api', 'acme-key'])
  assert.deepEqual([exitCode, stderr], [0, ''])
  assert.match(stdout, printed['partner-api'])
})

test('novatrade24 is the default', async () => {
  assert.match((await runConsumer([])).stdout, printed.novatrade24)
})

test('for a client without an accepted DPA the output says what to do', async () => {
  const { exitCode, stdout, stderr } = await runConsumer(['novatrade24', 'delta'])
  assert.equal(exitCode, 1)
  assert.match(stdout, /DPA missing/)
  assert.match(stderr, /What to do: Have an authorized signatory of your organization accept it\..*\nMore: .*\/problems\/dpa-missing/)
})

test('for a requestor without the permission the output says what to do', async () => {
  const { ada: _, bob } = demo.systems['partner-api']!.requestors!
  const home = aFolder()
  const withBobAsAda = structuredClone(demo) as { systems: Record<string, { requestors?: unknown }> }
  withBobAsAda.systems['partner-api']!.requestors = { ada: bob }
  writeFileSync(join(home, 'demo.json'), JSON.stringify(withBobAsAda))
  const { exitCode, stderr } = await runConsumer(['partner-api', 'acme'], { COUNTERSIGN_HOME: home })
  assert.equal(exitCode, 1)
  assert.match(stderr, /What to do: Use a requestor who has the permission/)
})

test('for a disabled client the output says what to check, without a stack trace', async () => {
  const { exitCode, stderr } = await runConsumer(['novatrade24', 'echo'])
  assert.equal(exitCode, 1)
  assert.match(stderr, /invalid_client.*\/problems\/invalid-client \(Request [\w-]+\)\n$/)
  assert.doesNotMatch(stderr, /^ +at /m)
})

test('for an unknown client the output lists the existing ones', async () => {
  const { exitCode, stderr } = await runConsumer(['novatrade24', 'zulu'])
  assert.equal(exitCode, 1)
  assert.match(stderr, /no client "novatrade24 zulu".*novatrade24 acme\n/s)
})

test('without a demo the output says how to start one', async () => {
  const { exitCode, stderr } = await runConsumer([], { COUNTERSIGN_HOME: aFolder() })
  assert.equal(exitCode, 1)
  assert.match(stderr, /^There is no demo in .*npm start/)
})

test('a state file that is not JSON is named', async () => {
  const home = aFolder()
  writeFileSync(join(home, 'demo.json'), '{')
  const { exitCode, stderr } = await runConsumer([], { COUNTERSIGN_HOME: home })
  assert.equal(exitCode, 1)
  assert.match(stderr, /demo\.json" cannot be read: .*JSON.*Remove it and start the demo again/)
})

test('for a stopped demo the output says to start it', async () => {
  const home = aFolder()
  const port = await findFreePorts()
  writeFileSync(join(home, 'demo.json'), JSON.stringify(demo).replaceAll(demo.serverUrl, `http://localhost:${port}`))
  const { exitCode, stderr } = await runConsumer(['ptv', 'acme'], { COUNTERSIGN_HOME: home })
  assert.equal(exitCode, 1)
  assert.equal(stderr, `The demo does not answer on http://localhost:${port}. Start it in another terminal with "npm start".\n`)
})

function runConsumer(args: readonly string[], env: Record<string, string> = {}) {
  return runNode([join(import.meta.dirname, 'consumer.ts'), ...args], { env: { CALLS: '2', PAUSE_SECONDS: '0.1', ...env } })
}

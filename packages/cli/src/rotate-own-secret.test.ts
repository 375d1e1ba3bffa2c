// A rotation by the integrator, against a running server.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createServer, loadConfiguration } from '@countersign/server'
import { findFreePorts } from '@countersign/server/free-port.fixture'
import { aFolder } from './demo.fixture.ts'
import { callCommand, runCommand, startCommand } from './process.fixture.ts'

const { tokenUrl, issuer, operator } = await startServer()

/**
 * A server whose old secrets count as not in use after two seconds: a minute of its clock, for the token and for the margin, takes a second. Its
 * clock starts three hours ago, so that no instant of it is in the future for its clients.
 */
async function startServer() {
  const folder = aFolder()
  const port = await findFreePorts()
  const file = join(folder, 'countersign.yaml')
  await callCommand(`init --config ${file}`)
  const text = readFileSync(file, 'utf8').replaceAll('8080', String(port))
  writeFileSync(file, text.replace('accessTokenLifetime: 5m', 'accessTokenLifetime: 1m').concat('\nlogLevel: warn\n'))
  const start = Date.now()
  const clock = () => start - 3 * 3_600_000 + (Date.now() - start) * 60
  const server = await createServer({ configuration: loadConfiguration(file), clock })
  after(() => server.close())
  await server.listen()
  const { clientId, clientSecret } = await server.createOperator()
  const { tokenUrl, issuer } = server.realms.get('partners')!
  const operator = {
    COUNTERSIGN_SERVER: `http://localhost:${port}`,
    COUNTERSIGN_CLIENT_ID: clientId,
    COUNTERSIGN_CLIENT_SECRET: clientSecret,
  }
  await callCommand('organization create --realm partners --slug acme --name Acme', operator)
  return { tokenUrl, issuer, operator }
}

/** A client whose secret is in a file. */
async function aClient(clientId: string) {
  const created = await callCommand(`client create --realm partners --organization acme --client-id ${clientId} --json`, operator)
  const file = join(aFolder(), 'secret')
  const first: string = JSON.parse(created.stdout).clientSecret
  writeFileSync(file, first, { mode: 0o600 })
  const command = `secret rotate --auto --save-to ${file} --client-id ${clientId}`
  return { clientId, file, first, byIssuer: `${command} --issuer ${issuer}`, stored: () => readFileSync(file, 'utf8').trim().split('\n') }
}

async function isGood(clientId: string, clientSecret: string): Promise<boolean> {
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }
  return (await fetch(tokenUrl, { method: 'POST', body: new URLSearchParams(form) })).status === 200
}

test('one command replaces the secret in the file, reports progress, and ends the old secret', async () => {
  const { clientId, first, file, byIssuer, stored } = await aClient('rotates')
  const { exitCode, stdout, stderr } = await callCommand(byIssuer)
  assert.equal(exitCode, 0, stderr)
  assert.match(stdout, /^Rotated: ".*secret" contains the new secret \([\w-]{36}\), the only valid one\.\n$/)
  assert.match(stderr, /^Stored .*\nGot a token .*\n(Waiting \d s, until .*: the old secret was used at 20.*\n)+Confirmed/)
  const [fresh = '', ...further] = stored()
  assert.deepEqual(further, [])
  assert.deepEqual([await isGood(clientId, first), await isGood(clientId, fresh)], [false, true])
  assert.ok(!(stdout + stderr + file).includes(fresh))
})

test('with --no-wait both secrets are stored; the next run ends the old one, and --json prints the state', async () => {
  const { byIssuer, first, stored } = await aClient('hurries')
  const early = await callCommand(`${byIssuer} --no-wait --window 8d`)
  assert.equal(early.exitCode, 0, early.stderr)
  assert.match(early.stdout, /^Both secrets are valid; .*\nNext: run the same command again after 20.* the old secret expires at 20/)
  assert.equal(stored()[1], first)
  const late = await callCommand(`${byIssuer} --if-due --json`)
  const { clientId, state, secretId } = JSON.parse(late.stdout)
  assert.deepEqual([clientId, state, secretId.length, stored().length], ['hurries', 'rotated', 36, 1])
})

test('with --if-due nothing happens before the rotation is due, so cron may run it every day', async () => {
  const { byIssuer, first, stored } = await aClient('waits')
  const { exitCode, stdout, stderr } = await callCommand(`${byIssuer} --if-due`)
  assert.deepEqual([exitCode, stdout, stderr], [0, 'Nothing to do: the secret is not due for rotation.\n', ''])
  assert.deepEqual(stored(), [first])
})

test('abuse 200: killed after the new secret was stored, the next run continues from there', async () => {
  const { clientId, byIssuer, first, stored } = await aClient('dies')
  const dying = await startCommand(byIssuer, 'Stored', {}, 'stderr')
  await dying.stop('SIGKILL')
  const [fresh = '', older] = stored()
  assert.equal(older, first)
  const { exitCode, stderr } = await runCommand(byIssuer)
  assert.equal(exitCode, 0, stderr)
  assert.deepEqual(stored(), [fresh])
  assert.deepEqual([await isGood(clientId, first), await isGood(clientId, fresh)], [false, true])
})

test('the first run may read the secret from the environment, and writes the file', async () => {
  const { clientId, file, first, stored } = await aClient('begins')
  const other = `${file}-elsewhere`
  const command = `secret rotate --auto --save-to ${other} --token-url ${tokenUrl}`
  const { exitCode, stderr } = await callCommand(command, { COUNTERSIGN_CLIENT_ID: clientId, COUNTERSIGN_CLIENT_SECRET: first })
  assert.equal(exitCode, 0, stderr)
  assert.ok(await isGood(clientId, readFileSync(other, 'utf8').trim()))
  assert.deepEqual(stored(), [first])
})

test('fault 1.7: a rotation that the operator has just started is left alone, without an error as long as it is not due', async () => {
  const { clientId, byIssuer, first, stored } = await aClient('handed-over')
  const started = await callCommand(`secret rotate ${clientId} --realm partners --json`, operator)
  const daily = await callCommand(`${byIssuer} --if-due`)
  assert.deepEqual([daily.exitCode, daily.stdout], [0, 'Nothing to do: the secret is not due for rotation.\n'])
  const { exitCode, stderr } = await callCommand(byIssuer)
  assert.deepEqual([exitCode, stored()], [7, [first]])
  assert.match(
    stderr,
    /^Error: The operator started a rotation at 20\S+ .* Nothing was changed\.\nNext: Ask the operator for the new secret/,
  )
  assert.ok(await isGood(clientId, JSON.parse(started.stdout).clientSecret))
  assert.match((await callCommand(`secret status ${clientId} --realm partners`, operator)).stdout, /^started by +operator$/m)
})

test('fault 1.2: for the secret of an operator, the error names the command to use', async () => {
  const file = join(aFolder(), 'secret')
  writeFileSync(file, operator.COUNTERSIGN_CLIENT_SECRET, { mode: 0o600 })
  const { COUNTERSIGN_SERVER: server, COUNTERSIGN_CLIENT_ID: clientId } = operator
  const command = `secret rotate --auto --save-to ${file} --client-id ${clientId} --issuer ${server}/realms/operators`
  const { exitCode, stdout, stderr } = await callCommand(command)
  assert.deepEqual([exitCode, stdout], [4, ''])
  assert.match(stderr, /error: no-self-service-here\. .*admin API.*\nNext: Use "countersign secret rotate <client-id> --realm operators"/)
  assert.equal(readFileSync(file, 'utf8'), operator.COUNTERSIGN_CLIENT_SECRET)
})

test('a rotation by the operator whose new secret is in use elsewhere is left alone', async () => {
  const { clientId, byIssuer, first, stored } = await aClient('shares')
  const started = await callCommand(`secret rotate ${clientId} --realm partners --json`, operator)
  assert.ok(await isGood(clientId, JSON.parse(started.stdout).clientSecret))
  const { exitCode, stdout, stderr } = await callCommand(byIssuer)
  assert.deepEqual([exitCode, stdout, stored()], [7, '', [first]])
  assert.match(stderr, /^Error: A rotation is in progress, .* Nothing was changed\.\nNext: Finish it where it was started/)
})

const noServer = await findFreePorts()
const failures: Record<string, readonly [args: (file: string) => string, message: RegExp]> = {
  'no file is named': [
    () => `--auto --issuer ${issuer} --client-id x`,
    /No file is given for the secret.*\nNext: Add --save-to FILE: countersign /,
  ],
  'no client is named': [(file) => `--auto --save-to ${file} --issuer ${issuer}`, /No client is given.*\nNext: Pass --client-id/],
  'there is no secret yet': [
    (file) => `--auto --save-to ${file}-none --issuer ${issuer} --client-id x`,
    /There is no file ".*-none", and no secret for "x" was given\.\nNext: Write the current secret of "x" to that file/,
  ],
  'the secret is wrong': [(file) => `--auto --save-to ${file} --issuer ${issuer} --client-id x`, /invalid_client: .*\nNext: See http/],
  'the server is not there': [
    (file) => `--auto --save-to ${file} --issuer http://localhost:${noServer} --client-id x`,
    /could not be reached.*\nNext: Start the server/,
  ],
  'the window is not a duration': [
    (file) => `--auto --save-to ${file} --issuer ${issuer} --client-id x --window week`,
    /"--window week" is not a duration/,
  ],
  'the folder does not exist': [
    (file) => `--auto --save-to ${file}/none --issuer ${issuer} --client-id x`,
    /ENOTDIR.*\nNext: Check the path/,
  ],
  'an option of the operator is given': [(file) => `x --auto --save-to ${file}`, /"client-id" cannot be used with --auto\.\nNext: Run/],
  'its own options are given without --auto': [(file) => `x --realm partners --save-to ${file}`, /"--save-to" requires --auto\./],
  'neither --auto nor a client is given': [() => '--realm partners', /missing required argument 'client-id'\nNext: Run/],
}
for (const [what, [args, message]] of Object.entries(failures)) {
  test(`if ${what}, it fails and says what to do next`, async () => {
    const file = join(aFolder(), 'secret')
    writeFileSync(file, 'csk_of_nobody', { mode: 0o600 })
    const { exitCode, stdout, stderr } = await callCommand(`secret rotate ${args(file)}`)
    assert.deepEqual([[2, 3, 4, 8].includes(exitCode!), stdout], [true, ''])
    assert.match(stderr, message)
    assert.doesNotMatch(stderr, /^ +at |csk_of_nobody/m)
  })
}

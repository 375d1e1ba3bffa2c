import assert from 'node:assert/strict'
import { chmodSync, copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { findFreePorts } from '@countersign/server/free-port.fixture'
import { aFolder, startTestDemo } from './demo.fixture.ts'
import { demoStateFile } from './home.ts'
import { callCommand, runCommand } from './process.fixture.ts'

const { systems } = await startTestDemo()
const { issuer, tokenUrl, apiUrl, clients } = systems['novatrade24']!
const { clientId, clientSecret } = clients['acme']!

test('a client of the demo gets a token that its API accepts', async () => {
  const { exitCode, stdout, stderr } = await runCommand('token get novatrade24/acme')
  assert.deepEqual([exitCode, stderr], [0, ''])
  const { status } = await fetch(`${apiUrl}/v1/me`, { headers: { authorization: `Bearer ${stdout.trim()}` } })
  assert.equal(status, 200)
})

test('--json adds the lifetime and the scope of the token', async () => {
  const { stdout } = await callCommand('token get novatrade24/acme --json --scope email')
  const { access_token, expires_in, scope } = JSON.parse(stdout)
  assert.match(access_token, /^eyJ/)
  assert.ok(expires_in > 290 && expires_in <= 300)
  assert.equal(scope, 'email')
})

for (const system of Object.keys(systems)) {
  test(`--decode prints header and claims of a token of ${system}`, async () => {
    const { exitCode, stdout } = await callCommand(`token get ${system}/acme --decode`)
    assert.equal(exitCode, 0)
    const { header, claims } = JSON.parse(stdout)
    assert.equal(header.alg, system === 'nxtsoft' ? 'RS256' : 'ES256')
    assert.equal(claims.iss, systems[system]!.issuer)
    assert.equal(claims.client_id, systems[system]!.clients['acme']!.clientId)
  })
}

test('the secret is read from the environment, a file or standard input', async () => {
  const file = join(aFolder(), 'secret')
  writeFileSync(file, `${clientSecret}\n`, { mode: 0o600 })
  const byIssuer = `token get --issuer ${issuer} --client-id ${clientId}`
  const byTokenUrl = `token get --token-url ${tokenUrl} --client-id ${clientId}`
  const results = [
    await callCommand(byIssuer, { COUNTERSIGN_CLIENT_SECRET: clientSecret }),
    await callCommand(`${byTokenUrl} --client-secret-file ${file}`),
    await runCommand(`${byTokenUrl} --client-secret-file -`, { input: clientSecret }),
  ]
  for (const { stdout, stderr } of results) assert.match(stdout, /^eyJ/, stderr)
})

test('fault 6.9: a secret in a file that all users may read is not sent, nor is that of an open demo state', async () => {
  const file = join(aFolder(), 'secret')
  writeFileSync(file, clientSecret)
  const get = `token get --token-url ${tokenUrl} --client-id ${clientId} --client-secret-file ${file}`
  for (const mode of [0o666, 0o644, 0o602]) {
    chmodSync(file, mode)
    const { exitCode, stdout, stderr } = await callCommand(get)
    assert.deepEqual([exitCode, stdout], [8, ''])
    assert.match(stderr, /is accessible to every user of this machine \(mode 6\d\d\)\.\nNext: Run "chmod o= /)
  }
  chmodSync(file, 0o640)
  assert.equal((await callCommand(get)).exitCode, 0)

  const folder = aFolder()
  copyFileSync(demoStateFile(), join(folder, 'demo.json'))
  chmodSync(join(folder, 'demo.json'), 0o644)
  const { exitCode, stderr } = await callCommand('token get novatrade24/acme', { COUNTERSIGN_HOME: folder })
  assert.deepEqual([exitCode, stderr.includes('demo.json" is accessible to every user')], [8, true])
})

test('the secret of an operator is not sent for another client', async () => {
  const { exitCode, stderr } = await callCommand(`token get --token-url ${tokenUrl} --client-id ${clientId}`, {
    COUNTERSIGN_CLIENT_ID: 'operator-1',
    COUNTERSIGN_CLIENT_SECRET: clientSecret,
  })
  assert.equal(exitCode, 2)
  assert.match(
    stderr,
    /is the secret of "operator-1" \(COUNTERSIGN_CLIENT_ID\), not of "api-client-acme"\.\nNext: Use --client-secret-file/,
  )
})

const noServer = await findFreePorts()
const secret = { COUNTERSIGN_CLIENT_SECRET: 'csk_of_nobody' }
const failures: Record<string, readonly [env: Record<string, string>, message: RegExp]> = {
  'novatrade24/zulu': [{}, /The demo has no client "novatrade24\/zulu"\.\nNext: Use one of novatrade24\/acme, /],
  'novatrade24/echo': [{}, /invalid_client: The client could not be authenticated.*\nNext: See http:.*\/problems\/invalid-client\n$/],
  'novatrade24/acme --scope admin': [{}, /invalid_scope: .*\nNext: See http:.*\/problems\/invalid-scope\n$/],
  'novatrade24/acme --scope "': [{}, /"scope" must be .*\nNext: Run "countersign token get --help"/],
  [`--token-url ${tokenUrl} --client-id x`]: [{}, /No secret for "x" was given\.\nNext: Use --client-secret-file/],
  [`--token-url ${tokenUrl} --client-id x --client-secret-file ./none`]: [{}, /no such file.*none'\nNext: Check the path/],
  [`--token-url http://localhost:${noServer}/token --client-id x`]: [
    secret,
    /could not be reached.*\nNext: Start the server \("npm start"/,
  ],
  '--token-url http://auth.example.com/token --client-id x': [secret, /"tokenUrl" must be an absolute https URL.*\nNext: Run/],
}
for (const [args, [env, message]] of Object.entries(failures)) {
  test(`"token get ${args.replaceAll(/:\d+/g, '')}" fails and says what to do next`, async () => {
    const { exitCode, stdout, stderr } = await callCommand(`token get ${args}`, env)
    assert.deepEqual([[2, 3, 4, 5, 8].includes(exitCode!), stdout], [true, ''])
    assert.match(stderr, message)
    assert.doesNotMatch(stderr, /^ +at /m, 'no stack trace')
  })
}

test('fault 7.12: a damaged secret in the environment or a file is named before it is sent, and not printed', async () => {
  const arguments_ = `token get --token-url ${tokenUrl} --client-id ${clientId}`
  const file = join(aFolder(), 'secret')
  writeFileSync(file, Buffer.from('csk_canary\r\n', 'utf16le'), { mode: 0o600 })
  const results = [
    await callCommand(arguments_, { COUNTERSIGN_CLIENT_SECRET: 'csk_canary\r' }),
    await callCommand(arguments_, { COUNTERSIGN_CLIENT_SECRET: '“csk_canary”' }),
    await callCommand(`${arguments_} --client-secret-file ${file}`),
    await callCommand(`token get --token-url ${tokenUrl}`, { COUNTERSIGN_CLIENT_ID: 'a\r', COUNTERSIGN_CLIENT_SECRET: 'csk_canary' }),
    await callCommand(`token get --token-url ${tokenUrl} --client-id a\u00A0 --client-secret-file ${file}`),
    await callCommand('realm list', { COUNTERSIGN_CLIENT_ID: 'operator', COUNTERSIGN_CLIENT_SECRET: 'csk_canary ' }),
    await callCommand('realm list', { COUNTERSIGN_CLIENT_ID: 'operator\r', COUNTERSIGN_CLIENT_SECRET: 'csk_canary' }),
  ]
  const named = [
    /carriage return/,
    /typographic/,
    /UTF-16/,
    /COUNTERSIGN_CLIENT_ID contains a line end/,
    /--client-id begins or ends with white space/,
    /CLIENT_SECRET begins or ends with white space/,
    /CLIENT_ID contains a line end/,
  ]
  for (const [index, { exitCode, stdout, stderr }] of results.entries()) {
    assert.notEqual(exitCode, 0)
    assert.match(stderr, named[index]!)
    assert.match(stderr, /Nothing was sent/)
    assert.doesNotMatch(stdout + stderr, /canary/)
  }
})

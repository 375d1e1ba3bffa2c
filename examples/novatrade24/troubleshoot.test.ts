import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { aFolder, startTestDemo } from '@countersign/cli/demo.fixture'
import { callCommand, runNode } from '@countersign/cli/process.fixture'
import { troubleshootingList } from './troubleshooting-list.ts'

/** The expected result of each line: the status, the problem's name on the wire and its page, and the document's own remedy. */
const expected: Record<keyof typeof troubleshootingList, readonly [status: number, problem: string, page: string, remedy: RegExp]> = {
  'token-expired': [401, 'expired-token', 'expired-token', /request a new token from the token endpoint/],
  'wrong-realm': [401, 'invalid-token', 'invalid-token', /Verify the realm in your token URL .*realms\/nt24-idp/],
  'wrong-realm-in-token-url': [404, 'error=invalid_request', 'wrong-realm', /Verify the realm in the token URL.*realms\/nt24-idp/],
  'malformed-header': [401, 'malformed-authorization', 'malformed-authorization', /"Authorization: Bearer <token>", with one space/],
  'partner-not-authorized': [403, 'partner-not-authorized', 'partner-not-authorized', /Check "partners" in the response of "GET \/v1\/me"/],
  'capability-missing': [403, 'capability-missing', 'capability-missing', /ask the provider to enable the capability/],
  'dpa-not-accepted': [403, 'dpa-missing', 'dpa-missing', /accept it/],
  'dpa-outdated': [403, 'dpa-outdated', 'dpa-outdated', /Accept the required version/],
  'wrong-client-or-secret': [401, 'error=invalid_client', 'invalid-client', /Check both for typos/],
  'client-disabled': [401, 'error=invalid_client', 'invalid-client', /Contact the support/],
  'service-account-off': [401, 'error=invalid_client', 'invalid-client', /enable the service account of the client/],
  'wrong-grant-type': [400, 'error=invalid_grant', 'wrong-grant-type', /exactly grant_type=client_credentials, in lower case/],
  'username-or-password': [400, 'error=invalid_grant', 'user-credentials-sent', /Do not include username or password/],
}

const script = join(import.meta.dirname, 'troubleshoot.ts')
const { serverUrl, systems } = await startTestDemo()
const all = await runNode([script, '--all'])
const sections = new Map(all.stdout.split(/\n\n(?=[a-z])/).map((section) => [section.split(':', 1)[0], section.trim()]))

test('every line of the list is reproduced, and no other', () => {
  assert.equal(all.exitCode, 0, all.stderr)
  assert.deepEqual([...sections.keys()], Object.keys(expected))
})

for (const [name, [status, problem, page, remedy]] of Object.entries(expected)) {
  test(`${name}: ${status} ${problem}, and its page has the remedy`, async () => {
    const section = sections.get(name) ?? ''
    assert.ok(section.startsWith(`${name}: ${troubleshootingList[name]!.line}\n`))
    const printed = (fact: string) => new RegExp(`^  ${fact} +(.+)$`, 'm').exec(section)?.[1] ?? ''
    assert.equal(printed('status'), String(status))
    assert.ok(printed('problem').startsWith(`${problem}: `), printed('problem'))
    assert.equal(printed('page'), `${serverUrl}/problems/${page}`)
    assert.match(printed('remedy'), remedy)
    assert.match(printed('id'), /^[-0-9a-f]{20,}, for "npm run countersign -- explain ID"/)
    assert.match(await readPage(page, 'text/html'), remedy)
    assert.match(await readPage(page, 'application/json'), remedy)
  })
}

test('it reports that it waits for a token to expire', () => {
  assert.match(all.stderr, /Waiting 2 seconds for the token of golf to expire/)
})

test('neither a secret nor a token is printed', () => {
  const secrets = Object.values(systems['novatrade24']!.clients).map(({ clientSecret }) => clientSecret)
  assert.ok(!secrets.some((secret) => all.stdout.includes(secret)))
  assert.doesNotMatch(all.stdout, /eyJ/)
})

test('without an argument it lists the names', async () => {
  const { exitCode, stdout } = await runNode([script])
  assert.equal(exitCode, 0)
  for (const [name, { line }] of Object.entries(troubleshootingList)) assert.match(stdout, new RegExp(`${name} +${RegExp.escape(line)}`))
})

test('for an unknown name the output lists the existing ones', async () => {
  const { exitCode, stderr } = await runNode([script, 'tokken-expired'])
  assert.equal(exitCode, 1)
  assert.match(stderr, /no line "tokken-expired".*token-expired/s)
})

test('without a demo the output says how to start one', async () => {
  const { exitCode, stderr } = await runNode([script, '--all'], { env: { COUNTERSIGN_HOME: aFolder() } })
  assert.equal(exitCode, 1)
  assert.match(stderr, /^There is no demo in ".*demo\.json"\. Start it in another terminal with "npm start"\.\n$/)
})

test('without a token the output says so and why, and no request without one is shown', async () => {
  const { clientId } = systems['novatrade24']!.clients['borealis']!
  const set = (verb: string) => callCommand(`client ${verb} ${clientId} --realm nt24-idp`)
  assert.equal((await set('disable')).exitCode, 0)
  const { exitCode, stdout, stderr } = await runNode([script, 'capability-missing'])
  await set('enable')
  assert.deepEqual([exitCode, stdout], [1, ''])
  assert.match(
    stderr,
    new RegExp(`^There is no token, so the line cannot be reproduced: "${clientId}" got invalid_client: .+\nNext: undo `),
  )
})

/** The page in one of its media types, with HTML converted to the text that a reader sees. */
async function readPage(code: string, accept: string): Promise<string> {
  const response = await fetch(`${serverUrl}/problems/${code}`, { headers: { accept } })
  assert.match(response.headers.get('content-type') ?? '', new RegExp(`^${accept}`))
  const text = await response.text()
  if (accept === 'application/json')
    return (JSON.parse(text) as { causes: { remedy: string }[] }).causes.map(({ remedy }) => remedy).join('\n')
  return text.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}

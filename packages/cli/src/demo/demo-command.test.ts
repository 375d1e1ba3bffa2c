// The newcomer's first minute, in child processes as `npm start` makes them.
import assert from 'node:assert/strict'
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { skipWithoutCurl } from '../curl.fixture.ts'
import { findFreePorts } from '@countersign/server/free-port.fixture'
import { aFolder } from '../demo.fixture.ts'
import type { DemoState } from '../home.ts'
import { callCommand, runBash, startCommand } from '../process.fixture.ts'

const home = aFolder()
const port = await findFreePorts()
const env = { COUNTERSIGN_HOME: home, PORT: String(port) }
const demo = await startDemoCommand()
const first = readState()

test('it prints the URLs and the next commands to try', () => {
  assert.ok(demo.stdout.includes(`the server on http://localhost:${port}, the sample APIs of four systems on http://localhost:${port + 1}`))
  assert.ok(demo.stdout.includes(join(home, 'demo.json')))
  for (const next of ['npm run countersign -- token get', 'npm run consumer', 'npm run troubleshoot', '/problems', 'Ctrl-C'])
    assert.ok(demo.stdout.includes(next), next)
})

test('it prints a link that signs in to the console once', async () => {
  const [, link = '', code = ''] = /^Console  (\S+#once=(\S+))  \(signs you in once, 10 minutes\)$/m.exec(demo.stdout) ?? []
  assert.equal(link, `${first.serverUrl}/console#once=${code}`)
  const signIn = () =>
    fetch(`${first.serverUrl}/console/api/session`, {
      method: 'POST',
      headers: { origin: first.serverUrl, 'content-type': 'application/json' },
      body: JSON.stringify({ once: code }),
    })
  const signedIn = await signIn()
  const session = (await signedIn.json()) as Record<string, unknown>
  assert.deepEqual([signedIn.status, session['clientId'], session['owner']], [201, first.operator.clientId, true])
  assert.equal((await signIn()).status, 401)
})

test('it names where the secrets are that pages ask for again, and prints none', () => {
  assert.ok(demo.stdout.includes(`of ${first.operator.clientId} it is "operator.clientSecret" in that file`))
  const { clientSecret } = first.systems['novatrade24']!.clients['acme']!
  for (const secret of [first.operator.clientSecret, clientSecret]) assert.ok(!lineOfSecrets().includes(secret))
})

const lineOfSecrets = () => demo.stdout.split('Request a token')[0]!

test('it prints a link that signs the client of Acme in to the portal once', async () => {
  const [, link = '', code = ''] = /^Portal   (\S+#once=(\S+))  \(as Acme's order backend, 10 minutes\)$/m.exec(demo.stdout) ?? []
  assert.equal(link, `${first.serverUrl}/portal#once=${code}`)
  const signIn = (mount: string) =>
    fetch(`${first.serverUrl}/${mount}/api/session`, {
      method: 'POST',
      headers: { origin: first.serverUrl, 'content-type': 'application/json' },
      body: JSON.stringify({ once: code }),
    })
  assert.equal((await signIn('console')).status, 401)
  const signedIn = await signIn('portal')
  const session = (await signedIn.json()) as Record<string, unknown>
  const { issuer, clients } = first.systems['novatrade24']!
  assert.deepEqual([signedIn.status, session['issuer'], session['clientId']], [201, issuer, clients['acme']!.clientId])
  assert.equal((await signIn('portal')).status, 401)
})

const commands = [...demo.stdout.matchAll(/^# (\S+)\n(curl .*)$/gm)].map(([, system, command]) => ({ system, command: command! }))
test('it prints a curl command for each of the four systems', () => {
  assert.deepEqual(
    commands.map(({ system }) => system),
    ['novatrade24', 'partner-api', 'ptv', 'nxtsoft'],
  )
})
for (const { system, command } of commands) {
  test(`the printed curl command of ${system} gets a token when it is pasted`, { skip: skipWithoutCurl() }, async () => {
    const { stdout, stderr } = await runBash(command)
    assert.match(JSON.parse(stdout).access_token, /^eyJ/, stderr)
  })
}

test('it prints a command for the client with a key, whose private key only its owner can read', async () => {
  const [, command = ''] = /^npm run countersign -- (token get --issuer .*)$/m.exec(demo.stdout) ?? []
  const { stdout, stderr } = await callCommand(command.replaceAll("'", ''), env)
  assert.match(stdout, /^eyJ/, stderr)
  const { keyFile } = first.systems['partner-api']!.keyedClients!['acme']!
  assert.equal(statSync(keyFile).mode & 0o777, 0o600)
  assert.match((await callCommand('token get partner-api/acme-key', env)).stdout, /^eyJ/)
})

test('the uses of each secret of the past are as many as the tokens that were issued by it', async () => {
  const { tokenUrl, clientId, clientSecret } = first.operator
  const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret })
  const { access_token: token } = (await (await fetch(tokenUrl, { method: 'POST', body: form })).json()) as { access_token: string }
  const get = async <Answer>(path: string) => {
    const response = await fetch(`${first.serverUrl}/admin/v1/realms/nt24-idp/${path}`, { headers: { authorization: `Bearer ${token}` } })
    return (await response.json()) as Answer
  }
  const from = new Date(Date.now() - 3 * 86_400_000).toISOString()
  for (const client of ['iris', 'kestrel', 'linden'].map((slug) => `api-client-${slug}`)) {
    const { items } = await get<{ items: { credential: { id: string }; count: number }[] }>(`credential-uses?client=${client}&limit=200`)
    const { series } = await get<{ series: { key: string; total: number }[] }>(
      `usage?client=${client}&by=credential&what=token&from=${encodeURIComponent(from)}`,
    )
    assert.ok(series.length > 0)
    for (const { key, total } of series) {
      const uses = items.filter(({ credential }) => credential.id === key).reduce((sum, { count }) => sum + count, 0)
      assert.ok(Math.abs(uses - total) < 3, `${client}: ${uses} uses, ${total} tokens`)
    }
  }
})

test('the state file has the members that other programs rely on, and only its owner can read it', () => {
  assert.equal(statSync(join(home, 'demo.json')).mode & 0o777, 0o600)
  assert.deepEqual(membersOf(first), ['apiUrl', 'operator', 'serverUrl', 'systems'])
  assert.deepEqual(membersOf(first.operator), ['clientId', 'clientSecret', 'tokenUrl'])
  assert.deepEqual(membersOf(first.systems), ['novatrade24', 'nxtsoft', 'partner-api', 'ptv'])
  for (const [name, system] of Object.entries(first.systems)) {
    const ofPartnerApi = (member: string) => (name === 'partner-api' ? [member] : [])
    const members = ['apiUrl', 'clients', 'guard', 'issuer', ...ofPartnerApi('keyedClients'), ...ofPartnerApi('requestors'), 'tokenUrl']
    assert.deepEqual(membersOf(system), members)
    assert.deepEqual(membersOf(system.guard), ['clientId', 'clientSecret'])
    assert.equal(system.apiUrl, `http://localhost:${port + 1}/${name}`)
    for (const client of Object.values(system.clients))
      assert.deepEqual(membersOf(client), ['clientId', 'clientSecret', 'organizationId', 'partnerIds'])
  }
  assert.deepEqual(membersOf(first.systems['novatrade24']!.clients), [
    'acme',
    'borealis',
    'cobalt',
    'delta',
    'echo',
    'foxtrot',
    'golf',
    'harbor',
  ])
  const { ada, bob } = first.systems['partner-api']!.requestors!
  assert.deepEqual([membersOf(ada), ada?.permitted, bob?.permitted], [['id', 'permitted'], true, false])
})

test('a second demo with the same state changes nothing of the first, even if its state file is lost', async () => {
  rmSync(join(home, 'demo.json'))
  const { exitCode, stderr } = await callCommand('demo', { ...env, PORT: String(await findFreePorts()) })
  writeFileSync(join(home, 'demo.json'), JSON.stringify(first), { mode: 0o600 })
  assert.equal(exitCode, 7)
  assert.match(stderr, /is already running with its state in ".*"\.\nNext: .*COUNTERSIGN_HOME/)
  assert.equal((await fetch(`${first.serverUrl}/problems`)).status, 200)
})

test('a second demo on the same port fails and says what to do', async () => {
  const { exitCode, stdout, stderr } = await callCommand('demo', { ...env, COUNTERSIGN_HOME: aFolder() })
  assert.deepEqual([exitCode, stdout], [7, ''])
  assert.match(stderr, new RegExp(`Another program already listens on 127\\.0\\.0\\.1:${port}\\.\nNext: .*"PORT=9000 npm start"`))
})

test('fault 6.6: SIGHUP does not end it', async () => {
  demo.send('SIGHUP')
  assert.equal((await fetch(`${first.serverUrl}/problems`)).status, 200)
  demo.send('SIGHUP')
  assert.equal((await fetch(`${first.systems['ptv']!.apiUrl}/routes`)).status, 401)
})

test('SIGTERM stops it without waiting for open connections to end', async () => {
  await fetch(`${first.systems['ptv']!.apiUrl}/routes`)
  const asked = performance.now()
  const { exitCode } = await demo.stop('SIGTERM')
  assert.equal(exitCode, 0)
  // A keep-alive connection ends by itself after 75 s, so the limit is well below that and leaves time for a busy machine.
  assert.ok(performance.now() - asked < 10_000)
})

test('the next start keeps clients and secrets, on another port as well', async () => {
  const other = await findFreePorts()
  const again = await startDemoCommand(`demo --port ${other}`)
  const moved = JSON.stringify(first)
    .replaceAll(String(port + 1), String(other + 1))
    .replaceAll(String(port), String(other))
  assert.deepEqual(readState(), JSON.parse(moved))
  const { stdout, stderr } = await callCommand('token get novatrade24/acme', env)
  assert.match(stdout, /^eyJ/, stderr)
  await again.stop()
})

test('an occupied port of the sample APIs is named, and nothing is lost', async () => {
  const before = readState()
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen({ host: '127.0.0.1', port: port + 1 }, resolve))
  const { exitCode, stderr } = await callCommand('demo', env)
  taken.close()
  assert.equal(exitCode, 7)
  assert.match(stderr, new RegExp(`Another program already listens on 127\\.0\\.0\\.1:${port + 1}`))
  assert.deepEqual(readState(), before)
})

test('an unreadable state file is named, and nothing is overwritten', async () => {
  const file = join(home, 'demo.json')
  const before = readFileSync(file, 'utf8')
  writeFileSync(file, before.slice(0, 100))
  const { exitCode, stderr } = await callCommand('demo', env)
  assert.equal(exitCode, 8)
  assert.match(stderr, /demo\.json" is not the state of a demo: .*\nNext: Remove that file and start the demo/)
  assert.equal(readFileSync(file, 'utf8'), before.slice(0, 100))
})

test('a demo whose state file is lost starts again with new secrets', async () => {
  rmSync(join(home, 'demo.json'))
  const anew = await startDemoCommand()
  const { clientId, clientSecret } = readState().systems['novatrade24']!.clients['acme']!
  assert.equal(clientId, 'api-client-acme')
  assert.notEqual(clientSecret, first.systems['novatrade24']!.clients['acme']!.clientSecret)
  await anew.stop()
})

test('an unusable store fails with the path to remove', async () => {
  writeFileSync(join(home, 'demo', 'countersign.db'), 'this is no database, whatever its name says '.repeat(100))
  const { exitCode, stderr } = await callCommand('demo', env)
  assert.equal(exitCode, 8)
  assert.match(stderr, /Next: Remove ".*demo" and start the demo again; it creates new secrets/)
})

function startDemoCommand(command = 'demo') {
  return startCommand(command, 'Ctrl-C stops it', { env })
}

function readState(): DemoState {
  return JSON.parse(readFileSync(join(home, 'demo.json'), 'utf8')) as DemoState
}

function membersOf(value: object | undefined): string[] {
  return Object.keys(value ?? {}).toSorted()
}

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileOf, nodeCommandOf } from './certify/backends.fixture.ts'
import { explain, scenarioIds, titleOf } from './certify/certify-backend.ts'
import { aFolder } from './demo.fixture.ts'
import { callCommand, startCommand } from './process.fixture.ts'

const page = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'certify.md'), 'utf8')
const good = nodeCommandOf('good', 'fetch')

test('a backend that does something wrong ends with exit code 1, as JSON and as JUnit XML', async () => {
  const junit = join(aFolder(), 'certify.xml')
  const bad = nodeCommandOf('bad', 'renews-on-403')
  const only = ['--only', 'unknown-members', 'insufficient-scope']
  const { exitCode, stdout } = await callCommand(['certify', '--json', '--junit', junit, ...only, '--parallel', '2', '--', ...bad])
  assert.equal(exitCode, 1)
  const { right, wrong, notTested, scenarios } = JSON.parse(stdout)
  assert.deepEqual({ right, wrong, notTested }, { right: 1, wrong: 1, notTested: 0 })
  assert.deepEqual(
    scenarios.map(({ id, outcome }: { id: string; outcome: string }) => [id, outcome]),
    [
      ['insufficient-scope', 'wrong'],
      ['unknown-members', 'right'],
    ],
  )
  assert.match(readFileSync(junit, 'utf8'), /failures="1"[\s\S]*<failure message="the call was sent 2 times">/)
})

test('variables can have the names of the backend, and its trigger another path', async () => {
  const backend = join(aFolder(), 'backend.mjs')
  writeFileSync(
    backend,
    `import { createServer } from 'node:http'
process.env.TOKEN_URL = process.env.MY_TOKEN_URL
const { serve } = await import(${JSON.stringify(fileOf('bad', 'backend.mjs'))})
createServer((request, response) => response.writeHead(request.url === '/sync' ? 200 : 404).end()).listen(process.env.MY_PORT, '127.0.0.1')`,
  )
  const options = ['--only', 'call', '--env', 'TOKEN_URL=MY_TOKEN_URL', 'PORT=MY_PORT', '--trigger', '/sync']
  const { exitCode, stdout } = await callCommand(['certify', ...options, '--', process.execPath, backend])
  assert.equal(exitCode, 1)
  assert.match(stdout, /the trigger got 200; the token endpoint saw no request; the API saw no request/)
})

test('a rotation is not tested where the backend does not read the file, unless it may be restarted', async () => {
  const backend = join(aFolder(), 'backend.mjs')
  writeFileSync(
    backend,
    `import { Backend, serve } from ${JSON.stringify(fileOf('bad', 'backend.mjs'))}
class FromEnvironment extends Backend {
  readSecret() {
    return process.env.CLIENT_SECRET
  }
}
serve(new FromEnvironment())`,
  )
  const certify = (...options: string[]) => callCommand(['certify', '--only', 'rotation', ...options, '--', process.execPath, backend])
  const without = await certify()
  assert.equal(without.exitCode, 0)
  assert.match(without.stdout, /^not tested +rotation[^\n]*\n +The backend gets no token .* --restart-on-rotation/)
  const restarted = await certify('--restart-on-rotation')
  assert.match(restarted.stdout, /^right +rotation/)
})

test('a key in PEM is rotated by a restart, by each algorithm, and a wrong audience is one finding, also if it was not asked for', async () => {
  const backend = join(aFolder(), 'backend.mjs')
  writeFileSync(
    backend,
    `import { readFileSync } from 'node:fs'
import { createTokenProvider, privateKeyJwt, withBearer } from '@countersign/client'
import { serve } from ${JSON.stringify(fileOf('good', 'serve.mjs'))}
const { ISSUER, TOKEN_URL, API_URL, CLIENT_ID, CLIENT_SECRET, CLIENT_KEY_FILE, CLIENT_KEY_ID, CLIENT_KEY_ALGORITHM } = process.env
const key = () => ({ privateKey: readFileSync(CLIENT_KEY_FILE, 'utf8'), keyId: CLIENT_KEY_ID, algorithm: CLIENT_KEY_ALGORITHM })
const audience = process.argv[2] === 'token' ? TOKEN_URL : ISSUER
const clientAuth = privateKeyJwt({ privateKey: key, audience })
const call = withBearer(fetch, createTokenProvider({ tokenUrl: TOKEN_URL, clientId: CLIENT_ID, clientAuth }), { origins: [API_URL] })
serve(async () => CLIENT_SECRET ?? (await call(API_URL + '/v1/orders')).status)`,
  )
  symlinkSync(join(import.meta.dirname, '..', '..', '..', 'node_modules'), join(backend, '..', 'node_modules'))
  const certify = (...args: string[]) =>
    callCommand(['certify', '--auth', 'private_key_jwt', ...args.slice(1), '--', ...good.slice(0, -1), backend, args[0]!])
  const rotation = ['--only', 'key-rotation', '--key-algorithm', 'RS256']
  assert.match(
    (await certify('issuer', ...rotation)).stdout,
    /^not tested +key-rotation[^\n]*\n.* the key in the file that CLIENT_JWK_FILE names/,
  )
  assert.match((await certify('issuer', ...rotation, '--restart-on-rotation')).stdout, /^right +key-rotation/)
  const { exitCode, stdout } = await certify('token', '--only', 'cached')
  assert.equal(exitCode, 1)
  assert.match(stdout, /^not tested +cached .*\n +No call succeeds\.\nWRONG +assertion .*\n +Seen: +"aud" of the assertion is ".*token"/)
  assert.match(stdout, /\n0 right, 1 wrong, 1 not tested\n/)
})

test('a backend that sends its secret in another way than it is registered for is told the way', async () => {
  const { stdout } = await callCommand(['certify', '--auth', 'client_secret_post', '--only', 'call', '--', ...good])
  assert.match(
    stdout,
    /Remedy: +Authenticate by client_secret_post, for which "--auth" has registered the client: it sends it in the body\./,
  )
})

test('a backend that does not trust the authority of the run is told which file has it, and one that does is right', async () => {
  const backend = join(aFolder(), 'backend.mjs')
  writeFileSync(
    backend,
    `import { readFileSync } from 'node:fs'
import { setDefaultCACertificates } from 'node:tls'
setDefaultCACertificates(process.argv[2] === 'own' ? [readFileSync(process.env.CA_FILE, 'utf8')] : [])
await import(${JSON.stringify(good.at(-1))})`,
  )
  const certify = (...args: string[]) => callCommand(['certify', '--tls', '--only', 'cached', '--', process.execPath, backend, ...args])
  const { stdout } = await certify()
  assert.match(
    stdout,
    /Seen: +the trigger got 502; the token endpoint saw no request; .*\n.*\n +Remedy: +Let the backend trust the CA in .* CA_FILE/,
  )
  assert.match((await certify('own')).stdout, /^right +cached/)
})

test('a backend that does not start says why, without credentials', async () => {
  const script = 'console.log(`no database for ${process.env.CLIENT_SECRET}`); process.exitCode = 3'
  const { exitCode, stdout } = await callCommand(['certify', '--only', 'cached', '--', process.execPath, '-e', script])
  assert.equal(exitCode, 1)
  assert.match(stdout, /the backend did not start: it ended with exit code 3\n +no database for \[redacted\]\n/)
  assert.match(stdout, /not tested +cached[^\n]*\n +No call succeeds\./)
})

test('a backend that does not listen is told for how long it was waited, and what it printed', async () => {
  const script = 'console.log("waiting for a database"); setInterval(() => {}, 1000)'
  const { stdout } = await callCommand(['certify', '--only', 'call', '--start-timeout', '1s', '--', process.execPath, '-e', script])
  assert.match(stdout, /the backend did not start: it does not listen on 127\.0\.0\.1:\d+ after 1 s\n +waiting for a database\n/)
})

test('a missing module is named, and its stack is not', async () => {
  const { stdout } = await callCommand(['certify', '--only', 'call', '--', process.execPath, '-e', "require('not-installed')"])
  assert.match(stdout, /Cannot find module 'not-installed'/)
  assert.doesNotMatch(stdout, /^ +at /m)
})

test('of a backend that sends nothing, it is not told how it sends', async () => {
  const script = "require('http').createServer((_, response) => response.end()).listen(process.env.PORT, '127.0.0.1')"
  const { stdout } = await callCommand(['certify', '--only', 'call', 'bearer-scheme', 'output', '--', process.execPath, '-e', script])
  assert.match(stdout, /^not tested +bearer-scheme .*\n +The backend sent no header Authorization to the API\.$/m)
  assert.match(stdout, /^not tested +output .*\n +The backend sent nothing\.$/m)
})

test('a backend that reads the new secret and does not renew after a 401 is told to renew', async () => {
  for (const [scenario, seen] of [
    ['rotation', /the API answers 401, and no token was requested/],
    ['no-expires-in', /the API answered 401, no token was requested, and the call got 502/],
  ] as const) {
    const { stdout } = await callCommand(['certify', '--only', scenario, '--', ...nodeCommandOf('bad', 'ignores-401')])
    assert.match(stdout, seen)
    assert.match(stdout, /Remedy: +When the API answers 401/)
  }
})

test('a burst whose connections are refused or reset is told about the queue of connections, not about tokens', async () => {
  const backend = join(aFolder(), 'backend.mjs')
  writeFileSync(
    backend,
    `import { createServer } from 'node:http'
import { Backend } from ${JSON.stringify(fileOf('bad', 'backend.mjs'))}
const backend = new Backend()
let connections = 0
createServer(async (_, response) => response.writeHead((await backend.callApi()).status).end())
  .on('connection', (socket) => ++connections > 30 && socket.resetAndDestroy())
  .listen(process.env.PORT, '127.0.0.1')`,
  )
  const { stdout } = await callCommand(['certify', '--only', 'burst', '--', process.execPath, backend])
  assert.match(stdout, /^ +Seen: +4\d\d of 500 calls got no connection: the backend refused or reset it/m)
  assert.match(stdout, /^ +Remedy: +This is not about tokens: the queue of connections /m)
  assert.doesNotMatch(stdout, /calls failed|Keep the pending token request/)
})

test('a backend that sends its token in the URL alone gets one finding, with the remedy for that', async () => {
  const backend = join(aFolder(), 'backend.mjs')
  writeFileSync(
    backend,
    `import { Backend, serve } from ${JSON.stringify(fileOf('bad', 'backend.mjs'))}
class Bad extends Backend {
  send(value) {
    return fetch(\`\${process.env.API_URL}/v1/orders?access_token=\${value}\`)
  }
}
serve(new Bad())`,
  )
  const { stdout } = await callCommand(['certify', '--', process.execPath, backend])
  assert.match(stdout, /^WRONG +call .*\n +Seen: .*\n +Expected: .*\n +Remedy: +Send the token in the header Authorization/m)
  assert.match(stdout, /^not tested +token-in-url .*\n +The fault that "call" found shows here, too\.$/m)
  assert.match(stdout, /\n2 right, 1 wrong, \d+ not tested\n/)
})

test('wrong usage is an error that says what is known', async () => {
  for (const [args, message] of [
    [[], /The command that starts the backend is missing/],
    [['--auth', 'jwt', '--', 'x'], /"--auth jwt" is not a method\..*\n.*client_secret_post, private_key_jwt\./],
    [['--auth', 'private_key_jwt', '--key-algorithm', 'HS256', '--', 'x'], /"--key-algorithm HS256" is not an algorithm.*\n.*ES256, RS256/],
    [['--only', 'certificate', '--', 'x'], /"certificate" is only played with "--tls"/],
    [['--key-algorithm', 'RS256', '--', 'x'], /is for a backend that has a key.*\n.*Add "--auth private_key_jwt"/],
    [['--only', 'key-rotation', '--', 'x'], /"key-rotation" is only played with "--auth private_key_jwt"/],
    [['--auth', 'private_key_jwt', '--only', 'rotation', '--', 'x'], /"rotation" is only played without "--auth private_key_jwt"/],
    [['--only', 'nonsense', '--', 'x'], /no scenario "nonsense".*\n.*The scenarios are call, cached,/],
    [['--env', 'SECRET=x', '--', 'x'], /"--env SECRET=x".*\n.*The variables are TOKEN_URL,/],
    [['--junit', join(aFolder(), 'missing', 'certify.xml'), '--', 'x'], /There is no folder ".*missing" for "--junit"/],
    [['--trigger', 'http://example.com/call', '--', 'x'], /is not a path, or a URL of this machine/],
    [['--trigger', 'http://localhost:8080/call', '--parallel', '2', '--', 'x'], /cannot listen on one port/],
  ] as const) {
    const { exitCode, stderr } = await callCommand(['certify', ...args])
    assert.equal(exitCode, 2)
    assert.match(stderr, message)
  }
})

test('a program that cannot be started is named, whether it is missing or not executable', async () => {
  const file = join(aFolder(), 'backend.sh')
  writeFileSync(file, '')
  for (const [program, reason] of [
    ['no-such-program', 'there is no such program'],
    [file, 'EACCES'],
  ] as const) {
    const { exitCode, stderr } = await callCommand(['certify', '--', program])
    assert.equal(exitCode, 8)
    assert.ok(
      stderr.startsWith(`Error: "${program}" cannot be started: ${reason}.\nNext: Write the program that starts the backend`),
      stderr,
    )
  }
})

test('an interrupted run stops the backend and removes its files', async () => {
  const folder = aFolder()
  const backend = join(folder, 'backend.mjs')
  writeFileSync(
    backend,
    `import { writeFileSync } from 'node:fs'
const { CLIENT_JWK_FILE, CA_FILE } = process.env
writeFileSync(${JSON.stringify(folder)} + '/pid-' + process.pid, JSON.stringify([CLIENT_JWK_FILE, CA_FILE]))
await import(${JSON.stringify(nodeCommandOf('good', 'client-key').at(-1))})`,
  )
  const node = good.slice(0, -1).join(' ')
  const running = await startCommand(`certify --tls --auth private_key_jwt -- ${node} ${backend}`, 'right')
  const { exitCode, stderr } = await running.stop('SIGINT')
  assert.equal(exitCode, 130)
  assert.match(stderr, /Interrupted; the backend was stopped/)
  const started = readdirSync(folder).flatMap((name) => (name.startsWith('pid-') ? [Number(name.slice(4))] : []))
  assert.notEqual(started.length, 0)
  for (const pid of started) assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
  const files = started.flatMap((pid) => JSON.parse(readFileSync(join(folder, `pid-${pid}`), 'utf8')) as string[])
  for (const file of files) assert.ok(file.startsWith('/') && !existsSync(file), file)
})

test('the first minute of the page is as it says', async () => {
  const folder = aFolder()
  const [program, command, output, right, withKey] = [...page.matchAll(/^```\w+\n([^]*?)^```$/gm)].map(([, text = '']) => text)
  writeFileSync(join(folder, 'backend.mjs'), program!)
  const args = command!.trim().split(' ').slice(1)
  const inFolder = args.map((arg) => (arg === 'node' ? process.execPath : arg.replace('backend.mjs', join(folder, 'backend.mjs'))))
  const { exitCode, stdout } = await callCommand(inFolder)
  assert.equal(exitCode, 1)
  for (const line of output!.trim().split('\n')) assert.ok(stdout.includes(line), line)

  symlinkSync(join(import.meta.dirname, '..', '..', '..', 'node_modules'), join(folder, 'node_modules'))
  writeFileSync(join(folder, 'right.mjs'), right!)
  const node = [process.execPath, '--conditions=@countersign/source']
  const certified = await callCommand(['certify', '--only', 'cached', 'expired-token', 'output', '--', ...node, join(folder, 'right.mjs')])
  assert.match(certified.stdout, /^3 right, 0 wrong$/m)

  const serving = right!.slice(right!.indexOf('const callApi'))
  writeFileSync(join(folder, 'key.mjs'), `import { createServer } from 'node:http'\n${withKey}${serving}`)
  const options = ['--auth', 'private_key_jwt', '--only', 'cached', 'expired-token', 'assertion']
  assert.match((await callCommand(['certify', ...options, '--', ...node, join(folder, 'key.mjs')])).stdout, /^3 right, 0 wrong$/m)
})

test('the page explains each scenario under its id', async () => {
  const headings = [...page.matchAll(/^### (\S+)\n\n(.*)\.$/gm)].map(([, id, title]) => ({ id, title }))
  assert.deepEqual(
    headings,
    scenarioIds.map((id) => ({ id, title: titleOf(id) })),
  )
  for (const id of scenarioIds) {
    const { played, remedy } = explain(id)
    assert.ok(page.includes(`\n\n${played}\n\n${remedy}\n`), id)
  }
  const explained = await callCommand('certify --explain rotation')
  assert.match(
    explained.stdout,
    /^rotation: A new secret is used.*\n\nPlayed: An operator rotates .*\n\nIf it is wrong: Read the secret again/,
  )
  assert.equal((await callCommand('certify --explain nonsense')).exitCode, 2)
  const { stdout } = await callCommand('certify --list')
  for (const id of scenarioIds) assert.match(stdout, new RegExp(`^${id} `, 'm'))
})

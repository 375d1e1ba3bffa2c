// Every block of code in the README and the guides is run by a test, or is here with the reason why not. Blocks that no other test
// runs are run here as written, in a folder like a fresh clone; only the ports differ. Takes 105 s.
import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseConfiguration } from '@countersign/server'
import { skipWithoutCurl } from './curl.fixture.ts'
import { findFreePorts } from '@countersign/server/free-port.fixture'
import { aFolder, startTestDemo } from './demo.fixture.ts'
import { runBash, runCommand, runNode, startCommand } from './process.fixture.ts'

const root = join(import.meta.dirname, '..', '..', '..')
const skip = skipWithoutCurl()

interface Block {
  readonly language: string
  readonly text: string
}

function readBlocks(file: string): Block[] {
  const text = readFileSync(join(root, file), 'utf8')
  return Array.from(text.matchAll(/^```(\w+)\n([^]*?)^```$/gm), ([, language = '', content = '']) => ({ language, text: content }))
}

const here = 'document-blocks.test.ts'
const readmes = 'package-readmes.test.ts'
const packages = '../../../scripts/packaging/packages.test.ts'
const installs = 'not run: installs from a registry'
const interop = '../../../conformance/foreign-verifiers.test.ts'
/** Which test runs each block, in their order. */
const runners: Readonly<Record<string, readonly string[]>> = {
  'README.md': ['sh demo/demo-command.test.ts', ...['sh', 'ts', 'sh', 'ts', 'sh', 'sh', 'sh'].map((language) => `${language} ${here}`)],
  'packages/admin/README.md': [`sh ${installs}`, `ts ${readmes}`],
  'packages/cli/README.md': [`sh ${packages}`, `sh ${installs}`, `sh ${here}`, `sh ${here}`, 'sh ../../../scripts/packaging/matrix.ts'],
  'packages/client/README.md': [`sh ${installs}`, `ts ${readmes}`],
  'packages/gateway/README.md': [`sh ${installs}`],
  'packages/guard/README.md': [`sh ${installs}`, `ts ${readmes}`, `ts ${readmes}`, `ts ${readmes}`, `ts ${readmes}`],
  'packages/protocol/README.md': [`sh ${installs}`, `ts ${readmes}`],
  'packages/server/README.md': [`sh ${installs}`, `ts ${readmes}`],
  'docs/rotation.md': [
    'mermaid not run: a diagram',
    `yaml ${here}`,
    'sh rotation-guide.test.ts',
    `sh ${here}`,
    `sh ${here}`,
    `sh ${here}`,
    `ts ${here}`,
    `sh ${here}`,
  ],
  'docs/calling.md': [
    `sh ${installs}`,
    ...'ts ts ts ts ts ts js ts ts ts ts'.split(' ').map((language) => `${language} calling-guide.test.ts`),
  ],
  'docs/certify.md': ['js', 'sh', 'text', 'js', 'js'].map((language) => `${language} certify.test.ts`),
  'docs/evaluation.md': ['sh evaluation-guide.test.ts'],
  'docs/keys.md': [`yaml ${here}`, 'mermaid not run: a diagram', 'mermaid not run: a diagram'],
  'docs/console.md': ['yaml', 'yaml', 'nginx', 'yaml', 'yaml'].map((language) => `${language} ../../server/test/console-guide.test.ts`),
  'docs/portal.md': ['yaml', 'yaml'].map((language) => `${language} ../../server/test/portal-guide.test.ts`),
  'docs/verify.md': [
    `sh ${interop}`,
    'sh not run: the calls are those of interop/check-route.ts',
    `js ${interop}`,
    'js not run: its result is that of the program before it',
    ...['nginx', 'apache'].map((language) => `${language} ${interop}`),
  ],
  'docs/languages/spring.md': [
    `xml ${interop}`,
    `sh ${installs}`,
    `java ${interop}`,
    'xml not run: Spring Boot, run by hand',
    'java not run: Spring Boot, run by hand',
    `sh ${installs}`,
    `java ${interop}`,
  ],
  'docs/languages/java.md': [`xml ${interop}`, `sh ${installs}`, `java ${interop}`, `java ${interop}`, `sh ${interop}`, `java ${interop}`],
  'docs/languages/go.md': [`sh ${installs}`, `go ${interop}`, `go ${interop}`, `sh ${installs}`, `go ${interop}`, `sh ${interop}`],
  'docs/languages/python.md': [
    `sh ${installs}`,
    ...['python', 'python', 'sh', 'python', 'python', 'python', 'sh'].map((language) => `${language} ${interop}`),
  ],
  'docs/languages/rust.md': [`sh ${installs}`, ...['rust', 'rust', 'sh', 'rust', 'sh'].map((language) => `${language} ${interop}`)],
  'docs/languages/php.md': [`sh ${installs}`, ...['php', 'php', 'sh', 'php', 'sh'].map((language) => `${language} ${interop}`)],
  'docs/languages/dotnet.md': [`sh ${installs}`, 'csharp not run: no .NET', 'csharp not run: no .NET'],
  // The "sh" and "text" blocks of these are run by operating-guide.test.ts, token-samples.test.ts, gateway-guide.test.ts and keys-guide.test.ts, however many there are.
  'docs/operating.md': [
    'bash not run: installs Debian packages, as an administrator',
    `yaml ${here}`,
    'bash not run: needs the journal of systemd',
    'ini not run: needs systemd as the first process',
  ],
  // The configurations are those of packages/gateway/proxies, which the tests of each proxy run.
  'docs/gateway.md': ['nginx', 'caddyfile', 'haproxy', 'lua', 'lua', 'apache', 'lua', 'yaml', 'yaml', 'yaml', 'yaml'].map(
    (language) => `${language} ../../gateway/test/proxies/proxy-contract.fixture.ts`,
  ),
  'docs/frameworks.md': [
    `sh ${here}`,
    ...Array.from({ length: 5 }, () => 'ts ../../guard/src/adapters/node-guide.test.ts'),
    ...Array.from({ length: 8 }, () => 'ts ../../guard/src/adapters/web-guide.test.ts'),
    'ts ../../guard/src/adapters/node-guide.test.ts',
  ],
  'docs/tokens.md': ['json', 'json', 'json', 'yaml'].map((language) => `${language} ../../../scripts/token-samples.test.ts`),
}

test('fault 8.4: every block of code in a README or a guide is run by a test, or says why not', () => {
  const documents = [
    'README.md',
    'CONTRIBUTING.md',
    'ARCHITECTURE.md',
    ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}/README.md`),
    ...readdirSync(join(root, 'docs'))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name}`),
    ...readdirSync(join(root, 'docs', 'languages')).map((name) => `docs/languages/${name}`),
  ]
  for (const file of documents) {
    const languages = readBlocks(file).map(({ language }) => language)
    const listed = ['docs/operating.md', 'docs/tokens.md', 'docs/keys.md', 'docs/incidents.md', 'docs/gateway.md'].includes(file)
      ? languages.filter((language) => language !== 'sh' && language !== 'text')
      : languages
    assert.deepEqual(
      listed,
      (runners[file] ?? []).map((runner) => runner.split(' ', 1)[0]),
      `blocks of ${file}`,
    )
  }
  for (const runner of Object.values(runners).flat()) {
    const [, name = ''] = runner.split(' ')
    if (name !== 'not') readFileSync(join(import.meta.dirname, name))
  }
})

/** A folder like the clone of a reader who has just run "npm start": the demo's state in it, and npm without the time that it takes. */
async function aClone() {
  const { serverUrl, apiUrl } = await startTestDemo()
  const clone = aFolder()
  symlinkSync(process.env['COUNTERSIGN_HOME']!, join(clone, '.countersign'))
  for (const name of ['node_modules', 'scripts', 'tsconfig.json']) symlinkSync(join(root, name), join(clone, name))
  const port = String(await findFreePorts())
  const withPorts = (text: string) =>
    text.replaceAll('http://localhost:8080', serverUrl).replaceAll('http://localhost:8081', apiUrl).replaceAll('3000', port)
  const run = async (text: string) => {
    const { exitCode, stdout, stderr } = await runBash(`set -euo pipefail\n${commands}\n${withPorts(text)}`, { cwd: clone })
    assert.equal(exitCode, 0, `${text}\n${stdout}\n${stderr}`)
    return stdout
  }
  const runTs = (name: string, text: string) => {
    writeFileSync(join(clone, name), withPorts(text))
    return runNode([join(clone, name)], { cwd: clone })
  }
  return { clone, run, runTs }
}

const countersign = `'${process.execPath}' --conditions=@countersign/source --disable-warning=ExperimentalWarning '${join(import.meta.dirname, 'main.ts')}'`
/** In place of npm and of the installed command, which start the same program. */
const commands = `countersign() { ${countersign} "$@"; }
npm() { while [ "$1" != -- ]; do shift; done; shift; countersign "$@"; }`

test('fault 8.4: the blocks of the README for integrators and providers run against a demo that was just started', { skip }, async () => {
  const { run, runTs } = await aClone()
  const [, byHand, fromTypeScript, createClient, api, call, twoApis] = readBlocks('README.md').map(({ text }) => text)
  assert.match(await run(byHand!), /"access_token":.*"organization":\{/s)
  const me = await runTs('try.mts', fromTypeScript!)
  assert.match(me.stdout, /^\{\n {2}organization: \{/, me.stderr)
  await run(createClient!)
  const callOfFrameworks = readBlocks('docs/frameworks.md')[0]!.text
  // Ends by itself after the three calls, or after a while.
  const ending = `let left = 3
app.addHook('onResponse', async () => void (--left > 0 || setTimeout(() => app.close(), 100)))
setTimeout(() => process.exit(1), 60_000).unref()
await app.listen`
  const started = runTs(
    'api.mts',
    api!.replace('await app.listen', () => ending),
  )
  const answer = await run(
    `for _ in $(seq 100); do (exec 3<>/dev/tcp/localhost/3000) 2>/dev/null && break; sleep 0.1; done\n${callOfFrameworks}${call}`,
  )
  assert.match(answer, /^\{"organization":"acme","orders":\[\]\}\n.*problems\/partner-not-authorized.*\n.*problems\/partner-not-authorized/)
  assert.equal((await started).exitCode, 0)
  assert.deepEqual((await run(twoApis!)).match(/(?<=: )\d+/g), ['200', '401', '401', '200'])
})

test('fault 8.4: the blocks of docs/rotation.md for operators run against a demo that was just started', { skip }, async () => {
  const { clone, run, runTs } = await aClone()
  const [, , , operator, emergency, newKey, keycloak, lostSecret] = readBlocks('docs/rotation.md').map(({ text }) => text)
  assert.match(await run(operator!), /rotation +issued.*rotation +stable.*rotation +issued.*rotation +stable/s)
  const status = JSON.parse(await run('npm run countersign -- secret status api-client-acme --realm nt24-idp --json'))
  await run(emergency!.replace('SECRET_ID', status.secrets[0].id))
  await run('npm run countersign -- secret rotate api-client-acme --realm nt24-idp')
  const { operator: credentials } = JSON.parse(readFileSync(join(clone, '.countersign', 'demo.json'), 'utf8'))
  const { clientId, clientSecret } = credentials
  const { stdout, stderr } = await runTs(
    'keycloak.mts',
    `const { clientId, clientSecret } = ${JSON.stringify({ clientId, clientSecret })}\n${keycloak!
      .replace('api-client-acme', 'api-client-borealis')
      .replace(/(\{ id: client)\.id/g, '$1!.id!')
      .replace('await keycloak.clients.invalidateSecret', 'console.log(typeof value)\nawait keycloak.clients.invalidateSecret')}`,
  )
  assert.match(stdout + stderr, /^string\n.*409/s)
  await run('npm run countersign -- secret rotate api-client-acme --realm nt24-idp')
  await run(lostSecret!)
  assert.match(await run(newKey!), /"client_id": "api-client-acme-key".* 2027 +EdDSA .* demo-1 +EdDSA /s)
})

/** A realm with these settings. */
function aRealm(settings: string) {
  const text = `listen: 127.0.0.1:8080\npublicUrl: http://localhost:8080\nstore: sqlite:x.db\nsecretPepper: file:p\nkeyEncryptionKey: file:k\nrealms:\n  a:\n    audience: a\n    issuer: /realms/a\n    tokenEndpoint: /realms/a/token\n    tokenProfile: rfc9068\n    ${settings}`
  return parseConfiguration(text, '/', 'x.yaml').realms.get('a')!
}

test('fault 8.4: the settings in docs/rotation.md are the defaults', () => {
  const [, yaml] = readBlocks('docs/rotation.md').map(({ text }) => text)
  assert.deepEqual(aRealm(yaml!).secretRotation, aRealm('').secretRotation)
})

test('the settings in docs/keys.md are the defaults', () => {
  const [yaml] = readBlocks('docs/keys.md').map(({ text }) => text)
  assert.deepEqual(aRealm(yaml!).signingKeys, aRealm('').signingKeys)
})

test('the settings of signing keys in docs/operating.md are the defaults, and a realm can set its own', () => {
  const yaml = readBlocks('docs/operating.md').find(({ language }) => language === 'yaml')!.text
  const realm = 'audience: a, issuer: /a, tokenEndpoint: /a/token, tokenProfile: rfc9068'
  const text = `listen: 127.0.0.1:8080\npublicUrl: http://localhost:8080\nstore: sqlite:x.db\nsecretPepper: file:p\nkeyEncryptionKey: file:k\n${yaml}`
  const { realms } = parseConfiguration(
    text.replace('signingKeys: { rotateEvery: none }', `${realm.replaceAll(', ', '\n    ')}\n    $&`),
    '/',
    'x.yaml',
  )
  assert.deepEqual(realms.get('partners')!.signingKeys, { ...aRealm('').signingKeys, rotateEvery: null })
})

/** Runs the steps of a document for operators: "init", "serve", which keeps running, and the others with what "init" has printed. */
async function runAsOperator(folder: string, first: string, others: string): Promise<string> {
  const [init = '', serve = ''] = first
    .split('\n')
    .map((line) => /(?:countersign --|countersign) ((?:init|serve)[^#]*)/.exec(line)?.[1]?.trim() ?? '')
  const created = await runCommand(init, { cwd: folder })
  assert.equal(created.exitCode, 0, created.stderr)
  const config = /--config (\S+)/.exec(serve)![1]!
  const port = String(await findFreePorts())
  writeFileSync(join(folder, config), readFileSync(join(folder, config), 'utf8').replaceAll('8080', port))
  const server = await startCommand(serve, '  partners: ', { cwd: folder })
  const exports = created.stdout.match(/export \w+=\S+/g)!.join('\n')
  const script = `set -euo pipefail\n${commands}\n${exports}\n${others}`.replaceAll('8080', port)
  const { exitCode, stdout, stderr } = await runBash(script, { cwd: folder })
  assert.equal(exitCode, 0, stdout + stderr)
  await server.stop()
  return stdout
}

test('fault 8.4: the blocks of the README of the command run in an empty folder', async () => {
  const [, , first, others] = readBlocks('packages/cli/README.md').map(({ text }) => text)
  assert.match(await runAsOperator(aFolder(), first!, others!), /^eyJ\S+\n$/m)
})

test('fault 8.3: the README block for operators runs in a clone with the demo, and keeps store and keys apart from it', async () => {
  const clone = aFolder()
  mkdirSync(join(clone, '.countersign', 'demo'), { recursive: true })
  writeFileSync(join(clone, '.countersign', 'demo.json'), '{}')
  const block = readBlocks('README.md').at(-1)!.text
  const [first = '', others = ''] = block.split(/^# In a second terminal.*\n/m)
  assert.match(await runAsOperator(clone, first, others), /enabled +no/)
  assert.deepEqual(readdirSync(join(clone, '.countersign')).toSorted(), ['demo', 'demo.json'])
})

test('fault 8.3: init does not put a server into the folder of a demo', async () => {
  const clone = aFolder()
  mkdirSync(join(clone, '.countersign', 'demo'), { recursive: true })
  const { exitCode, stderr } = await runCommand('init', { cwd: clone })
  assert.equal(exitCode, 7)
  assert.match(
    stderr,
    /holds the state of a demo; a server needs a folder of its own\.\nNext: Choose another folder.*--config server\/countersign\.yaml/,
  )
  assert.deepEqual(readdirSync(clone), ['.countersign'])
})

test('fault 8.3: init does not put a server inside the folder of a demo', async () => {
  const clone = aFolder()
  mkdirSync(join(clone, '.countersign', 'demo'), { recursive: true })
  for (const config of ['.countersign/countersign.yaml', '.countersign/demo/countersign.yaml', '.countersign/new/countersign.yaml']) {
    const { exitCode, stderr } = await runCommand(`init --config ${config}`, { cwd: clone })
    assert.equal(exitCode, 7, config)
    assert.match(stderr, /\.countersign" holds the state of a demo; a server needs a folder of its own\./, config)
  }
  assert.deepEqual(readdirSync(join(clone, '.countersign'), { recursive: true }), ['demo'])
})

test('fault 8.3: the texts that allow to delete the state of the demo name only its own files', async () => {
  const { stdout } = await runCommand('demo --help')
  assert.match(stdout, /\.countersign\/demo and \.countersign\/demo\.json/)
  assert.doesNotMatch(readFileSync(join(root, 'docs/rotation.md'), 'utf8'), /remove\s+`\.countersign`/)
})

// Runs the TypeScript of the packages' README.md as written against a demo, and type-checks it. Only hosts and ports differ; the
// appended lines use what the sample leaves open, and end it.
import assert from 'node:assert/strict'
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { findFreePorts } from '@countersign/server/free-port.fixture'
import { aFolder, startTestDemo } from './demo.fixture.ts'
import { runCommand, runNode } from './process.fixture.ts'

const root = join(import.meta.dirname, '..', '..', '..')
const { serverUrl, operator, systems } = await startTestDemo()
const { apiUrl, clients, guard } = systems['novatrade24']!
const acme = clients['acme']!
const folder = prepareFolder()
const guardedPort = String(await findFreePorts())

const samples = {
  protocol: { append: '', env: {}, prints: /^invalid_token\n401 \S.*\n$/ },
  client: { append: '', env: { CLIENT_SECRET: acme.clientSecret }, prints: /^200 \{\n  organization: \{/ },
  guard: {
    append: `
      const [token = '', path = ''] = process.argv.slice(2)
      const statusOf = async (init?: RequestInit) => (await fetch('http://localhost:3000' + path, init)).status
      console.log(await statusOf(), await statusOf({ headers: { authorization: 'Bearer ' + token } }))
      await app.close()`,
    env: { GUARD_SECRET_FILE: writeSecret('an-old-secret') },
    prints: /^401 200\n$/,
  },
  admin: {
    append: '',
    env: { COUNTERSIGN_CLIENT_ID: operator.clientId, COUNTERSIGN_CLIENT_SECRET: operator.clientSecret },
    prints: /^[0-9a-f-]{36}\n(?:.+\n)*juniper active\n/,
  },
  server: {
    append: '\nawait server.close()',
    env: {},
    prints: /^partners http:\/\/localhost:\d+\/realms\/partners\/oauth2\/token\noperators http\S+\n$/,
  },
} as const
type Sample = keyof typeof samples

/** Of this workspace. */
function packageOf(name: string): string {
  return `@countersign/${name}`
}

/** Further samples, which are checked by the compiler alone, with what they take for granted. */
const excerpts: Readonly<Partial<Record<Sample, readonly string[]>>> = {
  guard: [
    `import { createRemoteGuard, type GuardCredentials } from '${packageOf('guard')}'
    declare const [issuer, realm, audience]: readonly [string, string, string]
    declare const credentials: GuardCredentials
    `,
    `import type { RemoteGuard } from '${packageOf('guard')}'
    import { countersignGuard } from '${packageOf('guard/fastify')}'
    declare const [app, guard]: readonly [Parameters<typeof countersignGuard>[0], RemoteGuard]
    `,
    `import { createRemoteGuard, type GuardCredentials } from '${packageOf('guard')}'
    declare const [credentials, otherCredentials]: readonly [GuardCredentials, GuardCredentials]
    declare const log: { error(facts: { err: Error; issuer: string }, message: string): void }
    `,
  ],
}

for (const name of Object.keys(samples) as Sample[]) {
  const { append, env, prints } = samples[name]
  const file = join(folder, `${name}.mts`)
  const [sample, ...further] = readBlocks(name)
  writeFileSync(file, withOurHosts(`${sample}${append}`))
  const prologues = excerpts[name] ?? []
  prologues.forEach((prologue, index) => writeFileSync(join(folder, `${name}-${index}.mts`), `${prologue}${further[index]}void guard`))

  test(`the sample in the README.md of ${name} prints the described output`, async () => {
    assert.equal(further.length, prologues.length, 'a further sample is not checked: say here what it takes for granted')
    if (name === 'server') await initialize()
    const args = name === 'guard' ? [await requestToken(), `/v1/partners/${acme.partnerIds[0]}/orders`] : []
    const { exitCode, stdout, stderr } = await runNode([file, ...args], { cwd: folder, env })
    assert.match(stdout.replaceAll(/^\{.*\}\n/gm, ''), prints, stderr) // Without the lines of the server's log.
    assert.equal(exitCode, 0, stderr)
  })
}

// All packages but the server: for three calls the compiler would check the whole server again.
test('the samples in the README.md of the other packages type-check', async () => {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const { exitCode, stdout } = await runNode([tsc, '-p', folder])
  assert.equal(exitCode, 0, stdout)
})

function readBlocks(name: Sample): string[] {
  const text = readFileSync(join(root, 'packages', name, 'README.md'), 'utf8')
  return Array.from(text.matchAll(/^```ts\n([^]*?)^```$/gm), ([, block = '']) => block)
}

function withOurHosts(sample: string): string {
  return sample
    .replaceAll('https://auth.example.com', serverUrl)
    .replaceAll("'https://api.example.com'", `'${new URL(apiUrl).origin}'`)
    .replaceAll('https://api.example.com', apiUrl)
    .replaceAll(/\b3000\b/g, guardedPort)
    .replaceAll('novatrade24-api', guard.clientId)
}

/** Two lines, as in the middle of a rotation. */
function writeSecret(old: string): string {
  const file = join(folder, 'guard-secret')
  writeFileSync(file, `${guard.clientSecret}\n${old}\n`, { mode: 0o600 })
  return file
}

/** A folder outside the project, where a reader would write the sample; packages installed here are installed there. */
function prepareFolder(): string {
  const folder = aFolder()
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const settings = { extends: join(root, 'tsconfig.json'), include: ['*.mts'], exclude: ['server.mts'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings))
  return folder
}

async function initialize(): Promise<void> {
  await runCommand('init', { cwd: folder })
  const file = join(folder, 'countersign.yaml')
  const port = String(await findFreePorts())
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll('8080', port))
}

async function requestToken(): Promise<string> {
  const { stdout, stderr } = await runCommand('token get novatrade24/acme')
  assert.match(stdout, /^\S+\n$/, stderr)
  return stdout.trim()
}

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { findFreePorts } from '@countersign/server/free-port.fixture'
import { alterPostgres, aPostgresDatabase, skipWithoutPostgres } from '@countersign/server/store/postgres.fixture'
import { aFolder } from './demo.fixture.ts'
import { callCommand, runCommand, startCommand } from './process.fixture.ts'
import { listRealms } from './serve.ts'

const folder = aFolder()
await runCommand('init', { cwd: folder })
const file = join(folder, 'countersign.yaml')
const port = await findFreePorts()
writeFileSync(file, readFileSync(file, 'utf8').replaceAll('8080', String(port)))

test('serve --json prints one document; the log goes to standard error', async () => {
  const server = await startCommand('serve --config countersign.yaml --json', '\n', { cwd: folder })
  const { exitCode, stdout } = await server.stop()
  assert.equal(exitCode, 0)
  assert.deepEqual(JSON.parse(stdout), {
    publicUrl: `http://localhost:${port}`,
    realms: [{ name: 'partners', tokenUrl: `http://localhost:${port}/realms/partners/oauth2/token` }],
  })
})

test('fault 5.4: a start names the first of a thousand realms, and how to list the rest', () => {
  const realms = Array.from({ length: 1000 }, (_, i) => ({ name: `r${i}`, tokenUrl: `http://localhost/r${i}/token` }))
  assert.deepEqual(listRealms(realms).slice(19), ['  r19: http://localhost/r19/token', '  and 980 more: "countersign realm list"'])
  assert.equal(listRealms(realms.slice(0, 20)).length, 20)
})

test('a second server on the same store fails with that reason on any port; SIGINT stops the first', async () => {
  const server = await startCommand('serve --config countersign.yaml', 'Serving', { cwd: folder })
  const { exitCode, stderr } = await callCommand(`serve --config ${file}`)
  assert.equal(exitCode, 7)
  assert.match(stderr, /Another server has the store ".*countersign\.db" open, process \d+\. Stop that one first/)
  assert.equal((await server.stop('SIGINT')).exitCode, 0)
})

test('a missing store is never created silently', async () => {
  writeFileSync(join(folder, 'lost.yaml'), readFileSync(file, 'utf8').replace('countersign.db', 'lost.db'))
  const { exitCode, stderr } = await callCommand(`serve --config ${join(folder, 'lost.yaml')}`)
  assert.equal(exitCode, 8)
  assert.match(stderr, /The store ".*lost\.db" does not exist\.\nNext: Correct "store"/)
})

const faults: Record<string, readonly [change: (text: string) => string, message: RegExp]> = {
  'a value that is not allowed': [
    (text) => text.replace('tokenProfile: rfc9068', 'tokenProfile: saml'),
    /realms\.partners\.tokenProfile: expected one of "rfc9068", "keycloak", "cognito", found "saml"/,
  ],
  'a duration without a unit': [
    (text) => text.replace('accessTokenLifetime: 5m', 'accessTokenLifetime: 300'),
    /realms\.partners\.accessTokenLifetime: expected a duration .*, found 300/,
  ],
  'an unknown setting': [(text) => `${text}\ntokenLifetime: 5m\n`, /tokenLifetime: expected no such setting, but one of listen, publicUrl/],
  'invalid YAML': [() => 'realms: [', /broken\.yaml" is not valid YAML/],
}
for (const [what, [change, message]] of Object.entries(faults)) {
  test(`a configuration with ${what} is rejected with path, expected and found value`, async () => {
    writeFileSync(join(folder, 'broken.yaml'), change(readFileSync(file, 'utf8')))
    const { exitCode, stdout, stderr } = await callCommand(`serve --config ${join(folder, 'broken.yaml')}`)
    assert.deepEqual([exitCode, stdout], [8, ''])
    assert.match(stderr, message)
    assert.doesNotMatch(stderr, /^ +at /m, 'no stack trace')
  })
}

test('for a missing configuration the message says to create it', async () => {
  const { exitCode, stderr } = await callCommand('serve --config none.yaml')
  assert.equal(exitCode, 8)
  assert.match(stderr, /Cannot read the configuration "none\.yaml".*"countersign init"/)
})

test(
  'fault 9.6: a server that fails before it listens ends, also with connections to a database',
  { skip: skipWithoutPostgres() },
  async (t) => {
    const database = await aPostgresDatabase(t)
    const surroundings = { cwd: aFolder(), env: { DATABASE_URL: database } }
    await runCommand('init --store env:DATABASE_URL', surroundings)
    await alterPostgres(database, 'alter table credentials rename column expires_at to lost')
    const { exitCode, stderr } = await runCommand('serve --config countersign.yaml', surroundings)
    assert.equal(exitCode, 70)
    assert.match(stderr, /expires_at" does not exist/)
  },
)

// init and serve with PostgreSQL, and the errors for a store that does not match the configuration.
import assert from 'node:assert/strict'
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { alterPostgres, aPostgresDatabase, aPostgresUser, skipWithoutPostgres } from '@countersign/server/store/postgres.fixture'
import { eventually } from '@countersign/server/store/processes.fixture'
import { findFreePorts } from '@countersign/server/free-port.fixture'
import { aFolder } from './demo.fixture.ts'
import { callCommand, runCommand, startCommand } from './process.fixture.ts'

const skip = { skip: skipWithoutPostgres() }

async function aNode(t: TestContext) {
  const url = await aPostgresDatabase(t)
  const folder = aFolder()
  const config = join(folder, 'countersign.yaml')
  return { url, folder, config, env: { DATABASE_URL: url }, password: new URL(url).password }
}

test('init and serve use the PostgreSQL of the environment variable, and write the password nowhere', skip, async (t) => {
  const { folder, config, env, password } = await aNode(t)
  const created = await runCommand(`init --config ${config} --store env:DATABASE_URL`, { env })
  assert.equal(created.exitCode, 0, created.stderr)
  assert.equal((created.stdout + created.stderr + readFileSync(config, 'utf8')).includes(password), false)
  assert.match(created.stdout, /^ {2}postgres:\/\/countersign@127\.0\.0\.1:\d+\/test_\w+ {2}store$/m)
  assert.match(readFileSync(config, 'utf8'), /^store: env:DATABASE_URL$/m)

  const port = await findFreePorts()
  writeFileSync(config, readFileSync(config, 'utf8').replaceAll('8080', String(port)))
  const server = await startCommand(`serve --config ${config}`, '  partners: ', { env })
  const operator = Object.fromEntries(
    [...created.stdout.matchAll(/export (\w+)=(\S+)/g)].map(([, name, value]) => [name, value!]),
  ) as Record<string, string>
  const verified = await runCommand(`audit verify --config ${config}`, { env })
  assert.deepEqual([verified.exitCode, verified.stderr], [0, ''])
  const deputy = await runCommand(`operator create --config ${config} --name Deputy`, { env })
  assert.equal(deputy.exitCode, 0, deputy.stderr)
  const listed = await callCommand('client list --realm operators', { ...operator, COUNTERSIGN_SERVER: `http://localhost:${port}` })
  assert.match(listed.stdout, /Deputy/, listed.stderr)
  assert.equal((await server.stop()).exitCode, 0)

  const dump = await callCommand(`backup --config ${config} --to ${folder}/backup`, env)
  assert.match(dump.stderr, /Next: pg_dump --format=custom --no-owner --file=\S+ "postgres:\/\/countersign@/)
  assert.equal(dump.stderr.includes(password), false)
  const restored = await callCommand(`restore --config ${config} --yes`, env)
  assert.match(restored.stdout, /^Tokens issued before .* are invalid, in 1 organizations of all realms\.$/m, restored.stderr)
})

test('a second node uses the configuration and the keys of the first; another init and other keys are rejected', skip, async (t) => {
  const { folder, config, env } = await aNode(t)
  assert.equal((await callCommand(`init --config ${config} --store env:DATABASE_URL`, env)).exitCode, 0)
  const again = await callCommand(`init --config ${join(aFolder(), 'countersign.yaml')} --store env:DATABASE_URL`, env)
  assert.equal(again.exitCode, 7)
  assert.match(again.stderr, /is not empty; "init" requires an empty database\.\nNext: For a further node, copy/)

  const second = aFolder()
  cpSync(folder, second, { recursive: true })
  assert.equal((await callCommand(`audit verify --config ${join(second, 'countersign.yaml')}`, env)).exitCode, 0)
  writeFileSync(join(second, '.countersign', 'pepper'), `v1:${Buffer.alloc(32, 7).toString('base64url')}\n`)
  for (const command of ['serve', 'audit verify']) {
    const { exitCode, stderr } = await callCommand(`${command} --config ${join(second, 'countersign.yaml')}`, env)
    assert.equal(exitCode, 8)
    assert.match(stderr, /Version 1 of the secret pepper is not the one this store was made with/)
  }
})

test('fault 6.3: a server whose URL is in a file goes on after the password and the file have changed', skip, async (t) => {
  const { url, folder, config } = await aNode(t)
  const { name, setPassword } = await aPostgresUser(t, url)
  const write = (password: string) =>
    writeFileSync(join(folder, 'store-url'), `${Object.assign(new URL(url), { username: name, password }).href}\n`, { mode: 0o600 })
  await setPassword('first-one')
  write('first-one')
  const created = await callCommand(['init', '--config', config, '--store', 'file:store-url', '--json'])
  assert.equal(created.exitCode, 0, created.stderr)
  assert.match(readFileSync(config, 'utf8'), /^store: file:store-url$/m)
  const { operator } = JSON.parse(created.stdout) as { operator: { clientId: string; clientSecret: string } }
  const port = await findFreePorts()
  writeFileSync(config, readFileSync(config, 'utf8').replaceAll('8080', String(port)))
  const server = await startCommand(`serve --config ${config}`, '  partners: ')
  await setPassword('second-one', { endSessions: true })
  write('second-one')
  const access = {
    COUNTERSIGN_SERVER: `http://localhost:${port}`,
    COUNTERSIGN_CLIENT_ID: operator.clientId,
    COUNTERSIGN_CLIENT_SECRET: operator.clientSecret,
  }
  const list = async () => (await callCommand('client list --realm operators', access)).exitCode === 0
  await eventually('requests are answered from the store', list)
  const { stderr, exitCode } = await server.stop()
  assert.equal(exitCode, 0)
  assert.match(stderr, /the database refuses the login of the store\. Its URL is read again when .*store-url/)
  assert.match(stderr, /the login of the store was read again/)
  assert.doesNotMatch(created.stdout + stderr, /first-one|second-one/)
})

test('serve on an empty PostgreSQL fails instead of creating a store', skip, async (t) => {
  const { folder, config, url, env } = await aNode(t)
  await runCommand('init', { cwd: folder })
  writeFileSync(config, readFileSync(config, 'utf8').replace(/^store: .*$/m, 'store: env:DATABASE_URL'))
  for (const command of ['serve', 'operator create', 'restore --yes']) {
    const { exitCode, stderr } = await callCommand(`${command} --config ${config}`, env)
    assert.equal(exitCode, 8)
    assert.match(
      stderr,
      /^Error: The database "postgres:\/\/countersign@\S+" is empty\.\nNext: Correct "store" in ".*", or restore|restore your backup/,
    )
  }
  const away = { DATABASE_URL: Object.assign(new URL(url), { port: '1' }).href }
  const { stderr } = await callCommand(`serve --config ${config}`, away)
  assert.match(stderr, /Cannot read the store "postgres:\/\/countersign@127\.0\.0\.1:1\/\w+": .*ECONNREFUSED/)
})

test('fault 6.4: init and serve refuse a database that cannot hold what we promise, and init writes nothing', skip, async (t) => {
  const { url, folder, config, env } = await aNode(t)
  const set = (setting: string) => alterPostgres(url, `alter database ${new URL(url).pathname.slice(1)} set ${setting}`)
  await set('synchronous_commit = off')
  const refusal =
    /^Error: The database "postgres:\/\/countersign@\S+" cannot hold what Countersign promises:\n {2}synchronous_commit is off/
  const refused = await callCommand(`init --config ${config} --store env:DATABASE_URL`, env)
  assert.equal(refused.exitCode, 8)
  assert.match(refused.stderr, refusal)
  assert.deepEqual([existsSync(config), existsSync(join(folder, '.countersign'))], [false, false])
  await set('synchronous_commit = on')
  assert.equal((await callCommand(`init --config ${config} --store env:DATABASE_URL`, env)).exitCode, 0)
  await set('synchronous_commit = off')
  const { exitCode, stderr } = await callCommand(`serve --config ${config}`, env)
  assert.equal(exitCode, 8)
  assert.match(stderr, refusal)
  await set('synchronous_commit = on')
  await alterPostgres(url, 'create schema other; grant all on schema other to public')
  await set('search_path = other')
  const empty = await callCommand(`serve --config ${config}`, env)
  assert.match(empty.stderr, /A store is in the schema "public".*Correct search_path/)
})

test('init writes nothing if the database is unreachable', skip, async () => {
  const folder = aFolder()
  const { exitCode, stderr } = await callCommand(`init --config ${folder}/countersign.yaml --store postgres://me:hunter2@127.0.0.1:1/x`)
  assert.equal(exitCode, 3)
  assert.match(stderr, /Cannot read the store "postgres:\/\/me@127\.0\.0\.1:1\/x"/)
  assert.deepEqual(
    [stderr.includes('hunter2'), existsSync(join(folder, 'countersign.yaml')), existsSync(join(folder, '.countersign'))],
    [false, false, false],
  )
})

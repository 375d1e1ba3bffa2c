import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { sql } from 'kysely'
import { loadConfiguration } from '../configuration/configuration.ts'
import { openLine } from '../../test/store/line.fixture.ts'
import { aPostgresDatabase, aPostgresUser, skipWithoutPostgres } from '../../test/store/postgres.fixture.ts'
import { eventually } from '../../test/store/processes.fixture.ts'
import { createLogin, isLoginRefused } from './login.ts'
import { isStoreUnavailable } from './store-errors.ts'
import { openStore, type Store } from './store.ts'

const skip = skipWithoutPostgres()

function aFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-login-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

const writePrivate = (file: string, text: string) => writeFileSync(file, text, { mode: 0o600 })

/** A database with an owner of its own, whose password the returned function changes, and a proxy that cuts its connections. */
async function aDatabaseWithPassword(t: TestContext) {
  const database = await aPostgresDatabase(t)
  const { name, setPassword } = await aPostgresUser(t, database)
  const line = await openLine(database)
  t.after(() => line.close())
  const urlWith = (password: string) => Object.assign(new URL(line.url), { username: name, password }).href
  await setPassword('first-one')
  return {
    urlWith,
    name,
    /** Later connections need the new password. */
    async change(password: string) {
      await setPassword(password)
      line.cut()
      line.heal()
    },
  }
}

function logOf(store: Pick<Store, 'logLogins'>) {
  const lines: string[] = []
  store.logLogins({
    error: ({ reason }, message) => void lines.push(`error: ${message} (${reason})`),
    info: (message) => void lines.push(`info: ${message}`),
  })
  return lines
}

const ask = ({ tokenPool, db, backgroundPool }: Store) =>
  Promise.all([tokenPool, db, backgroundPool].map((pool) => sql`select 1`.execute(pool)))

const sources = {
  'a file with the URL'(t: TestContext) {
    const file = join(aFolder(t), 'url')
    return { location: `file:${file}`, write: (url: string) => writePrivate(file, `${url}\n`) }
  },
  'the configuration file'(t: TestContext) {
    const file = join(aFolder(t), 'countersign.yaml')
    const write = (url: string) => writePrivate(file, `store: ${url}\nrealms: {}\n`)
    return { file, write }
  },
  'the password file of PostgreSQL'(t: TestContext) {
    const file = join(aFolder(t), 'pgpass')
    process.env['PGPASSFILE'] = file
    t.after(() => delete process.env['PGPASSFILE'])
    return {
      withoutPassword: true,
      write: (url: string) => writePrivate(file, `*:*:*:*:${decodeURIComponent(new URL(url).password).replaceAll(':', '\\:')}\n`),
    }
  },
}

for (const [name, createSource] of Object.entries(sources))
  test(`fault 6.3: a changed password is read again from ${name}, by all connections, without a restart`, { skip }, async (t) => {
    const { urlWith, change } = await aDatabaseWithPassword(t)
    const source: { location?: string; file?: string; withoutPassword?: boolean; write(url: string): void } = createSource(t)
    source.write(urlWith('first-one'))
    const configured = source.file === undefined ? undefined : loadConfiguration(source.file)
    const location = source.location ?? configured?.store ?? urlWith('')
    const store = await openStore(location, { readLocation: configured?.readStore })
    t.after(() => store.close())
    const log = logOf(store)
    let hints = 0
    const areHinted = source.location !== undefined // A connection for hints waits for its heartbeat: once is enough.
    if (areHinted) store.onHint(() => hints++)
    if (areHinted) await eventually('it listens', () => hints > 0)
    await ask(store)
    source.write(urlWith('second:one'))
    await change('second:one')
    // The connections that were cut are noticed by the statements that they fail.
    await eventually('all pools work again', () =>
      ask(store).then(
        () => true,
        (error) => (isStoreUnavailable(error) ? false : Promise.reject(error)),
      ),
    )
    const before = hints
    if (areHinted) await eventually('hints arrive again', () => hints > before)
    // The driver reads the password file for each connection, so no login is refused.
    if (source.withoutPassword) assert.deepEqual(log, [])
    else assert.match(log.join('\n'), /^error: the database refuses the login of the store\. .* is read again when .*changes\..*\ninfo: /)
    assert.doesNotMatch(log.join('\n'), /first-one|second:one|second%3Aone/)
  })

test('fault 6.3: a login from the environment is refused with the words that the server must be restarted', { skip }, async (t) => {
  const { urlWith, change } = await aDatabaseWithPassword(t)
  process.env['TEST_LOGIN_URL'] = urlWith('first-one')
  const store = await openStore('env:TEST_LOGIN_URL')
  t.after(() => store.close())
  const log = logOf(store)
  await change('second-one')
  await eventually('it is logged', async () => {
    await ask(store).catch((error) => assert.ok(isStoreUnavailable(error), String(error)))
    return log.length > 0
  })
  assert.match(log.join('\n'), /in the variable "TEST_LOGIN_URL".*restart the server/)
  assert.equal(log.length, 1)
})

/** A login whose attempts are answered by the test. */
function anAttempt(login: ReturnType<typeof createLogin>, right: () => string) {
  let asked = 0
  const connect = () =>
    new Promise<boolean>((resolve) => {
      const url = login.url()
      login.connect(
        (done) => {
          asked++
          done(url === right() ? null : Object.assign(new Error('password authentication failed'), { code: '28P01' }))
        },
        (error) => resolve(!error),
      )
    })
  return { connect, asked: () => asked }
}

test('fault 6.3: a wrong password is tried rarely, and a new one at once', async (t) => {
  let now = 0
  const file = join(aFolder(t), 'url')
  writePrivate(file, 'postgres://a:1@db/x')
  let right = 'postgres://a:1@db/x'
  const login = createLogin({ location: `file:${file}`, now: () => now })
  const { connect, asked } = anAttempt(login, () => right)
  assert.equal(await connect(), true)
  right = 'postgres://a:2@db/x'
  for (now = 0; now < 600_000; now += 100) assert.equal(await connect(), false)
  assert.ok(asked() < 30, `${asked()} attempts in ten minutes`)
  writePrivate(file, right)
  now += 300
  assert.equal(await connect(), true)
  // The password is put back in the database, not in the file.
  right = 'postgres://a:1@db/x'
  assert.equal(await connect(), false)
  right = 'postgres://a:2@db/x'
  now += 1000
  assert.equal(await connect(), true)
})

test('fault 6.3: an unreadable, unfinished, open or foreign file changes nothing, and is logged once without its content', async (t) => {
  let now = 0
  const file = join(aFolder(t), 'url')
  const first = 'postgres://a:hunter1@db/x'
  const last = 'postgres://b:hunter3@db/x'
  writePrivate(file, first)
  const login = createLogin({ location: `file:${file}`, now: () => now })
  const log = logOf({ logLogins: login.logTo })
  const { connect } = anAttempt(login, () => last)
  const bad: [change: () => void, reason: RegExp][] = [
    [() => rmSync(file), /Cannot read the URL of the store: ENOENT/],
    [() => writePrivate(file, ''), /does not hold the URL of a store/],
    [() => writePrivate(file, 'postgres://a:hunter2'), /expected "postgres:/],
    [() => writePrivate(file, 'postgres://b:hunter3@other/x'), /another database/],
    [() => (writePrivate(file, last), chmodSync(file, 0o604)), /accessible to every user/],
  ]
  for (const [change, reason] of bad) {
    change()
    for (let i = 0; i < 3; i++, now += 300) assert.equal(await connect(), false)
    assert.match(log.at(-1)!, reason)
  }
  chmodSync(file, 0o600)
  assert.equal(await connect(), true)
  assert.equal(log.length, 7, log.join('\n'))
  assert.doesNotMatch(log.join('\n'), /hunter/)
})

test('fault 6.3: the missing password of the driver and the refusal of a pooler are refused logins, too', async () => {
  const refused: [string, string | undefined][] = [
    ['SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string', undefined],
    ['SASL authentication failed', '08P01'],
    ['role "x" is not permitted to log in', '28000'],
  ]
  for (const [message, code] of refused) {
    const error = Object.assign(new Error(message), code && { code })
    assert.ok(isLoginRefused(error))
    const login = createLogin({ location: 'postgres://a:b@db/x' })
    await new Promise<void>((resolve) =>
      login.connect(
        (done) => done(error),
        (failure) => (assert.ok(isStoreUnavailable(failure)), resolve()),
      ),
    )
  }
  assert.equal(isLoginRefused(Object.assign(new Error('sorry, too many clients already'), { code: '53300' })), false)
})

// Commands that work on the store itself, on SQLite: create an operator, verify the audit log, back up, restore.
import assert from 'node:assert/strict'
import { cpSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { findFreePorts } from '@countersign/server/free-port.fixture'
import { aFolder } from './demo.fixture.ts'
import { callCommand, runCommand, startCommand } from './process.fixture.ts'

async function aServer() {
  const folder = aFolder()
  const config = join(folder, 'countersign.yaml')
  const { operator } = JSON.parse((await callCommand(`init --config ${config} --json`)).stdout)
  const port = await findFreePorts()
  writeFileSync(
    config,
    readFileSync(config, 'utf8').replaceAll('8080', String(port)).replace('requestsPerSecond: 50', 'requestsPerSecond: 5000'),
  )
  const env = {
    COUNTERSIGN_SERVER: `http://localhost:${port}`,
    COUNTERSIGN_CLIENT_ID: operator.clientId,
    COUNTERSIGN_CLIENT_SECRET: operator.clientSecret,
  }
  return { folder, config, env, store: join(folder, '.countersign', 'countersign.db') }
}

function anchorsOf(folder: string): string[] {
  const files = readdirSync(join(folder, '.countersign')).filter((name) => /anchor-[0-9a-f]{8}$/.test(name))
  return files.map((name) => join(folder, '.countersign', name))
}

test('an operator is created in the store; while a server has it open, the error names that server', async () => {
  const { config, store } = await aServer()
  const server = await startCommand(`serve --config ${config}`, '  partners: ')
  const refused = await callCommand(`operator create --config ${config}`)
  assert.equal(refused.exitCode, 7)
  assert.match(
    refused.stderr,
    /A server \(process \d+\) has the store open.*\nNext: As an operator of that server, run "countersign client create --realm operators/,
  )
  await server.stop()
  const { stdout, stderr } = await callCommand(`operator create --config ${config} --name Deputy --json`)
  assert.deepEqual(Object.keys(JSON.parse(stdout)).toSorted(), ['clientId', 'clientSecret', 'tokenUrl'], stderr)
  const limited = await callCommand(`operator create --config ${config} --realm partners --json`)
  const database = new DatabaseSync(store)
  const row = database.prepare('select role, operator_realms as realms from clients where client_id = ?')
  assert.deepEqual({ ...row.get(JSON.parse(limited.stdout).clientId) }, { role: null, realms: '["partners"]' })
  assert.deepEqual({ ...row.get(JSON.parse(stdout).clientId) }, { role: 'owner', realms: null })
  database.close()
  const unknown = await callCommand(`operator create --config ${config} --realm nowhere`)
  assert.match(unknown.stderr, /has no realm "nowhere"\.\nNext: Use one of partners/)
})

test('fault 4.1: cuts in the future are reported at the start of a server, and lowered by the commands that it names', async () => {
  const { config, store, env } = await aServer()
  const tomorrow = Math.floor(Date.now() / 1000) + 86_400
  const database = new DatabaseSync(store)
  database.exec(`update organizations set tokens_not_before = ${tomorrow}; update clients set tokens_not_before = ${tomorrow}`)
  database.close()
  const locked = await startCommand(`serve --config ${config}`, '  partners: ')
  assert.equal((await callCommand('organization list --realm partners', env)).exitCode, 4)
  const running = await callCommand(`operator lower-cuts --config ${config}`)
  assert.match(running.stderr, /has the store open.*\nNext: Stop the server, run this command again, and start the server\.\n$/)
  const { stderr } = await locked.stop()
  assert.match(stderr, /Every token of the organization \\"operators\\".*run: countersign operator lower-cuts --config FILE/)
  assert.match((await callCommand(`operator lower-cuts --config ${config}`)).stdout, /^Lowered: operators, operator-\w+\.\n$/)
  assert.match(
    (await callCommand(`operator lower-cuts --config ${config}`)).stdout,
    /^Nothing to lower: no cut of operators lies in the future; the latest one is at 20\S+Z\.\n$/,
  )

  const again = await startCommand(`serve --config ${config}`, '  partners: ')
  await callCommand('organization create --realm partners --slug acme --name Acme', env)
  await callCommand('client create --realm partners --organization acme', env)
  await again.stop()
  const opened = new DatabaseSync(store)
  opened.exec(`update organizations set tokens_not_before = ${tomorrow} where slug = 'acme'`)
  opened.exec(`update clients set tokens_not_before = ${tomorrow} where client_id = 'api-client-acme'`)
  opened.close()
  const server = await startCommand(`serve --config ${config}`, '  partners: ')
  for (const noun of ['client', 'organization']) {
    const name = noun === 'client' ? 'api-client-acme' : 'acme'
    assert.match((await callCommand(`${noun} show ${name} --realm partners`, env)).stdout, /^tokens +all rejected until /m)
    const lowered = await callCommand(`${noun} lower-cut ${name} --realm partners --reason ahead`, env)
    assert.match(lowered.stdout, new RegExp(`^Lowered: tokens of "${name}" from before 20\\S+Z stay invalid`), lowered.stderr)
    assert.doesNotMatch(lowered.stdout, /^tokens /m)
    const again = await callCommand(`${noun} lower-cut ${name} --realm partners --reason ahead`, env)
    assert.match(again.stdout, new RegExp(`^Nothing to lower: the cut of "${name}" at 20\\S+Z has passed`), again.stderr)
  }
  const reported = (await server.stop()).stderr
  assert.match(reported, /run: countersign client lower-cut api-client-acme --realm partners --reason/)
  assert.match(reported, /run: countersign organization lower-cut acme --realm partners --reason/)
})

for (const loss of ['enabled = 0', `scopes = '["organizations:read"]', role = null`]) {
  test(`a server without an operator that can do everything logs a warning, and serves: ${loss}`, async () => {
    const { config, store } = await aServer()
    const database = new DatabaseSync(store)
    database.exec(`update clients set ${loss} where realm = 'operators'`)
    database.close()
    const server = await startCommand(`serve --config ${config}`, '  partners: ')
    const { stderr } = await server.stop()
    assert.match(
      stderr,
      /no enabled operator has every scope and a valid secret, so operators cannot be administered; create one with \\"countersign operator create\\"/,
    )
  })
}

test('abuse 238: audit verify reads beside the running server, and names the first bad event and what to do', async () => {
  const { config, env, store } = await aServer()
  const server = await startCommand(`serve --config ${config}`, '  partners: ')
  await callCommand('organization create --realm partners --slug acme --name Acme', env)
  const good = await callCommand(`audit verify --config ${config}`)
  assert.deepEqual([good.exitCode, good.stderr], [0, ''])
  assert.match(good.stdout, /^The audit log is as it was written\.\nevents +\d+\n/)
  await server.stop()

  const database = new DatabaseSync(store)
  database.exec(`update audit_events set detail = '{}' where kind = 'organizations.create' and realm = 'partners'`)
  database.close()
  const bad = await callCommand(`audit verify --config ${config}`)
  assert.deepEqual([bad.exitCode, bad.stderr], [6, ''])
  assert.match(
    bad.stdout,
    /NOT as it was written\.\nThe event "[0-9a-f-]+" is not as it was written\.\n\nevent .*\nat +2\S+Z\nkind +organizations\.create\n/,
  )
  assert.match(bad.stdout, /\nNext: preserve this store/)
  const json = JSON.parse((await callCommand(`audit verify --config ${config} --json`)).stdout)
  assert.deepEqual([json.holds, json.fault.kind, json.event.kind], [false, 'altered', 'organizations.create'])
})

test('abuse 238: a truncated log is detected by the anchor beside the store or a copy of it, and at the next start', async () => {
  const { folder, config, env, store } = await aServer()
  const server = await startCommand(`serve --config ${config}`, '  partners: ')
  await callCommand('organization create --realm partners --slug acme --name Acme', env)
  await server.stop()
  const [anchor] = anchorsOf(folder)
  const kept = join(folder, 'kept')
  cpSync(anchor!, join(kept, basename(anchor!)), { recursive: true })
  const good = await callCommand(`audit verify --config ${config} --anchor ${kept}`)
  assert.match(good.stdout, /^The audit log is as it was written\.\n[^]*\nnot anchored +0\nanchors +2, up to 2\S+Z\n/, good.stderr)

  const node = anchor!.slice(-8)
  const database = new DatabaseSync(store)
  database.exec(`delete from audit_events where id like '%-${node}-%'; delete from audit_seals where node = '${node}'`)
  database.close()
  const bad = await callCommand(`audit verify --config ${config}`)
  assert.equal(bad.exitCode, 6)
  assert.match(
    bad.stdout,
    new RegExp(`NOT as it was written\\.\nThe log was cut: the seal \\d+ of the node ${node}, up to its event number \\d+, was`),
  )

  const again = await startCommand(`serve --config ${config}`, '  partners: ')
  const { stderr } = await again.stop()
  assert.match(stderr, new RegExp(`"level":50,.*The log was cut: the seal \\d+ of the node ${node}`))
  rmSync(anchor!)
  const withoutIt = await callCommand(`audit verify --config ${config}`)
  assert.deepEqual([withoutIt.exitCode, withoutIt.stderr], [0, ''], 'only the anchor tells')
  const byCopy = await callCommand(`audit verify --config ${config} --anchor ${join(kept, basename(anchor!))} --json`)
  assert.deepEqual([byCopy.exitCode, JSON.parse(byCopy.stdout).fault.kind], [6, 'anchor'])
  const nothingThere = await callCommand(`audit verify --config ${config} --anchor ${store}.nothing`)
  assert.match(nothingThere.stderr, /^Error: There is no anchor in ".*nothing": expected /)
})

test('abuse 237: backups under load are consistent and fail no request, and a server on an empty host continues with one', async () => {
  const { folder, config, env } = await aServer()
  const server = await startCommand(`serve --config ${config}`, '  partners: ')
  await callCommand('organization create --realm partners --slug acme --name Acme', env)
  const created = JSON.parse((await callCommand('client create --realm partners --organization acme --json', env)).stdout)
  const { clientSecret } = created as { clientSecret: string }
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'api-client-acme', client_secret: clientSecret })
  const answers: { status: number; token: string }[] = []
  const load = { goesOn: true }
  const callers = Array.from({ length: 4 }, async () => {
    while (load.goesOn) {
      const response = await fetch(`${env.COUNTERSIGN_SERVER}/realms/partners/oauth2/token`, { method: 'POST', body })
      answers.push({ status: response.status, token: ((await response.json()) as { access_token: string }).access_token })
    }
  })
  const backups = [1, 2, 3].map((name) => join(folder, `${name}.db`))
  for (const backup of backups) assert.equal((await runCommand(`backup --config ${config} --to ${backup}`)).exitCode, 0)
  load.goesOn = false
  await Promise.all(callers)
  assert.equal((await server.stop()).exitCode, 0)
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))

  const elsewhere = aFolder()
  cpSync(folder, elsewhere, { recursive: true, filter: (file) => !/countersign\.db|lock/.test(file) })
  const there = join(elsewhere, 'countersign.yaml')
  for (const backup of backups) {
    cpSync(backup, join(elsewhere, '.countersign', 'countersign.db'), { force: true })
    const verified = await callCommand(`audit verify --config ${there} --json`)
    assert.deepEqual([verified.exitCode, JSON.parse(verified.stdout).holds], [0, true], verified.stderr)
  }
  const again = await startCommand(`serve --config ${there}`, '  partners: ')
  const me = await fetch(`${env.COUNTERSIGN_SERVER}/v1/me`, { headers: { authorization: `Bearer ${answers[0]!.token}` } })
  assert.equal(me.status, 200)
  await again.stop()
})

test('abuse 205: back up, continue, lose the store, restore: the changes since the backup are listed as commands', async () => {
  const { folder, config, env, store } = await aServer()
  const backup = join(folder, 'backup.db')
  const server = await startCommand(`serve --config ${config}`, '  partners: ')
  await callCommand('organization create --realm partners --slug acme --name Acme', env)
  await callCommand('client create --realm partners --organization acme', env)
  const written = await callCommand(`backup --config ${config} --to ${backup}`)
  assert.match(
    written.stdout,
    /^Backup written to ".*backup\.db"\.\nIt does not contain these keys, which are needed to restore it; back them up separately:\n {2}file:.*pepper\n/,
    written.stderr,
  )
  await callCommand('client disable api-client-acme --realm partners', env)
  const { items } = JSON.parse((await callCommand('audit search --realm partners --json', env)).stdout)
  await server.stop()
  const exported = join(folder, 'audit.jsonl')
  writeFileSync(exported, (items as object[]).map((event) => `${JSON.stringify(event)}\n`).join(''))

  const early = await callCommand(`restore --config ${config} --from ${backup} --yes`)
  assert.match(early.stderr, /countersign\.db" already exists; a restore never overwrites a store/)
  for (const end of ['', '-wal', '-shm']) rmSync(store + end, { force: true })
  const unasked = await callCommand(`restore --config ${config} --from ${backup}`)
  assert.match(unasked.stderr, /cannot be undone/)
  const { stdout, stderr } = await callCommand(`restore --config ${config} --from ${backup} --since-backup ${exported} --yes`)
  assert.match(stdout, /^Tokens issued before \S+ are invalid, in 2 organizations of all realms\.\nThe backup ends at 2\S+\. /, stderr)
  assert.match(stdout, /\n\S+ +clients\.update +countersign client disable api-client-acme --realm partners\n$/)
  assert.match(stdout, /\nAnchors of the audit log that are newer than the backup were renamed:\n {2}\/\S+\.before-restore\n/)
  assert.equal(stderr.includes('The log was cut'), false)
  const verified = await callCommand(`audit verify --config ${config} --json`)
  assert.deepEqual([verified.exitCode, JSON.parse(verified.stdout).holds], [0, true], verified.stdout)
  const event = new DatabaseSync(store).prepare(`select detail from audit_events where kind = 'store.restored'`).get()
  assert.equal(JSON.parse(String(event?.['detail'])).newerAnchors.length, 1)
})

test('abuse 205: a client that was disabled after the backup is rejected by the restored server without a further command', async () => {
  const { folder, config, env, store } = await aServer()
  const backup = join(folder, 'backup.db')
  const server = await startCommand(`serve --config ${config}`, '  partners: ')
  await callCommand('organization create --realm partners --slug acme --name Acme', env)
  const created = JSON.parse((await callCommand('client create --realm partners --organization acme --json', env)).stdout)
  await callCommand(`backup --config ${config} --to ${backup}`)
  await callCommand('client disable api-client-acme --realm partners', env)
  await callCommand('organization create --realm partners --slug borealis --name Borealis', env)
  await server.stop()
  const lost = join(folder, 'lost.db')
  const lose = () => {
    renameSync(store, lost)
    for (const end of ['-wal', '-shm']) rmSync(store + end, { force: true })
  }
  lose()

  const restore = `restore --config ${config} --from ${backup} --yes`
  const blind = await callCommand(restore)
  assert.match(blind.stdout, /WARNING: revocations made after the backup are unknown and no longer in force: disabled or deleted clients/)
  assert.match(blind.stdout, /Next: before you start the server, find out what was revoked since then\./)
  rmSync(store)
  const listed = JSON.parse((await callCommand(`${restore} --old-store sqlite:${lost} --list-only --json`)).stdout)
  assert.deepEqual([listed.repeated, listed.lostChanges.length], [[], 2])
  rmSync(store)
  const { stdout, stderr } = await callCommand(`${restore} --old-store sqlite:${lost}`)
  assert.match(stdout, /Next: start the server, then repeat those of these changes that you still want.*organizations\.create/s, stderr)
  assert.match(stdout, /Repeated, each recorded in the audit log:\n.*\n\S+ +clients\.update +countersign client disable api-client-acme/)

  const again = await startCommand(`serve --config ${config}`, '  partners: ')
  const form = { grant_type: 'client_credentials', client_id: 'api-client-acme', client_secret: created.clientSecret as string }
  const refused = await fetch(`${env.COUNTERSIGN_SERVER}/realms/partners/oauth2/token`, { method: 'POST', body: new URLSearchParams(form) })
  assert.equal(refused.status, 401)
  const { items } = JSON.parse((await callCommand('audit search --client api-client-acme --kind clients.update --json', env)).stdout)
  assert.equal(items[0].detail.by.client, 'setup')
  assert.equal(JSON.parse((await callCommand(`audit verify --config ${config} --json`)).stdout).holds, true)
  await again.stop()
})

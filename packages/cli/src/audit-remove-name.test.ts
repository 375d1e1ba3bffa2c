import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { findFreePorts } from '@countersign/server/free-port.fixture'
import { aFolder } from './demo.fixture.ts'
import { redo } from './lost-changes.ts'
import { callCommand, runCommand, startCommand } from './process.fixture.ts'

const anna = 'Anna Berger'

/** A server in whose log and data a person is named, stopped again. */
async function aLogWithNames() {
  const folder = aFolder()
  const config = join(folder, 'countersign.yaml')
  const { operator } = JSON.parse((await callCommand(`init --config ${config} --json`)).stdout)
  const port = String(await findFreePorts())
  writeFileSync(config, readFileSync(config, 'utf8').replaceAll('8080', port))
  const env = {
    COUNTERSIGN_SERVER: `http://localhost:${port}`,
    COUNTERSIGN_CLIENT_ID: operator.clientId,
    COUNTERSIGN_CLIENT_SECRET: operator.clientSecret,
  }
  const serve = () => startCommand(`serve --config ${config}`, '  partners: ')
  const server = await serve()
  const call = async (...words: string[]) => {
    const { exitCode, stderr } = await callCommand([...words, '--realm', 'partners'], env)
    assert.equal(exitCode, 0, stderr)
  }
  await call('organization', 'create', '--slug', 'acme', '--name', 'Acme')
  await call('client', 'create', '--organization', 'acme', '--name', `Test of ${anna}`)
  await call('organization', 'suspend', 'acme', '--reason', `${anna} called at night`)
  const remove = (...words: string[]) => callCommand(['audit', 'remove-name', '--config', config, ...words])
  return { folder, config, server, serve, remove, store: join(folder, '.countersign', 'countersign.db') }
}

test('a name is shown before it is removed, and the log verifies afterwards and says who removed it', async () => {
  const { folder, config, server, remove, store } = await aLogWithNames()
  const shown = await remove(anna, '--dry-run')
  assert.equal(shown.exitCode, 0, shown.stderr)
  assert.match(shown.stdout, /^\d+ events with the name, and what they become:\nEVENT +AT +KIND +REALM +BECOMES\n/)
  assert.match(shown.stdout, /organizations\.suspend +partners +detail\.reason: \(removed\) called at night$/m)
  assert.match(
    shown.stdout,
    /in force; change it there:\n {2}the name of the client "api-client-acme": countersign client update api-client-acme --realm partners --name NAME/,
  )
  assert.doesNotMatch(shown.stdout, /Anna/)
  const running = await remove(anna, '--yes')
  assert.equal(running.exitCode, 7)
  assert.match(running.stderr, /has the store open.*\nNext: Stop the server, run this command again/)
  await server.stop()

  const unasked = await remove(anna)
  assert.equal(unasked.exitCode, 2)
  assert.match(unasked.stderr, /cannot be undone, and there is no terminal/)
  const file = join(folder, 'name.txt')
  writeFileSync(file, `${anna}\n`)
  const removed = await remove('--name-file', file, '--reason', 'request 4711', '--yes')
  assert.match(
    removed.stdout,
    /^Removed from \d+ events; recorded as "audit\.removeName"\.\n[^]*client update[^]*\nBackups, exports/,
    removed.stderr,
  )
  const verified = await callCommand(`audit verify --config ${config}`)
  assert.equal(verified.exitCode, 0, verified.stdout)
  assert.match(verified.stdout, /^The audit log is as it was written, except for names that were removed\.\n/)
  assert.match(verified.stdout, /^names removed +from \d+ events at 20\S+Z by \S+@\S+: request 4711$/m)
  assert.match((await remove(anna, '--yes')).stdout, /^None: no event has this name/)

  const database = new DatabaseSync(store)
  database.exec(`update audit_events set detail = replace(detail, '(removed)', 'Eve') where kind = 'organizations.suspend'`)
  database.close()
  const altered = await callCommand(`audit verify --config ${config}`)
  assert.equal(altered.exitCode, 6)
  assert.match(
    (await remove('called at night', '--yes')).stderr,
    /is not as it was written; a removal would hide that\. Nothing was changed/,
  )
})

test('the name can come from standard input, and wrong uses say what to do', async () => {
  const { folder, config, server } = await aLogWithNames()
  await server.stop()
  const piped = await runCommand(`audit remove-name --config ${config} --name-file - --dry-run --json`, { cwd: folder, input: anna })
  const { events } = JSON.parse(piped.stdout)
  assert.equal(events.length, 1, piped.stderr)
  const run = (more: string) => callCommand(`audit remove-name --config ${config} ${more}`.trim())
  for (const [more, expected] of [
    ['', /Neither a name was given nor --event with --member/],
    ['Al', /has 3 to 200 characters/],
    ['Anna --member detail.by', /has no text that people write\.\nNext: Use one of reason, onBehalfOf, detail\.acceptedBy/],
    ['Anna --reason anna-asked', /contains the name, and would keep it in the log/],
    ['Anna --name-file name.txt', /given twice/],
  ] as const) {
    const { exitCode, stderr } = await run(more)
    assert.equal(exitCode, 2)
    assert.match(stderr, expected)
  }
  const unknown = await run('--event 000000000000-00000000-00000001 --member reason')
  assert.deepEqual([unknown.exitCode, /has no event "000000000000/.test(unknown.stderr)], [5, true])

  const [{ id }] = events
  const chosen = await run(`--event ${id} --member detail.name detail.reason --yes --json`)
  assert.equal(JSON.parse(chosen.stdout).events, 1, chosen.stderr)
  assert.equal((await callCommand(`audit verify --config ${config}`)).exitCode, 0)
})

test('after the restore of an older backup the removal is listed as the commands that repeat it', () => {
  const rows = [
    { event: '0-1', members: ['reason'] },
    { event: '0-2', members: ['reason'] },
    { event: '0-3', members: ['detail.name'] },
  ]
  const event = { id: '1', at: '', kind: 'audit.removeName', outcome: 'success', realm: 'operators', detail: { rows, by: {} } }
  assert.equal(
    redo(event as unknown as Parameters<typeof redo>[0]),
    'countersign audit remove-name --config FILE --event 0-1 0-2 --member reason --yes && countersign audit remove-name --config FILE --event 0-3 --member detail.name --yes',
  )
})

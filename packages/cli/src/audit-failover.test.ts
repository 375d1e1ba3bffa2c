import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import { alterPostgres, aPostgresDatabase, skipWithoutPostgres } from '@countersign/server/store/postgres.fixture'
import { aFolder } from './demo.fixture.ts'
import { runCommand } from './process.fixture.ts'

/** Whose seals are the newest: the run that is removed. */
const newestNode = 'select node from audit_seals order by sealed_at desc limit 1'

function removeRun(node: string): string {
  return `delete from audit_seals where node = '${node}'; delete from audit_events where id like '%-${node}-%'`
}

function aMachine(env: Readonly<Record<string, string>> = {}) {
  const cwd = aFolder()
  const run = (command: string) => runCommand(command, { cwd, env })
  const [from, to] = [Date.now() - 60_000, Date.now() + 60_000].map((at) => new Date(at).toISOString())
  const record = (more: string) => run(`audit record-failover --config countersign.yaml --from ${from} --to ${to} ${more}`)
  return { cwd, run, record, verify: () => run('audit verify --config countersign.yaml') }
}

/** A database whose newest run is missing, as after a failover; its anchor shows that it existed. */
async function aDatabaseWithLosses(t: TestContext) {
  const url = await aPostgresDatabase(t)
  const machine = aMachine({ DATABASE_URL: url })
  await machine.run('init --store env:DATABASE_URL')
  assert.equal((await machine.run('operator create --config countersign.yaml --name Deputy')).exitCode, 0)
  const [newest] = (await alterPostgres(url, newestNode)) as [{ node: string }]
  await alterPostgres(url, removeRun(newest.node))
  return { ...machine, node: newest.node }
}

test('fault 9.14: no failover is recorded on SQLite, where only a restore or an attack removes rows', async () => {
  const { cwd, run, record, verify } = aMachine()
  await run('init')
  const store = new DatabaseSync(join(cwd, '.countersign', 'countersign.db'))
  store.exec(removeRun(String(store.prepare(newestNode).get()?.['node'])))
  store.close()
  const refused = await record('--reason lost --yes')
  assert.equal(refused.exitCode, 2, refused.stdout)
  assert.match(refused.stderr, /countersign\.db" is a SQLite file, which has no standby: no failover can have lost rows/)
  assert.match(
    refused.stderr,
    /Next: Run "countersign restore --config countersign\.yaml" if a backup was put back[^]*"countersign audit verify"/,
  )
  const verified = await verify()
  assert.equal(verified.exitCode, 6)
  assert.doesNotMatch(verified.stdout, /After a failover/)
})

test(
  'fault 9.14: a recorded failover is reported by "audit verify", which then exits with 0',
  { skip: skipWithoutPostgres() },
  async (t) => {
    const { node, run, record, verify } = await aDatabaseWithLosses(t)
    const before = await verify()
    assert.equal(before.exitCode, 6)
    assert.match(before.stdout, /The log was cut[^]*\nAfter a failover [^]* see "countersign audit record-failover --help"/)

    const unconfirmed = await record('--reason lost')
    assert.equal(unconfirmed.exitCode, 2)
    assert.match(unconfirmed.stderr, new RegExp(`Lost: \\d+ events and \\d+ seals, by their numbers:[^]*${node} [^]*Add --yes`))
    assert.equal((await verify()).exitCode, 6, 'nothing was recorded')

    const recorded = await record('--reason db1-lost-its-disk --yes')
    assert.equal(recorded.exitCode, 0, recorded.stderr)
    assert.match(recorded.stdout, new RegExp(`^Recorded\\.\\nLost: \\d+ events and \\d+ seals[^]*${node} `))
    const after = await verify()
    assert.equal(after.exitCode, 0, after.stdout)
    assert.match(after.stdout, /^The audit log is as it was written, except for what a failover lost\.\n/)
    assert.match(after.stdout, /failover +\d+ events and \d+ seals lost between .* recorded at .* by .*@.*: db1-lost-its-disk/)

    const again = await record('--reason again --yes')
    assert.match(again.stderr, /Nothing is missing in the audit log that a failover in this time can have lost/)
    const wrong = await run('audit record-failover --config countersign.yaml --from 2026-01-02 --to 2026-01-01 --reason x')
    assert.match(wrong.stderr, /"--from" must be before "--to"/)
  },
)

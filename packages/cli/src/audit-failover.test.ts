import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { aFolder } from './demo.fixture.ts'
import { runCommand } from './process.fixture.ts'

/** A store whose newest run is missing, as after a failover; its anchor shows that it existed. */
async function aStoreWithLosses() {
  const cwd = aFolder()
  const run = (command: string) => runCommand(command, { cwd })
  await run('init')
  assert.equal((await run('operator create --config countersign.yaml --name Deputy')).exitCode, 0)
  const store = new DatabaseSync(join(cwd, '.countersign', 'countersign.db'))
  const node = String(store.prepare('select node from audit_seals order by sealed_at desc limit 1').get()?.['node'])
  store.exec(`delete from audit_seals where node = '${node}'; delete from audit_events where id like '%-${node}-%'`)
  store.close()
  const [from, to] = [Date.now() - 60_000, Date.now() + 60_000].map((at) => new Date(at).toISOString())
  const record = (more: string) => run(`audit record-failover --config countersign.yaml --from ${from} --to ${to} ${more}`)
  return { node, run, record, verify: () => run('audit verify --config countersign.yaml'), from, to }
}

test('fault 9.14: a recorded failover is reported by "audit verify", which then exits with 0', async () => {
  const { node, run, record, verify } = await aStoreWithLosses()
  const before = await verify()
  assert.equal(before.exitCode, 6)
  assert.match(before.stdout, /The log was cut/)

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
})

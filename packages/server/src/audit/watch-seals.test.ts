import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestLog } from '../../test/log.fixture.ts'
import { startTestServer } from '../../test/test-server.fixture.ts'
import { watchSeals } from './watch-seals.ts'

test('seals that fail are logged when that begins, when it lasts, and when it ends', () => {
  const { log, lines } = createTestLog()
  let now = 0
  const watch = watchSeals({ log, now: () => now })
  const fail = () => {
    watch.noteFailure(new Error('disk is full'))
    now += 10_000
    return watch.warning()
  }
  watch.noteSealed()
  assert.deepEqual([fail(), fail()], [undefined, undefined])
  for (const seconds of [30, 40]) assert.match(fail() ?? '', new RegExp(`not been sealed for ${seconds} s, .*: disk is full$`))
  watch.noteSealed()
  watch.noteSealed()
  assert.equal(watch.warning(), undefined)
  assert.deepEqual(lines, [
    'the audit log could not be sealed; retrying',
    'the audit log could not be sealed 3 times; retrying',
    'The audit log is sealed again after 40 s.',
  ])
})

test('an audit log that is not sealed is a warning of the health, with what to do, until it is sealed again', async () => {
  const { admin, aClient, database, upkeep } = await startTestServer({ nodes: 1 })
  const ofSeals = async () => (await admin('health.get', { params: {} })).warnings.filter(({ kind }) => kind === 'audit-seal')
  await database.query('alter table audit_seals rename to hidden_seals')
  await aClient('prod')
  for (let times = 0; times < 3; times++) {
    assert.deepEqual(await ofSeals(), [])
    await assert.rejects(upkeep.sealAudit())
  }
  const [warning] = await ofSeals()
  assert.match(warning?.fact ?? '', /not been sealed for .*audit_seals/)
  assert.match(warning?.remedy ?? '', /next seal/)
  await database.query('alter table hidden_seals rename to audit_seals')
  await upkeep.sealAudit()
  assert.deepEqual(await ofSeals(), [])
})

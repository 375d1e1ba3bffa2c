import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestServer } from '../../test/test-server.fixture.ts'
import { OperatorExistsError } from './operators.ts'

test('abuse 157: of several concurrent setups of one store one succeeds, and none if there is an operator', async () => {
  const { createOperator, database } = await startTestServer()
  await database.query(`delete from clients where realm = 'operators'`)
  const attempts = await Promise.allSettled([1, 2, 3].map(() => createOperator({ onlyFirst: true })))
  assert.deepEqual(attempts.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected', 'rejected'])
  await assert.rejects(createOperator({ onlyFirst: true }), OperatorExistsError)
  assert.equal((await database.query(`select id from clients where realm = 'operators'`)).length, 1)
})

test('abuse 159: an operator created without the admin API is audited with the actor "setup"', async () => {
  const { createOperator, tokenOf, database } = await startTestServer()
  const { clientId, ...operator } = await createOperator({ name: 'Deputy' })
  const [event] = await database.query<{ kind: string; detail: string; address: string }>(
    'select kind, detail, address from audit_events where client_id = ?',
    clientId,
  )
  assert.deepEqual(
    [event?.kind, event?.address, JSON.parse(event!.detail).by],
    ['clients.create', 'local', { realm: 'operators', client: 'setup' }],
  )
  assert.ok(await tokenOf('operators', { clientId, ...operator }))
})

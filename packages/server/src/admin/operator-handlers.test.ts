import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestServer } from '../../test/test-server.fixture.ts'

test('an operator is listed with its last use and its version', async () => {
  const { admin, operator, upkeep, tokenOf, clock } = await startTestServer()
  const params = { realm: 'operators' }
  const body = { organization: 'operators', clientId: 'support', name: 'Support', scopes: ['clients:read'] }
  const { clientSecret } = await admin('clients.create', { params, body })
  const find = async (clientId: string) => (await admin('operators.list', { params: {} })).items.find((one) => one.clientId === clientId)
  const unused = await find('support')
  assert.deepEqual([unused?.lastUsedAt, unused?.sessions, unused?.version, unused?.owner], [null, 0, 1, false])
  clock.advance(60_000)
  await tokenOf('operators', { clientId: 'support', clientSecret: clientSecret! })
  await upkeep.writeUsage()
  assert.equal((await find('support'))?.lastUsedAt, new Date(clock.now()).toISOString())
  await admin('clients.update', { params: { ...params, client: 'support' }, body: { name: 'Help desk' } })
  assert.equal((await find('support'))?.version, 2)
  assert.equal((await find(operator.clientId))?.owner, true)
})

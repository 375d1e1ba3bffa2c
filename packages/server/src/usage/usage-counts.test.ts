import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Selectable } from 'kysely'
import { generateClientSecret } from '../keys/secret-format.ts'
import type { Schema } from '../store/schema.ts'
import { shareTestServer, tokenRequest, type TestServer } from '../../test/test-server.fixture.ts'

type Row = Selectable<Schema['usage']>

suite('usage', () => {
  const server = shareTestServer()

  test('tokens are counted by client and credential, for the hour and the day', async () => {
    const client = await server().aClient('prod')
    for (let i = 0; i < 3; i++) await server().tokenOf('prod', client)
    const rows = await readUsage(server(), client.clientId)
    assert.deepEqual(
      rows.map(({ step, what, outcome, count }) => [step, what, outcome, Number(count)]),
      [
        ['day', 'token', 'issued', 3],
        ['hour', 'token', 'issued', 3],
      ],
    )
    assert.ok(rows.every(({ subject, organization_id }) => subject !== '' && organization_id === client.organizationId))
  })

  test('a refusal before the authentication counts without a credential, one after it with its credential', async () => {
    const client = await server().aClient('prod')
    await server().requestToken('prod', tokenRequest({ ...client, clientSecret: generateClientSecret() }))
    await server().requestToken('prod', `${new URLSearchParams(tokenRequest(client)).toString()}&scope=none`)
    const rows = (await readUsage(server(), client.clientId)).filter(({ step }) => step === 'day')
    assert.deepEqual(rows.map(({ outcome, subject }) => [outcome, subject !== '']).toSorted(), [
      ['invalid-client', false],
      ['invalid-scope', true],
    ])
  })
})

async function readUsage(server: TestServer, clientId: string): Promise<Row[]> {
  await server.upkeep.writeUsage()
  return server.database.query<Row>(`select * from usage where client_id = '${clientId}' order by step, outcome`)
}

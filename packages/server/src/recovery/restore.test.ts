import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { verifyAuditLog } from '../audit/verify/verify-store.ts'
import { createServer } from '../server.ts'
import { startTestServer, tokenRequest } from '../../test/test-server.fixture.ts'
import { findMissingEvents } from './missing-events.ts'
import { backUpSqlite, putBackSqlite } from './sqlite-files.ts'

const skip = (process.env['COUNTERSIGN_TEST_STORE'] ?? 'sqlite') !== 'sqlite' && 'PostgreSQL has its own programs for this'

test('abuse 205: a token revoked after the backup stays denied, on every node and in every realm', async () => {
  const { request, requestToken, aClient, tokenOf, operator, database, clock, recordRestore } = await startTestServer()
  const acme = await aClient('nt24-idp')
  const umbrella = await aClient('prod', { slug: 'umbrella' })
  const tokens = [await tokenOf('nt24-idp', acme), await tokenOf('prod', umbrella), await tokenOf('operators', operator)]
  const me = (token: string) => request({ url: '/v1/me', headers: { authorization: `Bearer ${token}` } })
  const revision = async () => (await database.query<{ value: number }>('select value from epoch'))[0]!.value
  for (const token of tokens) for (let node = 0; node < 2; node++) assert.equal((await me(token)).statusCode, 200)
  const before = Number(await revision())

  const restored = await recordRestore()

  for (const token of tokens) for (let node = 0; node < 2; node++) assert.equal((await me(token)).statusCode, 401)
  assert.ok(Number(await revision()) > before + 1_000_000, 'no node can follow change by change')
  assert.deepEqual([restored.organizations, restored.tokensNotBefore], [3, Math.floor(clock.now() / 1000) + 1])
  const [event] = await database.query<{ detail: string }>(`select detail from audit_events where kind = 'store.restored'`)
  assert.equal(JSON.parse(event!.detail).by.client, 'setup')
  for (const [realm, client] of [['nt24-idp', acme] as const, ['prod', umbrella] as const]) {
    const response = await requestToken(realm, tokenRequest(client))
    assert.equal((await me(response.json<{ access_token: string }>().access_token)).statusCode, 200, 'a new token is good at once')
  }
})

test('abuse 205: changes made after the backup are found in an export', { skip }, async (t) => {
  const { configuration, folder, admin, aClient, tokenOf, operator, clock } = await startTestServer()
  const client = await aClient('nt24-idp')
  const token = await tokenOf('nt24-idp', client)
  const backup = join(folder, 'backup.db')
  backUpSqlite(configuration.store, backup)
  clock.advance(1000)
  await admin('clients.update', { params: { realm: 'nt24-idp', client: client.clientId }, body: { enabled: false } })
  const exported = (await admin('audit.search', { params: {}, query: { limit: 100 } })).items

  const restored = { ...configuration, store: `sqlite:${join(folder, 'restored.db')}` }
  await putBackSqlite(backup, restored.store)
  const missing = await findMissingEvents(restored.store, exported)
  assert.deepEqual(
    missing.filter(({ kind }) => kind === 'clients.update').map(({ clientId }) => clientId),
    [client.clientId],
  )
  assert.equal(
    missing.every(({ at }) => Date.parse(at) >= clock.now() - 1000),
    true,
  )

  const server = await createServer({ configuration: restored, clock: clock.now, logStream: { write: () => {} } })
  t.after(() => server.close())
  await server.recordRestore()
  const me = await server.app.inject({ url: '/v1/me', headers: { authorization: `Bearer ${token}` } })
  assert.equal(me.statusCode, 401, 'the client is enabled again, but its token is not good again')
  assert.equal((await verifyAuditLog(restored)).fault, undefined)
  assert.ok(operator)
})

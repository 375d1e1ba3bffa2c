import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { startTestServer, tokenRequest, type TestServer } from '../../test/test-server.fixture.ts'
import { addKeyRingVersion } from '../keys/change-key-ring.ts'

const params = { version: 1 }

/** A server whose pepper has a second version, in use; the client has a secret under the first one. */
async function aRotatedPepper() {
  const server = await startTestServer()
  const client = await server.aClient('prod')
  await rotate(server)
  await server.admin('realms.list', { params: {} })
  await server.upkeep.writeUsage() // The secret of the operator moves.
  return { ...server, client, ...storeOf(server) }
}

async function rotate({ folder, reload, upkeep }: TestServer) {
  await addKeyRingVersion({ purpose: 'secret pepper', location: `file:${join(folder, 'pepper')}` })
  await reload()
  await upkeep.compareKeyRings() // Each node has said by now what it has.
  await upkeep.compareKeyRings()
}

function storeOf({ database, requestToken, admin, requestAdmin }: TestServer) {
  return {
    /** The version of each secret of a client, newest first. */
    versionsOf: async (clientId: string) =>
      (
        await database.query<{ digest_version: number }>(
          'select digest_version from credentials where client = (select id from clients where client_id = ?) order by created_at desc',
          clientId,
        )
      ).map((row) => row.digest_version),
    statusOf: async (credentials: { clientId: string; clientSecret: string }, realm = 'prod') =>
      (await requestToken(realm, tokenRequest(credentials))).statusCode,
    pepper: async (version: number) => (await admin('pepper.get', { params: {} })).versions.find((one) => one.version === version),
    retire: (body: { force?: boolean; reason?: string } = {}) => requestAdmin('pepper.retire', { params, body }),
    checks: async () =>
      (await database.query<{ name: string }>("select name from settings where name like 'check of the secret pepper%' order by name")).map(
        ({ name }) => name,
      ),
  }
}

test('a new version is used for new secrets, and a secret moves to it at its next use', async () => {
  const { aClient, client, versionsOf, statusOf, upkeep, pepper, operator } = await aRotatedPepper()
  const newer = await aClient('prod', { slug: 'newer' })
  assert.deepEqual([await versionsOf(client.clientId), await versionsOf(newer.clientId)], [[1], [2]])
  assert.deepEqual([(await pepper(1))?.clients, await versionsOf(operator.clientId)], [1, [2]])
  assert.equal(await statusOf(client), 200)
  await upkeep.writeUsage()
  assert.deepEqual(await versionsOf(client.clientId), [2])
  assert.deepEqual([await statusOf(client), await statusOf(newer)], [200, 200])
  assert.equal(await statusOf({ ...client, clientSecret: newer.clientSecret }), 401)
  await upkeep.writeUsage()
  const { version, state, clients, secrets, realms, missingOn } = (await pepper(1))!
  assert.deepEqual(
    { version, state, clients, secrets, realms, missingOn },
    { version: 1, state: 'old', clients: 0, secrets: 0, realms: {}, missingOn: [] },
  )
  assert.equal((await pepper(2))?.state, 'current')
})

test('a move of a secret is no event of the audit log, and both secrets of a rotation move', async () => {
  const { client, admin, versionsOf, statusOf, upkeep, auditEvents } = await aRotatedPepper()
  const { clientSecret } = await admin('rotation.start', { params: { realm: 'prod', client: client.clientId }, body: { force: false } })
  assert.deepEqual(await versionsOf(client.clientId), [2, 1])
  const before = (await auditEvents()).length
  assert.equal(await statusOf(client), 200)
  await upkeep.writeUsage()
  assert.deepEqual(await versionsOf(client.clientId), [2, 2])
  assert.deepEqual([await statusOf(client), await statusOf({ ...client, clientSecret: clientSecret! })], [200, 200])
  await upkeep.writeUsage()
  const kinds = (await auditEvents()).slice(before).map(({ kind }) => kind)
  assert.deepEqual(
    kinds.filter((kind) => kind !== 'token.request'),
    ['rotation.prove'],
  )
})

test('a secret that is revoked after its use does not come back by its move', async () => {
  const { client, admin, versionsOf, statusOf, upkeep, database } = await aRotatedPepper()
  assert.equal(await statusOf(client), 200)
  const [secret] = await database.query<{ id: string }>(
    'select id from credentials where client = (select id from clients where client_id = ?)',
    client.clientId,
  )
  await admin('secrets.revoke', {
    params: { realm: 'prod', client: client.clientId, secret: secret!.id },
    body: { reason: 'Leaked', cutTokens: true },
  })
  await upkeep.writeUsage()
  assert.deepEqual([await versionsOf(client.clientId), await statusOf(client)], [[], 401])
})

test('a version is not retired while a secret needs it: the problem has the numbers and the command', async () => {
  const { client, retire, statusOf, upkeep, checks, requestAdmin, admin } = await aRotatedPepper()
  const refused = await retire()
  const { detail, remedy } = refused.json<{ detail: string; remedy: string }>()
  assert.equal(refused.statusCode, 409)
  assert.match(detail, /^1 secret of 1 client can be checked only with version 1 of the pepper\.$/)
  assert.match(remedy, /countersign pepper clients 1/)
  const { items } = await admin('pepper.clients', { params, query: { realm: 'prod' } })
  assert.deepEqual(
    items.map((item) => item.client),
    [client.clientId],
  )
  assert.equal(await statusOf(client), 200)
  await upkeep.writeUsage()
  assert.deepEqual((await retire()).json(), { keyVersion: 1, retired: true, ended: [], remaining: 0 })
  assert.deepEqual(await checks(), ['check of the secret pepper v2'])
  // A command that was interrupted calls again.
  assert.deepEqual((await retire()).json(), { keyVersion: 1, retired: true, ended: [], remaining: 0 })
  assert.equal(await statusOf(client), 200)
  const again = await requestAdmin('pepper.retire', { params: { version: 2 }, body: {} })
  assert.match(again.json<{ detail: string }>().detail, /Version 2 of the pepper is the current one/)
})

test('with force and a reason, the secrets that need it end on every node, and the audit log names each', async () => {
  const { client, retire, statusOf, upkeep, versionsOf, auditEvents, aClient, database } = await aRotatedPepper()
  const used = await aClient('prod', { slug: 'used' })
  assert.equal(await statusOf(used), 200)
  await upkeep.writeUsage()
  assert.equal((await retire({ force: true })).statusCode, 400)
  const [secret] = await database.query<{ id: string }>(
    'select id from credentials where client = (select id from clients where client_id = ?)',
    client.clientId,
  )
  const { retired, ended, remaining } = (await retire({ force: true, reason: 'Unused since March' })).json<Record<string, unknown>>()
  assert.deepEqual([retired, ended, remaining], [true, [{ realm: 'prod', client: client.clientId, secret: secret!.id }], 0])
  assert.deepEqual([await statusOf(client), await statusOf(client), await statusOf(used)], [401, 401, 200])
  await upkeep.writeUsage()
  assert.deepEqual(await versionsOf(client.clientId), [])
  const events = await database.query<{ kind: string; client_id: string | null; detail: string }>(
    "select kind, client_id, detail from audit_events where kind in ('secrets.revoke', 'pepper.retire') order by id",
  )
  assert.deepEqual(
    events.map(({ kind, client_id }) => [kind, client_id]),
    [
      ['secrets.revoke', client.clientId],
      ['pepper.retire', null],
    ],
  )
  assert.match(events[0]!.detail, /"reason":"Unused since March"/)
  assert.match(events[1]!.detail, /"pepperVersion":1,"retired":true,"endedSecrets":1,"force":true/)
  await auditEvents()
})

test('the only secret of the last owner is never ended', async () => {
  const { retire, database, operator, versionsOf } = await aRotatedPepper()
  // As if its use had been noted on a node that was lost.
  const move = 'update credentials set digest_version = 1 where client = (select id from clients where client_id = ?)'
  await retire()
  await database.query(move, operator.clientId)
  const refused = await retire({ force: true, reason: 'Unused' })
  assert.equal(refused.statusCode, 409)
  assert.match(refused.json<{ detail: string }>().detail, /no operator who can do everything/)
  assert.deepEqual(await versionsOf(operator.clientId), [1])
})

test('force requires an owner, and the operations their scopes', async () => {
  const { admin, requestAdmin, retire } = await aRotatedPepper()
  const anOperator = async (clientId: string, scopes: ('keys:read' | 'keys:write' | 'clients:read')[]) => {
    const body = { organization: 'operators', clientId, name: clientId, scopes }
    return { clientId, clientSecret: (await admin('clients.create', { params: { realm: 'operators' }, body })).clientSecret! }
  }
  const reader = await anOperator('reader', ['clients:read'])
  assert.equal((await requestAdmin('pepper.get', { params: {} }, reader)).statusCode, 403)
  const writer = await anOperator('writer', ['keys:read', 'keys:write'])
  assert.equal((await requestAdmin('pepper.get', { params: {} }, writer)).statusCode, 200)
  const forced = await requestAdmin('pepper.retire', { params, body: { force: true, reason: 'Unused' } }, writer)
  assert.match(forced.json<{ type: string }>().type, /owner-required$/)
  assert.equal((await requestAdmin('pepper.retire', { params, body: {} }, writer)).statusCode, 409)
  assert.equal((await retire()).statusCode, 409)
})

test('a version is not retired while the audit log was sealed under it', async () => {
  const { client, retire, statusOf, pepper, database } = await aRotatedPepper()
  assert.equal(await statusOf(client), 200)
  const seal = "insert into audit_seals (node, number, sealed_at, last_event, skipped, mac) values ('before', 0, 1, 0, '[]', '1:aaaa')"
  await database.query(seal)
  assert.equal((await pepper(1))?.auditLog, true)
  const refused = await retire({ force: true, reason: 'Unused' })
  assert.equal(refused.statusCode, 409)
  assert.match(refused.json<{ detail: string }>().detail, /audit log has events that were written without an audit key/)
  await database.query("delete from audit_seals where node = 'before'")
})

test('an expired secret under the version does not hold it up', async () => {
  const { client, retire, versionsOf, statusOf, clock, database } = await aRotatedPepper()
  await database.query(
    'update credentials set expires_at = ? where client = (select id from clients where client_id = ?)',
    clock.now() - 1,
    client.clientId,
  )
  assert.equal((await retire()).json<{ retired: boolean }>().retired, true)
  assert.deepEqual([await versionsOf(client.clientId), await statusOf(client)], [[], 401])
})

test('a secret under a version that the node lacks gets 503 and not 401', async () => {
  const server = await startTestServer()
  server.expectErrors()
  const { clientId } = await server.aClient('prod')
  const { statusOf } = storeOf(server)
  const move = 'update credentials set digest_version = 9 where client = (select id from clients where client_id = ?)'
  await server.database.query(move, clientId)
  assert.equal(await statusOf({ clientId, clientSecret: 'csk_whatever' }), 401, 'a typo is told without a query')
  const wellFormed = (await server.aClient('prod', { slug: 'other' })).clientSecret
  assert.equal(await statusOf({ clientId, clientSecret: wellFormed }), 503)
})

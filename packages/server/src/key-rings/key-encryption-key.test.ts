import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { startTestServer, tokenRequest } from '../../test/test-server.fixture.ts'
import { addKeyRingVersion } from '../keys/change-key-ring.ts'

/** A server whose key-encryption key has a second version, in use; its keys are encrypted under the first one. */
async function aRotatedKey() {
  const server = await startTestServer()
  const { folder, reload, upkeep, database, requestAdmin, requestToken } = server
  const client = await server.aClient('prod')
  const token = await server.tokenOf('prod', client)
  await addKeyRingVersion({ purpose: 'key-encryption key', location: `file:${join(folder, 'kek')}` })
  await reload()
  await upkeep.compareKeyRings() // Each node has said by now what it has.
  await upkeep.compareKeyRings()
  return {
    ...server,
    client,
    token,
    versions: async () => {
      const rows = await database.query<{ wrapped_private_key: string }>('select wrapped_private_key from signing_keys')
      return rows.map((row) => Number.parseInt(row.wrapped_private_key, 10)).toSorted()
    },
    rewrap: () => requestAdmin('keyEncryptionKey.rewrap', { params: {} }),
    retire: (version: number) => requestAdmin('keyEncryptionKey.retire', { params: { version } }),
    statusOf: async () => (await requestToken('prod', tokenRequest(client))).statusCode,
  }
}

test('abuse 202: all private keys are encrypted under the new version while the server serves, and then the old one is retired', async () => {
  const { admin, versions, rewrap, retire, statusOf, token, request, upkeep, reload, database } = await aRotatedKey()
  const before = await versions()
  assert.ok(before.every((version) => version === 1))
  const { current, versions: described } = await admin('keyEncryptionKey.get', { params: {} })
  assert.deepEqual(
    [current, described.map(({ version, state, keys }) => [version, state, keys])],
    [
      2,
      [
        [1, 'old', before.length],
        [2, 'current', 0],
      ],
    ],
  )
  const refused = await retire(1)
  assert.match(refused.json<{ detail: string }>().detail, /private keys are encrypted under version 1 of the key-encryption key/)
  assert.deepEqual((await rewrap()).json(), { keyVersion: 2, rewrapped: before.length, unreadable: [] })
  assert.deepEqual(
    await versions(),
    before.map(() => 2),
  )
  assert.deepEqual((await rewrap()).json(), { keyVersion: 2, rewrapped: 0, unreadable: [] })
  assert.deepEqual((await retire(1)).json(), { keyVersion: 1, retired: true })
  assert.deepEqual((await retire(1)).json(), { keyVersion: 1, retired: true })
  // Its tokens are signed and verified as before.
  assert.equal(await statusOf(), 200)
  const url = '/auth/realms/prod/v1/me'
  assert.equal((await request({ url, headers: { authorization: `Bearer ${token}` } })).statusCode, 200)
  const events = await database.query<{ kind: string; detail: string }>(
    "select kind, detail from audit_events where kind like 'keyEncryptionKey.%' order by id",
  )
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ['keyEncryptionKey.rewrap', 'keyEncryptionKey.retire'],
  )
  assert.match(events[0]!.detail, new RegExp(`"keyEncryptionKeyVersion":2,"rewrappedKeys":${before.length},"unreadableKeys":\\[\\]`))
  await reload()
  await upkeep.compareKeyRings()
  assert.equal(await statusOf(), 200)
})

test('abuse 202: a rewrap that fails at its last step leaves every key as it was', async () => {
  const { versions, rewrap, request, hideAuditPlaces, expectErrors, statusOf, tokenOf, operator } = await aRotatedKey()
  const before = await versions()
  const headers = { authorization: `Bearer ${await tokenOf('operators', operator)}` }
  const restore = await hideAuditPlaces()
  expectErrors()
  const failed = await request({ method: 'POST', url: '/admin/v1/key-encryption-key/rewrap', headers, payload: {} })
  assert.ok(failed.statusCode >= 500, failed.body)
  await restore()
  assert.deepEqual(await versions(), before)
  assert.equal(await statusOf(), 200)
  assert.equal((await rewrap()).statusCode, 200)
  assert.ok((await versions()).every((version) => version === 2))
})

test('abuse 203: the ciphertext of another key is named, stays as it is and does not become one that opens', async () => {
  const { rewrap, retire, database } = await aRotatedKey()
  const rows = await database.query<{ kid: string; realm: string; wrapped_private_key: string }>(
    "select kid, realm, wrapped_private_key from signing_keys where realm in ('partner-api', 'nt24-idp') order by realm",
  )
  const [moved, source] = [rows[0]!, rows.at(-1)!]
  await database.query('update signing_keys set wrapped_private_key = ? where kid = ?', source.wrapped_private_key, moved.kid)
  const { unreadable } = (await rewrap()).json<{ unreadable: unknown }>()
  assert.deepEqual(unreadable, [{ realm: moved.realm, keyId: moved.kid }])
  const [after] = await database.query<{ wrapped_private_key: string }>(
    'select wrapped_private_key from signing_keys where kid = ?',
    moved.kid,
  )
  assert.equal(after?.wrapped_private_key, source.wrapped_private_key)
  const refused = await retire(1)
  assert.match(refused.json<{ detail: string }>().detail, /^1 private key is encrypted under version 1/)
  assert.match(refused.json<{ remedy: string }>().remedy, /restore it from a backup/)
})

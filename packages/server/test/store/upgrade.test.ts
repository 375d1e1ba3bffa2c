// A store that a released version made, opened by this one: its clients come in with the secrets that they have.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { sql } from 'kysely'
import { readClient } from '../../src/cache/read-clients.ts'
import { parseConfiguration } from '../../src/configuration/configuration.ts'
import { createKeyRingFile } from '../../src/keys/key-ring.ts'
import { readKeyRing } from '../../src/keys/read-key-ring.ts'
import { digestSecret, generateClientSecret } from '../../src/keys/secret-format.ts'
import { createServer } from '../../src/server.ts'
import { migrations } from '../../src/store/migrations.ts'
import { openStore } from '../../src/store/store.ts'
import { injectRequest } from '../inject.fixture.ts'
import { tokenRequest } from '../test-server.fixture.ts'
import { aPostgresDatabase, skipWithoutPostgres } from './postgres.fixture.ts'
import { aFileOfSqlite } from './sqlite-file.fixture.ts'

const now = Date.now()
const day = 86_400_000
const [older, newer] = [generateClientSecret(), generateClientSecret()]
const rotation = { expiresAt: now + day, expiresAtBeforeRotation: now + 30 * day, firstUsedAt: now - 9 * day, lastUsedAt: now - day }

/** In the middle of a rotation, by the tables up to this migration. */
async function aStoreOf(last: string, location: string, pepperFile: string): Promise<void> {
  const store = await openStore(location, { history: Object.fromEntries(Object.entries(migrations).filter(([name]) => name <= last)) })
  const { db } = store
  const pepper = await readKeyRing('secret pepper', `file:${pepperFile}`)
  await sql`insert into organizations (id, realm, slug, name, status, capabilities, created_at, updated_at)
    values ('o', 'prod', 'acme', 'Acme', 'active', '{}', 1, 1)`.execute(db)
  await sql`insert into clients (id, realm, client_id, organization_id, name, enabled, service_account_enabled, scopes, created_at, updated_at)
    values ('c', 'prod', 'acme', 'o', 'Acme', 1, 1, '["read"]', 1, 1)`.execute(db)
  const { expiresAt, expiresAtBeforeRotation, firstUsedAt, lastUsedAt } = rotation
  await sql`insert into client_secrets (id, client, digest, pepper_version, last_four, created_at, expires_at, expires_at_before_rotation,
      first_used_at, last_used_at, reminded_at)
    values ('older', 'c', ${digestSecret(pepper, 1, 'c', older)}, 1, ${older.slice(-4)}, ${now - 9 * day}, ${expiresAt},
      ${expiresAtBeforeRotation}, ${firstUsedAt}, ${lastUsedAt}, ${now - 2 * day}),
      ('newer', 'c', ${digestSecret(pepper, 1, 'c', newer)}, 1, ${newer.slice(-4)}, ${now - day}, null, null, null, null, null)`.execute(db)
  if (last >= '006')
    await sql`update client_secrets set started_by = 'client', tokens_end_at = ${now + 60_000} where id = 'newer'`.execute(db)
  await store.close()
}

const locations = { SQLite: aFileOfSqlite, PostgreSQL: (t: TestContext) => aPostgresDatabase(t) }
for (const [kind, locate] of Object.entries(locations)) {
  for (const last of ['003-rotation', '006-ends-of-tokens']) {
    const skip = kind === 'PostgreSQL' && skipWithoutPostgres()
    test(`${kind}: secrets of a store up to ${last} keep their ids and their rotation, and authenticate`, { skip }, async (t) => {
      const folder = mkdtempSync(join(tmpdir(), 'countersign-upgrade-'))
      t.after(() => rmSync(folder, { recursive: true }))
      for (const name of ['pepper', 'kek']) createKeyRingFile(join(folder, name))
      const location = await locate(t)
      await aStoreOf(last, location, join(folder, 'pepper'))

      const migrated = await openStore(location)
      const client = await readClient(migrated.db, 'prod', 'acme')
      await migrated.close()
      const isOfLater = last >= '006'
      assert.deepEqual(
        client!.secrets.map(({ digest: _digest, ...secret }) => secret),
        [
          {
            id: 'newer',
            pepperVersion: 1,
            lastFour: newer.slice(-4),
            createdAt: now - day,
            expiresAt: null,
            expiresAtBeforeRotation: null,
            startedBy: isOfLater ? 'client' : 'operator',
            firstUsedAt: null,
            lastUsedAt: null,
            remindedAt: null,
            tokensEndAt: isOfLater ? now + 60_000 : null,
          },
          {
            id: 'older',
            pepperVersion: 1,
            lastFour: older.slice(-4),
            createdAt: now - 9 * day,
            ...rotation,
            startedBy: 'operator',
            remindedAt: now - 2 * day,
            tokensEndAt: null,
          },
        ],
      )

      const text = `{ listen: '127.0.0.1:0', store: '${location}', secretPepper: 'file:pepper', keyEncryptionKey: 'file:kek', logLevel: error,
        realms: { prod: { issuer: /prod, tokenEndpoint: /prod/token, audience: api, scopes: [read], defaultScopes: [read] } } }`
      const server = await createServer({ configuration: parseConfiguration(text, folder), logStream: { write: () => {} } })
      const requestToken = (clientSecret: string) =>
        injectRequest(server.app, {
          method: 'POST',
          url: '/prod/token',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          payload: new URLSearchParams(tokenRequest({ clientId: 'acme', clientSecret })).toString(),
        })
      try {
        const answers = [await requestToken(older), await requestToken(newer), await requestToken(generateClientSecret())]
        assert.deepEqual(
          answers.map(({ statusCode }) => statusCode),
          [200, 200, 401],
        )
      } finally {
        await server.close()
      }
    })
  }
}

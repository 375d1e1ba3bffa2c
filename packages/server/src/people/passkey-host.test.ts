import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openStore } from '../store/store.ts'
import { checkPasskeyHost, notePasskeyHost } from './passkey-host.ts'
import { addPasskey } from './passkeys.ts'

test('the start warns once passkeys were made for another host than that of the portal', async () => {
  const store = await openStore('sqlite::memory:')
  const { db } = store
  const warnings: unknown[] = []
  const check = (url: string | undefined) => checkPasskeyHost(db, url, { warn: (facts: unknown) => void warnings.push(facts) })
  await check('https://portal.example')
  await notePasskeyHost(db, 'portal.example')
  await check('https://partners.example')
  assert.deepEqual(warnings, [], 'there is no passkey')

  const now = Date.UTC(2026, 0, 15)
  const common = { realm: 'prod', created_at: now }
  const organization = { ...common, id: 'o', slug: 'acme', name: 'Acme', status: 'active', capabilities: '{}', updated_at: now } as const
  await db
    .insertInto('organizations')
    .values({ ...organization, tokens_not_before: 0 })
    .execute()
  await db
    .insertInto('people')
    .values({ ...common, id: 'p', organization_id: 'o', role: 'admin', name: 'Mia' })
    .execute()
  await store.transact((change) =>
    addPasskey({ db: change, now }, 'p', { id: 'k', publicKey: new Uint8Array(1), counter: 0, transports: [] }, 'One'),
  )
  for (const url of [undefined, 'https://portal.example', 'https://portal.example:8443']) await check(url)
  assert.deepEqual(warnings, [])
  await check('https://partners.example')
  assert.deepEqual(warnings, [{ host: 'partners.example', passkeysMadeFor: 'portal.example', passkeys: 1 }])
  await notePasskeyHost(db, 'partners.example')
  await check('https://partners.example')
  assert.equal(warnings.length, 1)
  await store.close()
})

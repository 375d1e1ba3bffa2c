// Fills a store with many organizations of one client each, all with one secret, faster than the admin API would.
import { randomUUID } from 'node:crypto'
import { digestSecret, generateClientSecret } from '../clients/client-secret.ts'
import { readKeyRing } from '../keys/key-ring.ts'
import { openStore } from './store.ts'

export interface FillOptions {
  /** As the configuration names a store. */
  readonly location: string
  /** The file of the pepper. */
  readonly pepper: string
  readonly clients: number
}

const atOnce = 500

/** Clients "client-0" and so on in the realm "soak". Returns their secret. */
export async function fillStore({ location, pepper: file, clients }: FillOptions): Promise<string> {
  const pepper = readKeyRing('secret pepper', `file:${file}`)
  const secret = generateClientSecret()
  const store = await openStore(location)
  const now = Date.now()
  const times = { created_at: now, updated_at: now }
  for (let from = 0; from < clients; from += atOnce) {
    const rows = Array.from({ length: Math.min(atOnce, clients - from) }, (_, i) => ({
      id: randomUUID(),
      organization: randomUUID(),
      number: from + i,
    }))
    await store.db.transaction().execute(async (db) => {
      await db
        .insertInto('organizations')
        .values(
          rows.map(({ organization, number }) => ({
            id: organization,
            realm: 'soak',
            slug: `org-${number}`,
            name: `Organization ${number}`,
            status: 'active' as const,
            capabilities: '{}',
            tokens_not_before: 0,
            ...times,
          })),
        )
        .execute()
      await db
        .insertInto('clients')
        .values(
          rows.map(({ id, organization, number }) => ({
            id,
            realm: 'soak',
            client_id: `client-${number}`,
            organization_id: organization,
            name: `Backend ${number}`,
            enabled: 1,
            service_account_enabled: 1,
            scopes: '["read"]',
            access_token_lifetime: null,
            ...times,
          })),
        )
        .execute()
      await db
        .insertInto('client_secrets')
        .values(
          rows.map(({ id }) => ({
            id: randomUUID(),
            client: id,
            digest: digestSecret(pepper, pepper.currentVersion, id, secret),
            pepper_version: pepper.currentVersion,
            last_four: secret.slice(-4),
            created_at: now,
            expires_at: null,
          })),
        )
        .execute()
    })
  }
  await store.close()
  return secret
}

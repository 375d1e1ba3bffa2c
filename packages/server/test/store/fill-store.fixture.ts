// Fills a store with many organizations of one client each, all with one secret, faster than the admin API would.
import { hash, randomUUID } from 'node:crypto'
import { sql, type Kysely } from 'kysely'
import type { Grant } from '@countersign/protocol'
import { digestSecret, generateClientSecret } from '../../src/keys/secret-format.ts'
import { readKeyRing } from '../../src/keys/read-key-ring.ts'
import { isPostgres } from '../../src/store/dialects.ts'
import type { Schema } from '../../src/store/schema.ts'
import { openStore } from '../../src/store/store.ts'

export interface FillOptions {
  /** Location in the form of the configuration. */
  readonly location: string
  /** The file of the pepper. */
  readonly pepper: string
  readonly clients: number
  /** Creation time of their secrets, in milliseconds since the epoch; now if absent. */
  readonly secretsCreatedAt?: number
  /** On SQLite only. */
  readonly grants?: FillGrants
}

export interface FillGrants {
  readonly claimSets: Readonly<Record<string, Grant>>
  readonly of: (client: number) => { readonly claimSet?: string; readonly grant?: Grant }
}

const atOnce = 500

/** Creates clients "client-0" and so on in the realm "soak". Returns their secret. */
export async function fillStore({ location, pepper: file, clients, secretsCreatedAt = Date.now(), grants }: FillOptions): Promise<string> {
  const pepper = await readKeyRing('secret pepper', `file:${file}`)
  const secret = generateClientSecret()
  const store = await openStore(location, { answerMilliseconds: 600_000 })
  if (isPostgres(store.db)) await fillPostgres(store.db, clients)
  if (grants) await insertClaimSets(store.db, grants)
  for (const rows of clientsInParts(Math.min(clients, isPostgres(store.db) ? usable : clients), clients)) {
    await store.db.transaction().execute(async (db) => {
      if (isPostgres(db))
        await db
          .deleteFrom('credentials')
          .where(
            'client',
            'in',
            rows.map(({ id }) => id),
          )
          .execute()
      else await insertClients(db, rows, grants)
      await db
        .insertInto('credentials')
        .values(
          rows.map(({ id }) => ({
            id: randomUUID(),
            client: id,
            material: digestSecret(pepper, pepper.currentVersion, id, secret),
            digest_version: pepper.currentVersion,
            last_four: secret.slice(-4),
            created_at: secretsCreatedAt,
            expires_at: null,
          })),
        )
        .execute()
    })
  }
  await store.close()
  return secret
}

/** On PostgreSQL only this many clients, spread over all of them, get a known secret. */
export const usable = 20_000

interface Row {
  readonly id: string
  readonly organization: string
  readonly number: number
}

function* clientsInParts(count: number, of: number): Generator<Row[]> {
  for (let from = 0; from < count; from += atOnce) {
    yield Array.from({ length: Math.min(atOnce, count - from) }, (_, i) => {
      const number = (from + i) * Math.floor(of / count)
      return { id: uuidOf(`client ${number}`), organization: uuidOf(`organization ${number}`), number }
    })
  }
}

/** Same as `md5(text)::uuid` in PostgreSQL. */
function uuidOf(text: string): string {
  return hash('md5', text).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

async function insertClaimSets(db: Kysely<Schema>, { claimSets }: FillGrants): Promise<void> {
  const now = Date.now()
  const rows = Object.entries(claimSets).map(([name, grant]) => {
    return { realm: 'soak', name, description: '', content: JSON.stringify(grant), created_at: now, updated_at: now }
  })
  if (rows.length > 0) await db.insertInto('claim_sets').values(rows).execute()
}

function columnsOf(grants: FillGrants | undefined, client: number) {
  const { claimSet = null, grant } = grants?.of(client) ?? {}
  return { claim_set: claimSet, own_grant: grant ? JSON.stringify(grant) : null }
}

async function insertClients(db: Kysely<Schema>, rows: readonly Row[], grants: FillGrants | undefined): Promise<void> {
  const common = { realm: 'soak', created_at: Date.now(), updated_at: Date.now() }
  const ofOrganization = { ...common, status: 'active' as const, capabilities: '{}', tokens_not_before: 0 }
  const ofClient = { ...common, enabled: 1, service_account_enabled: 1, scopes: '["read"]', access_token_lifetime: null }
  await db
    .insertInto('organizations')
    .values(rows.map(({ organization: id, number }) => ({ ...ofOrganization, id, slug: `org-${number}`, name: `Organization ${number}` })))
    .execute()
  await db
    .insertInto('clients')
    .values(
      rows.map(({ id, organization, number }) => ({
        ...ofClient,
        id,
        organization_id: organization,
        client_id: `client-${number}`,
        name: `Backend ${number}`,
        ...columnsOf(grants, number),
      })),
    )
    .execute()
}

async function fillPostgres(db: Kysely<Schema>, clients: number): Promise<void> {
  const now = sql.lit(Date.now())
  const numbers = sql`generate_series(0, ${sql.lit(clients - 1)}) as n`
  await sql`insert into organizations (id, realm, slug, name, status, capabilities, tokens_not_before, created_at, updated_at)
    select md5('organization ' || n)::uuid::text, 'soak', 'org-' || n, 'Organization ' || n, 'active', '{}', 0, ${now}, ${now} from ${numbers}`.execute(
    db,
  )
  await sql`insert into clients (id, realm, client_id, organization_id, name, enabled, service_account_enabled, scopes, created_at, updated_at)
    select md5('client ' || n)::uuid::text, 'soak', 'client-' || n, md5('organization ' || n)::uuid::text, 'Backend ' || n, 1, 1, '["read"]', ${now}, ${now}
    from ${numbers}`.execute(db)
  await sql`insert into credentials (id, client, material, digest_version, last_four, created_at)
    select md5('secret ' || n)::uuid::text, md5('client ' || n)::uuid::text, decode(md5('a' || n) || md5('b' || n), 'hex'), 1, 'none', ${now}
    from ${numbers}`.execute(db)
  await sql`analyze`.execute(db)
}

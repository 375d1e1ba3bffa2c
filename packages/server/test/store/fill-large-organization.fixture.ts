// Fills a store with a realm of many clients, of which one organization has many, with many partners: by SQL, as changes it would take
// hours.
import { sql } from 'kysely'
import { readKeyRing } from '../../src/keys/read-key-ring.ts'
import { digestSecret, generateClientSecret } from '../../src/keys/secret-format.ts'
import { isPostgres } from '../../src/store/dialects.ts'
import { openStore } from '../../src/store/store.ts'

export interface LargeOrganizationOptions {
  /** Location in the form of the configuration. */
  readonly location: string
  /** The file of the pepper. */
  readonly pepper: string
  readonly realm: string
  /** Clients of the large organization, "large-1" and so on. */
  readonly clients: number
  readonly partners: number
  /** Organizations with one client each. */
  readonly others: number
  /** How many of the clients get the secret. */
  readonly usable: number
}

export const largeOrganization = '00000000-0000-4000-8000-000000000000'
export const partnerIdOf = (number: number) => uuidOf(0, number)
const uuidOf = (kind: number, number: number) => `00000000-0000-4000-800${kind}-${1e11 + number}`

/** Returns the secret of the clients "large-1" to "large-<usable>". */
export async function fillLargeOrganization(options: LargeOrganizationOptions): Promise<string> {
  const { location, realm, clients, partners, others, usable } = options
  const pepper = await readKeyRing('secret pepper', `file:${options.pepper}`)
  const secret = generateClientSecret()
  const store = await openStore(location, { answerMilliseconds: 600_000 })
  const { db } = store
  const now = sql.lit(Date.now())
  const name = sql.lit(realm)
  const upTo = (count: number) =>
    sql`with recursive n (i) as (select 1 union all select i + 1 from n where i < ${sql.lit(Math.max(count, 1))})`
  const text = sql`cast(i as text)`
  const uuid = (kind: number) => sql`${sql.lit(`00000000-0000-4000-800${kind}-`)} || cast(100000000000 + i as text)`
  const material = isPostgres(db) ? sql`decode(md5('a' || i) || md5('b' || i), 'hex')` : sql`randomblob(32)`
  const organizations = sql`insert into organizations (id, realm, slug, name, status, capabilities, tokens_not_before, created_at, updated_at)`
  const addClients = sql`insert into clients (id, realm, client_id, organization_id, name, enabled, service_account_enabled, scopes, created_at, updated_at)`
  const addCredentials = sql`insert into credentials (id, client, material, digest_version, last_four, created_at)`

  await sql`${organizations} values (${largeOrganization}, ${name}, 'large', 'Large', 'active', '{}', 0, ${now}, ${now})`.execute(db)
  await sql`${addClients} ${upTo(clients)} select ${uuid(1)}, ${name}, 'large-' || ${text}, ${largeOrganization}, 'Backend', 1, 1, '["read"]', ${now}, ${now} from n`.execute(
    db,
  )
  await sql`${addCredentials} ${upTo(clients)} select ${uuid(2)}, ${uuid(1)}, ${material}, 1, 'none', ${now} from n`.execute(db)
  const partner = uuid(0)
  await sql`insert into partners (id, realm, name, created_at) ${upTo(partners)} select ${partner}, ${name}, 'Partner ' || ${text}, ${now} from n`.execute(
    db,
  )
  await sql`insert into partner_authorizations (organization_id, partner_id, created_at) ${upTo(partners)} select ${largeOrganization}, ${partner}, ${now} from n`.execute(
    db,
  )
  await sql`${organizations} ${upTo(others)} select ${uuid(3)}, ${name}, 'other-' || ${text}, 'Other', 'active', '{}', 0, ${now}, ${now} from n`.execute(
    db,
  )
  await sql`${addClients} ${upTo(others)} select ${uuid(4)}, ${name}, 'other-' || ${text}, ${uuid(3)}, 'Backend', 1, 1, '["read"]', ${now}, ${now} from n`.execute(
    db,
  )
  await sql`${addCredentials} ${upTo(others)} select ${uuid(5)}, ${uuid(4)}, ${material}, 1, 'none', ${now} from n`.execute(db)
  for (let i = 1; i <= usable; i++) {
    const digest = digestSecret(pepper, pepper.currentVersion, uuidOf(1, i), secret)
    await db
      .updateTable('credentials')
      .set({ material: digest, digest_version: pepper.currentVersion })
      .where('id', '=', uuidOf(2, i))
      .execute()
  }
  await sql`analyze`.execute(db)
  await store.close()
  return secret
}

// Adds many clients to an organization by SQL, because as many changes would take minutes.
import { randomUUID } from 'node:crypto'
import type { TestServer } from './test-server.fixture.ts'

/** Clients named `<prefix>-1` and so on, with a secret each that has the digest of another one. */
export async function addManyClients(
  { database }: Pick<TestServer, 'database'>,
  { realm, organizationId, prefix, count }: { realm: string; organizationId: string; prefix: string; count: number },
): Promise<void> {
  const numbers = `with recursive n (i) as (select 1 union all select i + 1 from n where i < ${count})`
  const id = `'${prefix}-' || cast(i as text)`
  await database.query(
    `insert into clients (id, realm, client_id, organization_id, name, enabled, service_account_enabled, scopes, created_at, updated_at)
     ${numbers} select ${id}, ?, ${id}, ?, 'one of many', 1, 1, '["orders:read"]', 1, 1 from n`,
    realm,
    organizationId,
  )
  const digest = `(select material from credentials order by created_at limit 1)`
  await database.query(
    `insert into credentials (id, client, material, digest_version, last_four, created_at)
     ${numbers} select ${id}, ${id}, ${digest}, 1, 'last', 1 from n`,
  )
}

/** Partners of their own for an organization. Returns the id of one of them. */
export async function addManyPartners(
  { database }: Pick<TestServer, 'database'>,
  { realm, organizationId, count }: { realm: string; organizationId: string; count: number },
): Promise<string> {
  const start = randomUUID().slice(0, 24)
  const numbers = `with recursive n (i) as (select 1 union all select i + 1 from n where i < ${count})`
  const id = `'${start}' || substr(cast(100000000000 + i as text), 1, 12)`
  await database.query(
    `insert into partners (id, realm, name, created_at) ${numbers} select ${id}, ?, 'partner ' || cast(i as text), 1 from n`,
    realm,
  )
  await database.query(
    `insert into partner_authorizations (organization_id, partner_id, created_at) ${numbers} select ?, ${id}, 1 from n`,
    organizationId,
  )
  return `${start}100000000001`
}

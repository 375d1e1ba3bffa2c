// Reads one organization with its dependents, one query per table, through a connection or inside a transaction. A damaged row marks
// its record as damaged, or is left out if it is only a part; store/damage.ts gives the reasons.
import type { Kysely } from 'kysely'
import { compareVersions } from '@countersign/protocol'
import { parseChoices, parseTexts, type Damage, type OnDamage } from '../store/damage.ts'
import type { Schema } from '../store/schema.ts'
import { toClient } from './read-clients.ts'
import { readAllCredentials } from './read-credentials.ts'
import type { OrganizationRecord } from './records.ts'

/** By id or by slug. */
export async function findOrganizationId(db: Kysely<Schema>, realm: string, key: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('organizations')
    .select('id')
    .where('realm', '=', realm)
    .where((where) => where.or([where('id', '=', key), where('slug', '=', key)]))
    .executeTakeFirst()
  return row?.id
}

export async function findOrganizationOfClient(db: Kysely<Schema>, realm: string, clientId: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('clients')
    .select('organization_id')
    .where('realm', '=', realm)
    .where('client_id', '=', clientId)
    .executeTakeFirst()
  return row?.organization_id
}

/** The organization with this id, or undefined if it does not exist any more. */
export async function readOrganization(
  db: Kysely<Schema>,
  id: string,
  onDamage: OnDamage = () => {},
): Promise<OrganizationRecord | undefined> {
  const row = await db.selectFrom('organizations').selectAll().where('id', '=', id).executeTakeFirst()
  if (!row) return undefined
  const clients = await db.selectFrom('clients').selectAll().where('organization_id', '=', id).orderBy('client_id').execute()
  const credentials = await readAllCredentials(db, id, onDamage)
  const partners = await db
    .selectFrom('partner_authorizations')
    .innerJoin('partners', 'partners.id', 'partner_authorizations.partner_id')
    .select(['partners.id', 'partners.name'])
    .where('organization_id', '=', id)
    .orderBy('partners.name')
    .execute()
  const requestors = await db.selectFrom('requestors').select(['id', 'permissions']).where('organization_id', '=', id).execute()
  const acceptances = await db
    .selectFrom('dpa_acceptances')
    .select(['version', 'accepted_at as acceptedAt'])
    .where('organization_id', '=', id)
    .orderBy('accepted_at')
    .execute()
  // The highest version: an acceptance that was recorded late must not lower it. Of equal ones, the last.
  const acceptance = acceptances.toSorted((a, b) => compareVersions(a.version, b.version)).at(-1)
  const revokedTokens = await db
    .selectFrom('revoked_tokens')
    .select(['token_id as tokenId', 'expires_at as expiresAt'])
    .where('organization_id', '=', id)
    .execute()

  const { slug, name, status, tokens_not_before: tokensNotBefore } = row
  const capabilities = parseChoices(row.capabilities)
  const damage: Damage = { table: 'organizations', row: id, column: 'capabilities' }
  if (!capabilities) onDamage(damage)
  return {
    id,
    realm: row.realm,
    slug,
    name,
    status,
    capabilities: capabilities ?? {},
    tokensNotBefore,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    partners: partners.map(({ id, name }) => ({ id, name })), // without the driver's prototype
    requestors: requestors.flatMap(({ id, permissions: text }) => {
      const permissions = parseTexts(text)
      if (!permissions) onDamage({ table: 'requestors', row: id, column: 'permissions' })
      return permissions ? [{ id, permissions }] : []
    }),
    acceptance: acceptance ?? null,
    clients: clients.map((client) =>
      toClient(client, { id, slug, name, status, tokensNotBefore }, credentials.get(client.id) ?? { secrets: [] }, onDamage),
    ),
    revokedTokens,
    ...(!capabilities && { damage }),
  }
}

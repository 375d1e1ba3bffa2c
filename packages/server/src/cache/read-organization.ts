// Reads what one organization may do, in statements whose cost does not depend on how much it has, except for counting. Through a
// connection or inside a transaction. A damaged row marks its record as damaged, or is left out if it is only a part; store/damage.ts
// gives the reasons.
import type { Kysely } from 'kysely'
import { compareVersions, maxListed, type ListOrTotal, type Partner, type Requestor } from '@countersign/protocol'
import { parseChoices, parseTexts, type Damage, type OnDamage } from '../store/damage.ts'
import type { Schema } from '../store/schema.ts'
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

/** The organization with this id, or undefined if it does not exist any more. */
export async function readOrganization(
  db: Kysely<Schema>,
  id: string,
  onDamage: OnDamage = () => {},
): Promise<OrganizationRecord | undefined> {
  const row = await db.selectFrom('organizations').selectAll().where('id', '=', id).executeTakeFirst()
  if (!row) return undefined
  const { realm, slug, name, status, tokens_not_before: tokensNotBefore, version } = row
  const capabilities = parseChoices(row.capabilities)
  const damage: Damage = { table: 'organizations', row: id, column: 'capabilities' }
  if (!capabilities) onDamage(damage)
  return {
    id,
    realm,
    slug,
    name,
    status,
    capabilities: capabilities ?? {},
    tokensNotBefore,
    version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    partners: await readPartners(db, id),
    requestors: await readRequestors(db, id, onDamage),
    acceptance: await readAcceptance(db, id),
    ...(!capabilities && { damage }),
  }
}

/** The highest version: an acceptance that was recorded late must not lower it. Of equal ones, the last. */
async function readAcceptance(db: Kysely<Schema>, id: string): Promise<OrganizationRecord['acceptance']> {
  const acceptances = await db
    .selectFrom('dpa_acceptances')
    .select((select) => ['version', select.fn.max('accepted_at').as('acceptedAt')])
    .where('organization_id', '=', id)
    .groupBy('version')
    .orderBy('acceptedAt')
    .execute()
  return acceptances.toSorted((a, b) => compareVersions(a.version, b.version)).at(-1) ?? null
}

async function readPartners(db: Kysely<Schema>, id: string): Promise<ListOrTotal<Partner>> {
  const partners = await selectPartners(db, id)
    .limit(maxListed + 1)
    .execute()
  if (partners.length > maxListed) return { total: await countRows(db, 'partner_authorizations', id) }
  const list = sortedByName(partners)
  return { total: list.length, list }
}

async function readRequestors(db: Kysely<Schema>, id: string, onDamage: OnDamage): Promise<ListOrTotal<Requestor>> {
  const rows = await selectRequestors(db, id)
    .limit(maxListed + 1)
    .execute()
  if (rows.length > maxListed) return { total: await countRows(db, 'requestors', id) }
  const list = rows.flatMap((row) => toRequestor(row, onDamage) ?? [])
  return { total: list.length, list }
}

/** For organizations of a known size. Sorted by name. */
export async function readAllPartners(db: Kysely<Schema>, id: string): Promise<Partner[]> {
  return sortedByName(await selectPartners(db, id).execute())
}

/** For organizations of a known size. */
export async function readAllRequestors(db: Kysely<Schema>, id: string, onDamage: OnDamage): Promise<Requestor[]> {
  return (await selectRequestors(db, id).execute()).flatMap((row) => toRequestor(row, onDamage) ?? [])
}

/** Sorted here: the database would sort all partners to find the first ones. Copied, without the driver's prototype. */
function sortedByName(partners: readonly Partner[]): Partner[] {
  return partners.map(({ id, name }) => ({ id, name })).sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** How many clients, partners or requestors an organization has. */
export async function countRows(
  db: Kysely<Schema>,
  table: 'clients' | 'partner_authorizations' | 'requestors',
  organizationId: string,
): Promise<number> {
  const { count } = await db
    .selectFrom(table)
    .select((select) => select.fn.countAll().as('count'))
    .where('organization_id', '=', organizationId)
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** Null if the organization may not act for that partner. */
export async function findPartner(db: Kysely<Schema>, organizationId: string, partnerId: string): Promise<Partner | null> {
  const row = await selectPartners(db, organizationId).where('partner_id', '=', partnerId).executeTakeFirst()
  return row ? { id: row.id, name: row.name } : null
}

/** Null if the organization has no such requestor. */
export async function findRequestor(
  db: Kysely<Schema>,
  organizationId: string,
  requestorId: string,
  onDamage: OnDamage,
): Promise<Requestor | null> {
  const row = await selectRequestors(db, organizationId).where('id', '=', requestorId).executeTakeFirst()
  return row ? toRequestor(row, onDamage) : null
}

function selectPartners(db: Kysely<Schema>, organizationId: string) {
  return db
    .selectFrom('partner_authorizations')
    .innerJoin('partners', 'partners.id', 'partner_authorizations.partner_id')
    .select(['partners.id', 'partners.name'])
    .where('organization_id', '=', organizationId)
}

function selectRequestors(db: Kysely<Schema>, organizationId: string) {
  return db.selectFrom('requestors').select(['id', 'permissions']).where('organization_id', '=', organizationId)
}

function toRequestor({ id, permissions: text }: Pick<Schema['requestors'], 'id' | 'permissions'>, onDamage: OnDamage): Requestor | null {
  const permissions = parseTexts(text)
  if (!permissions) onDamage({ table: 'requestors', row: id, column: 'permissions' })
  return permissions ? { id, permissions } : null
}

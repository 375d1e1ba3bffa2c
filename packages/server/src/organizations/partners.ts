// Partners belong to a realm; an organization may act for those for which it is authorized. The entitlement of each such organization
// contains their names.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { sql, type Expression, type Kysely, type SqlBool } from 'kysely'
import type { CheckedInput, OperationOutput } from '@countersign/admin'
import { toInstant } from '../api/instants.ts'
import { readPage, type PageRequest } from '../api/page.ts'
import { contains, searchPage } from '../api/search-page.ts'
import type { Realm } from '../realms/realm.ts'
import { ProblemError } from '../errors.ts'
import type { Change } from '../change/apply-change.ts'
import type { Schema } from '../store/schema.ts'
import { lockOrganization, type OrganizationRow } from './lock-organization.ts'

/** Creates a partner, or renames an existing one. @throws ProblemError `conflict` for one of another realm, or where only a new one is meant */
export async function registerPartner(
  change: Change<'partners.register'>,
  realm: Realm,
  id: string,
  { name, onlyNew = false }: CheckedInput<'partners.register'>['body'],
): Promise<void> {
  const { db, now, record } = change
  const known = await db.selectFrom('partners').select(['realm', 'name']).where('id', '=', id).executeTakeFirst()
  if (known && known.realm !== realm.name) throw partnerOfAnotherRealm()
  if (known && onlyNew)
    throw new ProblemError('conflict', {
      detail: `The partner "${known.name}" has this id.`,
      remedy: 'Check the id, or rename that partner.',
      errors: [{ pointer: '/params/partner', detail: `the partner "${known.name}" has this id` }],
    })
  if (!known) await db.insertInto('partners').values({ id, name, realm: realm.name, created_at: now }).execute()
  else if (known.name !== name) await db.updateTable('partners').set({ name }).where('id', '=', id).execute()
  const affected = known && known.name !== name ? await countChangeOfAuthorized(change, id) : []
  record({
    subject: { realm: realm.name },
    ...changedBy(affected),
    detail: { partner: id, name, before: known?.name ?? null },
  })
}

/** @throws ProblemError `conflict` while organizations are authorized for it, unless their authorizations are to be removed */
export async function deletePartner(
  change: Change<'partners.delete'>,
  realm: Realm,
  id: string,
  { force }: { readonly force: boolean },
): Promise<void> {
  const { db, record } = change
  const known = await db.selectFrom('partners').select('name').where('id', '=', id).where('realm', '=', realm.name).executeTakeFirst()
  if (!known) throw noSuchPartner(realm, id)
  const affected = await countChangeOfAuthorized(change, id)
  if (affected.length > 0 && !force)
    throw new ProblemError('conflict', {
      detail: `${affected.length} ${affected.length === 1 ? 'organization is' : 'organizations are'} authorized for the partner "${known.name}".`,
      remedy: 'Withdraw it from them first, or delete it with "force", which does so.',
    })
  await withdrawFromAll(change, id, affected)
  await db.deleteFrom('partners').where('id', '=', id).execute()
  record({
    subject: { realm: realm.name },
    ...changedBy(affected),
    detail: { partner: id, name: known.name, withdrawnFrom: affected },
  })
}

/** The first authorization of a partner may register it. */
export async function authorizePartner(
  change: Change<'partners.authorize'>,
  realm: Realm,
  key: string,
  partner: { readonly id: string; readonly name: string | undefined },
): Promise<OrganizationRow> {
  const { db, now, record } = change
  const organization = await lockOrganization(change, realm, key)
  const known = await db.selectFrom('partners').select('realm').where('id', '=', partner.id).executeTakeFirst()
  if (known && known.realm !== realm.name) throw partnerOfAnotherRealm()
  if (!known) {
    if (partner.name === undefined) throw unnamedPartner(partner.id)
    await db.insertInto('partners').values({ id: partner.id, name: partner.name, realm: realm.name, created_at: now }).execute()
  }
  await db
    .insertInto('partner_authorizations')
    .values({ organization_id: organization.id, partner_id: partner.id, created_at: now })
    .onConflict((conflict) => conflict.columns(['organization_id', 'partner_id']).doNothing())
    .execute()
  record({ subject: { realm: realm.name, organizationId: organization.id }, changed: 'rights', detail: { partner: partner.id } })
  return organization
}

export async function withdrawPartner(
  change: Change<'partners.withdraw'>,
  realm: Realm,
  key: string,
  partnerId: string,
): Promise<OrganizationRow> {
  const { db, record } = change
  const organization = await lockOrganization(change, realm, key)
  const { numDeletedRows } = await db
    .deleteFrom('partner_authorizations')
    .where('organization_id', '=', organization.id)
    .where('partner_id', '=', partnerId)
    .executeTakeFirstOrThrow()
  if (numDeletedRows === 0n) throw new ProblemError('not-found', { detail: `"${organization.slug}" is not authorized for that partner.` })
  record({ subject: { realm: realm.name, organizationId: organization.id }, changed: 'rights', detail: { partner: partnerId } })
  return organization
}

interface PartnersRequest extends PageRequest {
  readonly search?: string | undefined
}

/** Sorted by id. */
export async function readPartnersPage(
  db: Kysely<Schema>,
  organizationId: string,
  { search, ...request }: PartnersRequest,
): Promise<OperationOutput<'partners.ofOrganization'>> {
  const all = db.selectFrom('partner_authorizations').where('organization_id', '=', organizationId)
  const query = all.innerJoin('partners', 'partners.id', 'partner_authorizations.partner_id').select(['partners.id', 'partners.name'])
  const order = { by: 'id', column: 'partner_id', holds: 'string', id: 'partner_id' } as const
  const { rows, next } =
    search === undefined
      ? await readPage(query, order, request)
      : await searchPage(db, query.where(isPartnerWith(db, search)), all, order, request)
  return { items: rows.map(({ id, name }) => ({ id, name })), next }
}

/** With the text in the name or the id. */
export function isPartnerWith(db: Kysely<Schema>, text: string): Expression<SqlBool> {
  return sql<SqlBool>`(${contains(db, ['partners.name'], text)} or ${contains(db, ['partners.id'], text)})`
}

/** Of a partner. Sorted by id, as the index organizations_of_partner has them. */
export async function readOrganizationsPage(
  db: Kysely<Schema>,
  partnerId: string,
  request: PageRequest,
): Promise<OperationOutput<'partners.organizations'>> {
  const query = db
    .selectFrom('partner_authorizations')
    .innerJoin('organizations', 'organizations.id', 'partner_authorizations.organization_id')
    .select(['organizations.id', 'slug', 'name', 'status', 'partner_authorizations.created_at'])
    .where('partner_id', '=', partnerId)
  const order = { by: 'id', column: 'organization_id', holds: 'string', id: 'organization_id' } as const
  const { rows, next } = await readPage(query, order, request)
  return {
    items: rows.map(({ id, slug, name, status, created_at: at }) => ({ id, slug, name, status, authorizedAt: toInstant(at) })),
    next,
  }
}

export function noSuchPartner(realm: Realm, id: string): ProblemError {
  return new ProblemError('not-found', {
    detail: `The realm "${realm.name}" has no partner "${id}".`,
    remedy: 'List the partners to see their ids, or register it.',
  })
}

function partnerOfAnotherRealm(): ProblemError {
  const detail = 'The partner id belongs to another realm.'
  return new ProblemError('conflict', {
    detail,
    errors: [{ pointer: '/params/partner', detail: 'expected an id that no partner of another realm has' }],
  })
}

function unnamedPartner(id: string): ProblemError {
  return new ProblemError('invalid-request', {
    detail: `The partner "${id}" is not registered yet, so it needs a name.`,
    errors: [{ pointer: '/name', detail: 'expected the name of a partner that is not registered yet' }],
  })
}

/** A partner that no organization has is in no entitlement: only pages that list partners show the change. */
function changedBy(affected: readonly string[]) {
  return affected.length > 0 ? ({ changed: 'rights', organizations: affected } as const) : ({ changed: 'partners' } as const)
}

/** Rows per statement: SQLite works on a statement without answering other requests, and a partner may have 100,000 organizations. */
const maxInStatement = 500

/** Increments the version of every organization that shows the partner, in parts, and returns their ids. */
async function countChangeOfAuthorized({ db, now }: Change, partnerId: string): Promise<string[]> {
  const affected: string[] = []
  for (;;) {
    const rows = await db
      .selectFrom('partner_authorizations')
      .select('organization_id')
      .where('partner_id', '=', partnerId)
      .where('organization_id', '>', affected.at(-1) ?? '')
      .orderBy('organization_id')
      .limit(maxInStatement)
      .execute()
    const some = rows.map(({ organization_id }) => organization_id)
    affected.push(...some)
    if (some.length > 0)
      await db
        .updateTable('organizations')
        .set((set) => ({ version: set('version', '+', 1), updated_at: now }))
        .where('id', 'in', some)
        .execute()
    if (some.length < maxInStatement) return affected
    await nextTurn()
  }
}

async function withdrawFromAll({ db }: Change, partnerId: string, organizations: readonly string[]): Promise<void> {
  for (let i = 0; i < organizations.length; i += maxInStatement) {
    const some = organizations.slice(i, i + maxInStatement)
    await db.deleteFrom('partner_authorizations').where('partner_id', '=', partnerId).where('organization_id', 'in', some).execute()
    if (some.length === maxInStatement) await nextTurn()
  }
}

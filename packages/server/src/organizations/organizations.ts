// What can be done to an organization: created, changed, linked to partners, its agreement and its requestors recorded.
// Every function is one step inside a change; who may do it was decided before.
import { randomUUID } from 'node:crypto'
import type { CheckedInput } from '@countersign/admin'
import type { CapabilityValue } from '@countersign/protocol'
import type { Realm } from '../configuration/configuration.ts'
import { ProblemError } from '../refusals.ts'
import type { Change } from '../store/change.ts'
import { checkCapabilities, withoutNulls } from './capabilities.ts'
import { lockOrganization, type OrganizationRow } from './lock-organization.ts'

export async function createOrganization(
  { db, now, concerns }: Change,
  realm: Realm,
  body: CheckedInput<'organizations.create'>['body'],
): Promise<string> {
  const id = randomUUID()
  checkCapabilities(realm, body.capabilities)
  await refuseTakenSlug(db, realm, body.slug)
  await db
    .insertInto('organizations')
    .values({
      id,
      realm: realm.name,
      slug: body.slug,
      name: body.name,
      status: 'active',
      capabilities: JSON.stringify(body.capabilities),
      tokens_not_before: 0,
      created_at: now,
      updated_at: now,
    })
    .execute()
  concerns({ realm: realm.name, organizationId: id }, { slug: body.slug, name: body.name, capabilities: body.capabilities })
  return id
}

export async function updateOrganization(
  change: Change,
  realm: Realm,
  key: string,
  { name, status, capabilities }: CheckedInput<'organizations.update'>['body'],
): Promise<OrganizationRow> {
  if (capabilities) checkCapabilities(realm, withoutNulls(capabilities))
  const organization = await lockOrganization(change, realm, key)
  // Merged with what the transaction sees, so that of two changes at once neither undoes the other.
  const merged = { ...(JSON.parse(organization.capabilities) as Record<string, CapabilityValue>), ...capabilities }
  await change.db
    .updateTable('organizations')
    .set({ name, status, capabilities: JSON.stringify(withoutNulls(merged)) })
    .where('id', '=', organization.id)
    .execute()
  change.concerns({ realm: realm.name, organizationId: organization.id }, { name, status, capabilities })
  return organization
}

/** Partners belong to the realm; the first organization that is to act for one registers it. */
export async function authorizePartner(
  change: Change,
  realm: Realm,
  key: string,
  partner: { readonly id: string; readonly name: string | undefined },
): Promise<OrganizationRow> {
  const { db, now, concerns } = change
  const organization = await lockOrganization(change, realm, key)
  const known = await db.selectFrom('partners').select('realm').where('id', '=', partner.id).executeTakeFirst()
  if (known && known.realm !== realm.name) throw new ProblemError('conflict', { detail: 'The partner id belongs to another realm.' })
  if (!known) {
    if (partner.name === undefined) throw unnamedPartner(partner.id)
    await db.insertInto('partners').values({ id: partner.id, name: partner.name, realm: realm.name, created_at: now }).execute()
  }
  await db
    .insertInto('partner_authorizations')
    .values({ organization_id: organization.id, partner_id: partner.id, created_at: now })
    .onConflict((conflict) => conflict.columns(['organization_id', 'partner_id']).doNothing())
    .execute()
  concerns({ realm: realm.name, organizationId: organization.id }, { partner: partner.id })
  return organization
}

function unnamedPartner(id: string): ProblemError {
  return new ProblemError('invalid-request', {
    detail: `The partner "${id}" is not registered yet, so it needs a name.`,
    errors: [{ pointer: '/name', detail: 'expected the name of a partner that is not registered yet' }],
  })
}

export async function withdrawPartner(change: Change, realm: Realm, key: string, partnerId: string): Promise<OrganizationRow> {
  const { db, concerns } = change
  const organization = await lockOrganization(change, realm, key)
  const { numDeletedRows } = await db
    .deleteFrom('partner_authorizations')
    .where('organization_id', '=', organization.id)
    .where('partner_id', '=', partnerId)
    .executeTakeFirstOrThrow()
  if (numDeletedRows === 0n) throw new ProblemError('not-found', { detail: `"${organization.slug}" is not authorized for that partner.` })
  concerns({ realm: realm.name, organizationId: organization.id }, { partner: partnerId })
  return organization
}

export async function acceptDpa(
  change: Change,
  realm: Realm,
  key: string,
  { version, acceptedBy }: CheckedInput<'dpa.accept'>['body'],
): Promise<OrganizationRow> {
  const { db, now, concerns } = change
  const organization = await lockOrganization(change, realm, key)
  await db
    .insertInto('dpa_acceptances')
    .values({ id: randomUUID(), organization_id: organization.id, version, accepted_by: acceptedBy, accepted_at: now })
    .execute()
  concerns({ realm: realm.name, organizationId: organization.id }, { version, acceptedBy })
  return organization
}

/** All requestors of an organization are in its entitlement document, which every guard holds; this bounds it. */
const mostRequestors = 10_000

export async function createRequestor(
  change: Change,
  realm: Realm,
  key: string,
  { id = randomUUID(), permissions }: CheckedInput<'requestors.create'>['body'],
): Promise<{ id: string; permissions: string[] }> {
  const { db, now, concerns } = change
  const organization = await lockOrganization(change, realm, key)
  const { count } = await db
    .selectFrom('requestors')
    .select((select) => select.fn.countAll().as('count'))
    .where('organization_id', '=', organization.id)
    .executeTakeFirstOrThrow()
  if (Number(count) >= mostRequestors) {
    throw new ProblemError('conflict', {
      detail: `"${organization.slug}" has ${mostRequestors} requestors already, which is as many as an organization can have.`,
    })
  }
  const taken = await db.selectFrom('requestors').select('id').where('id', '=', id).executeTakeFirst()
  if (taken) throw new ProblemError('conflict', { detail: 'A requestor with that id exists already.' })
  await db
    .insertInto('requestors')
    .values({ id, organization_id: organization.id, permissions: JSON.stringify(permissions), created_at: now, updated_at: now })
    .execute()
  concerns({ realm: realm.name, organizationId: organization.id }, { requestor: id, permissions })
  return { id, permissions }
}

async function refuseTakenSlug(db: Change['db'], realm: Realm, slug: string): Promise<void> {
  const taken = await db
    .selectFrom('organizations')
    .select('id')
    .where('realm', '=', realm.name)
    .where('slug', '=', slug)
    .executeTakeFirst()
  if (taken)
    throw new ProblemError('conflict', {
      detail: `The realm "${realm.name}" has an organization "${slug}" already.`,
      remedy: 'Choose another slug, or show the existing one.',
    })
}

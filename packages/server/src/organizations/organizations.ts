// What can be done to an organization: created, changed, linked to partners, its agreement and its requestors recorded.
// Every function is one step inside a change; who may do it was decided before.
import { randomUUID } from 'node:crypto'
import type { CheckedInput } from '@countersign/admin'
import type { CapabilityValue } from '@countersign/protocol'
import type { Realm } from '../configuration/configuration.ts'
import { ProblemError } from '../refusals.ts'
import type { Change } from '../store/change.ts'
import type { OrganizationRecord } from '../directory/read-organizations.ts'

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
  concerns(id, { slug: body.slug, name: body.name, capabilities: body.capabilities })
  return id
}

export async function updateOrganization(
  { db, now, concerns }: Change,
  realm: Realm,
  organization: OrganizationRecord,
  { name, status, capabilities }: CheckedInput<'organizations.update'>['body'],
): Promise<void> {
  if (capabilities) checkCapabilities(realm, withoutNulls(capabilities))
  // Merged with what the transaction sees, so that of two changes at once neither undoes the other.
  const current = await db.selectFrom('organizations').select('capabilities').where('id', '=', organization.id).executeTakeFirstOrThrow()
  const merged = { ...(JSON.parse(current.capabilities) as OrganizationRecord['capabilities']), ...capabilities }
  await db
    .updateTable('organizations')
    .set({ name, status, capabilities: JSON.stringify(withoutNulls(merged)), updated_at: now })
    .where('id', '=', organization.id)
    .execute()
  concerns(organization.id, { name, status, capabilities })
}

/** Partners belong to the realm; the first organization that is to act for one registers it. */
export async function authorizePartner(
  { db, now, concerns }: Change,
  realm: Realm,
  organization: OrganizationRecord,
  partner: { readonly id: string; readonly name: string | undefined },
): Promise<void> {
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
  concerns(organization.id, { partner: partner.id })
}

function unnamedPartner(id: string): ProblemError {
  return new ProblemError('invalid-request', {
    detail: `The partner "${id}" is not registered yet, so it needs a name.`,
    errors: [{ pointer: '/name', detail: 'expected the name of a partner that is not registered yet' }],
  })
}

export async function withdrawPartner({ db, concerns }: Change, organization: OrganizationRecord, partnerId: string): Promise<void> {
  const { numDeletedRows } = await db
    .deleteFrom('partner_authorizations')
    .where('organization_id', '=', organization.id)
    .where('partner_id', '=', partnerId)
    .executeTakeFirstOrThrow()
  if (numDeletedRows === 0n) throw new ProblemError('not-found', { detail: `"${organization.slug}" is not authorized for that partner.` })
  concerns(organization.id, { partner: partnerId })
}

export async function acceptDpa(
  { db, now, concerns }: Change,
  organization: OrganizationRecord,
  { version, acceptedBy }: CheckedInput<'dpa.accept'>['body'],
): Promise<void> {
  await db
    .insertInto('dpa_acceptances')
    .values({ id: randomUUID(), organization_id: organization.id, version, accepted_by: acceptedBy, accepted_at: now })
    .execute()
  concerns(organization.id, { version, acceptedBy })
}

/** All requestors of an organization are in its entitlement document, which every guard holds; this bounds it. */
const mostRequestors = 10_000

export async function createRequestor(
  { db, now, concerns }: Change,
  organization: OrganizationRecord,
  { id = randomUUID(), permissions }: CheckedInput<'requestors.create'>['body'],
): Promise<{ id: string; permissions: string[] }> {
  if (organization.requestors.length >= mostRequestors) {
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
  concerns(organization.id, { requestor: id, permissions })
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

/** Null removes a capability, whether the realm declares it or no longer does. */
function withoutNulls(capabilities: Readonly<Record<string, CapabilityValue | null>>): Record<string, CapabilityValue> {
  return Object.fromEntries(Object.entries(capabilities).flatMap(([name, value]) => (value === null ? [] : [[name, value]])))
}

/** A flag that the realm does not declare, or a value that it does not offer, would look set and never be asked for. */
function checkCapabilities(realm: Realm, capabilities: Readonly<Record<string, CapabilityValue>>): void {
  const declared: Record<string, 'flag' | readonly string[]> = { ...realm.capabilities, rateLimitTier: Object.keys(realm.rateLimitTiers) }
  const errors = Object.entries(capabilities).flatMap(([name, value]) => {
    const detail = capabilityFault(Object.hasOwn(declared, name) ? declared[name] : undefined, value, Object.keys(declared))
    return detail === undefined ? [] : [{ pointer: `/capabilities/${name}`, detail }]
  })
  if (errors.length > 0)
    throw new ProblemError('invalid-request', { detail: `A capability does not fit the realm "${realm.name}".`, errors })
}

function capabilityFault(
  kind: 'flag' | readonly string[] | undefined,
  value: CapabilityValue,
  declared: readonly string[],
): string | undefined {
  if (kind === undefined) return `no such capability; the realm declares ${declared.join(', ')}`
  if (kind === 'flag') return typeof value === 'boolean' ? undefined : 'expected true or false'
  return typeof value === 'string' && kind.includes(value) ? undefined : `expected one of ${kind.join(', ')}`
}

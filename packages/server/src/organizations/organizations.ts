// Changes to an organization itself: created, updated, stopped, deleted; changes to its dependents are in the other files of this folder.
// Every function is one step inside a change; authorization is decided before.
import { randomUUID } from 'node:crypto'
import type { CheckedInput } from '@countersign/admin'
import { removeDependents } from './remove-clients.ts'
import { countRows } from '../cache/read-organization.ts'
import type { Realm } from '../realms/realm.ts'
import { ProblemError } from '../errors.ts'
import type { Change } from '../change/apply-change.ts'
import { cutTokensBefore, isFutureCut } from '../token/token-cut.ts'
import { capabilitiesOf, checkCapabilities, withoutNulls } from './capabilities.ts'
import { findOrganization, lockOrganization, type OrganizationRow } from './lock-organization.ts'

export async function createOrganization(
  { db, now, record }: Change<'organizations.create'>,
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
  record({
    subject: { realm: realm.name, organizationId: id },
    changed: 'rights',
    detail: { slug: body.slug, name: body.name, capabilities: body.capabilities },
  })
  return id
}

export async function updateOrganization(
  change: Change<'organizations.update'>,
  realm: Realm,
  key: string,
  { name, status, capabilities }: CheckedInput<'organizations.update'>['body'],
): Promise<OrganizationRow> {
  if (capabilities) checkCapabilities(realm, withoutNulls(capabilities))
  const organization = await lockOrganization(change, realm, key)
  // Merged with the row that the transaction reads, so that concurrent changes do not undo each other.
  const merged = { ...capabilitiesOf(organization), ...capabilities }
  await change.db
    .updateTable('organizations')
    .set({ updated_at: change.now, name, status, capabilities: capabilities && JSON.stringify(withoutNulls(merged)) })
    .where('id', '=', organization.id)
    .execute()
  change.record({
    subject: { realm: realm.name, organizationId: organization.id },
    changed: 'rights',
    detail: { name, status, capabilities },
  })
  return organization
}

/** Idempotent. */
export async function setStatus(
  change: Change<'organizations.suspend' | 'organizations.resume'>,
  realm: Realm,
  key: string,
  status: OrganizationRow['status'],
  reason?: string,
): Promise<OrganizationRow> {
  const organization = await lockOrganization(change, realm, key)
  await change.db.updateTable('organizations').set({ status }).where('id', '=', organization.id).execute()
  change.record({
    subject: { realm: realm.name, organizationId: organization.id },
    changed: 'rights',
    detail: { before: organization.status, status, reason },
  })
  return organization
}

/** Denies every token that the organization has now. */
export async function cutTokens(
  change: Change<'organizations.cutTokens'>,
  realm: Realm,
  key: string,
  reason: string,
): Promise<OrganizationRow> {
  const organization = await lockOrganization(change, realm, key)
  const tokensNotBefore = Math.max(organization.tokens_not_before, cutTokensBefore(change.now))
  await change.db.updateTable('organizations').set({ tokens_not_before: tokensNotBefore }).where('id', '=', organization.id).execute()
  change.record({ subject: { realm: realm.name, organizationId: organization.id }, changed: 'rights', detail: { reason, tokensNotBefore } })
  return organization
}

/** Makes a cut that lies in the future one of now; there is nothing to change about one that has passed. */
export async function lowerCut(
  change: Change<'organizations.lowerCut'>,
  realm: Realm,
  key: string,
  reason: string,
): Promise<{ readonly id: string; readonly lowered: boolean }> {
  const present = await findOrganization(change, realm, key)
  if (!isFutureCut(present.tokens_not_before, change.now)) {
    change.recordNothing()
    return { id: present.id, lowered: false }
  }
  const organization = await lockOrganization(change, realm, key)
  const before = organization.tokens_not_before
  const tokensNotBefore = cutTokensBefore(change.now)
  await change.db.updateTable('organizations').set({ tokens_not_before: tokensNotBefore }).where('id', '=', organization.id).execute()
  const detail = { reason, before, tokensNotBefore }
  change.record({ subject: { realm: realm.name, organizationId: organization.id }, changed: 'rights', detail })
  return { id: organization.id, lowered: true }
}

/** The ids of more clients are not in the audit event of a deletion. */
const maxRecorded = 1000

/** Dependents go in parts; what is left of them by ON DELETE CASCADE. */
export async function deleteOrganization(change: Change<'organizations.delete'>, realm: Realm, key: string): Promise<void> {
  const { id, slug, name } = await lockOrganization(change, realm, key)
  const clients = await change.db
    .selectFrom('clients')
    .select('client_id')
    .where('organization_id', '=', id)
    .orderBy('client_id')
    .limit(maxRecorded + 1)
    .execute()
  const clientsTotal = clients.length > maxRecorded ? await countRows(change.db, 'clients', id) : clients.length
  await removeDependents(change, id)
  await change.db.deleteFrom('organizations').where('id', '=', id).execute()
  const ids = clients.map(({ client_id }) => client_id)
  const detail = { slug, name, clientsTotal, ...(clientsTotal <= maxRecorded && { clients: ids }) }
  change.record({ subject: { realm: realm.name, organizationId: id }, changed: 'rights', detail })
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
      errors: [{ pointer: '/slug', detail: `the realm has an organization "${slug}" already` }],
    })
}

// The requestors of an organization: the natural persons on whose behalf it sends commands, and the permissions of each.
import { randomUUID } from 'node:crypto'
import type { CheckedInput, OperationOutput } from '@countersign/admin'
import type { Realm } from '../realms/realm.ts'
import { ProblemError } from '../errors.ts'
import type { Change } from '../change/apply-change.ts'
import { lockOrganization } from './lock-organization.ts'

type Requestor = OperationOutput<'requestors.get'>

/** Natural persons of one company. Guards ask for single ones, so the number only bounds what a mistake can store. */
const maxRequestors = 10_000

export async function createRequestor(
  change: Change<'requestors.create'>,
  realm: Realm,
  key: string,
  { id = randomUUID(), permissions: given }: CheckedInput<'requestors.create'>['body'],
): Promise<Requestor> {
  const { db, now, record } = change
  const organization = await lockOrganization(change, realm, key)
  const permissions = [...new Set(given)]
  const { count } = await db
    .selectFrom('requestors')
    .select((select) => select.fn.countAll().as('count'))
    .where('organization_id', '=', organization.id)
    .executeTakeFirstOrThrow()
  if (Number(count) >= maxRequestors) {
    throw new ProblemError('conflict', {
      detail: `"${organization.slug}" has ${maxRequestors} requestors already, which is as many as an organization can have.`,
    })
  }
  const taken = await db.selectFrom('requestors').select('id').where('id', '=', id).executeTakeFirst()
  if (taken)
    throw new ProblemError('conflict', {
      detail: 'A requestor with that id exists already.',
      errors: [{ pointer: '/id', detail: 'expected an id that no requestor has' }],
    })
  await db
    .insertInto('requestors')
    .values({ id, organization_id: organization.id, permissions: JSON.stringify(permissions), created_at: now, updated_at: now })
    .execute()
  record({ subject: { realm: realm.name, organizationId: organization.id }, changed: 'rights', detail: { requestor: id, permissions } })
  return { id, permissions, version: organization.version }
}

export async function updateRequestor(
  change: Change<'requestors.update'>,
  realm: Realm,
  key: string,
  id: string,
  { permissions: given }: CheckedInput<'requestors.update'>['body'],
): Promise<Requestor> {
  const organization = await lockOrganization(change, realm, key)
  const permissions = [...new Set(given)]
  const { numUpdatedRows } = await change.db
    .updateTable('requestors')
    .set({ permissions: JSON.stringify(permissions), updated_at: change.now })
    .where('organization_id', '=', organization.id)
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  if (numUpdatedRows === 0n) throw noSuchRequestor(organization.slug, id)
  change.record({
    subject: { realm: realm.name, organizationId: organization.id },
    changed: 'rights',
    detail: { requestor: id, permissions },
  })
  return { id, permissions, version: organization.version }
}

export async function deleteRequestor(change: Change<'requestors.delete'>, realm: Realm, key: string, id: string): Promise<void> {
  const organization = await lockOrganization(change, realm, key)
  const { numDeletedRows } = await change.db
    .deleteFrom('requestors')
    .where('organization_id', '=', organization.id)
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  if (numDeletedRows === 0n) throw noSuchRequestor(organization.slug, id)
  change.record({ subject: { realm: realm.name, organizationId: organization.id }, changed: 'rights', detail: { requestor: id } })
}

export function noSuchRequestor(organization: string, id: string): ProblemError {
  return new ProblemError('not-found', {
    detail: `"${organization}" has no requestor "${id}".`,
    remedy: 'List the requestors of the organization to see their ids.',
  })
}

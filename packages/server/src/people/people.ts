// The people of an organization: who signs in to the portal, with which role. That of a person who signs in at the identity provider of the
// organization follows from the groups there; an operator who signs in at the company is one of the organization of the operators, without a role.
import type { Kysely } from 'kysely'
import { portalRoles, type OperationOutput, type PortalRole } from '@countersign/admin'
import { toInstant, toInstantOrNull } from '../api/instants.ts'
import { readPage, type PageRequest } from '../api/page.ts'
import type { Change } from '../change/apply-change.ts'
import { ProblemError } from '../errors.ts'
import { ofRoles, roleOfPerson } from '../idp/role-of-groups.ts'
import { lockOrganization, type OrganizationRow } from '../organizations/lock-organization.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import type { Realm } from '../realms/realm.ts'
import type { Schema } from '../store/schema.ts'
import { withdrawInvitationsOf } from './invitations.ts'

/** What the organization itself may not do; its provider may. */
export interface OwnLimits {
  /** The id of who asks. */
  readonly self: string
}

export async function listPeople(db: Kysely<Schema>, organizationId: string, page: PageRequest): Promise<OperationOutput<'people.list'>> {
  const query = withPasskeys(db).where('people.organization_id', '=', organizationId)
  const order = { by: 'createdAt', column: 'people.created_at', holds: 'number', id: 'people.id' } as const
  const { rows, next } = await readPage(query, order, page)
  return { items: rows.map(describePerson), next }
}

/**
 * @param permitMore called before a role with more rights is given @param own for an organization that does it itself
 * @throws ProblemError `not-found` or `conflict`
 */
export async function setRole(
  change: Change<'people.setRole'>,
  realm: Realm,
  key: string,
  id: string,
  role: PortalRole,
  permitMore: () => void,
  own?: OwnLimits,
): Promise<OperationOutput<'people.setRole'>> {
  const organization = await lockOrganization(change, realm, key)
  const row = await findPerson(change.db, organization, id)
  const before = row.role
  if (row.issuer !== null || before === null) throw new ProblemError('conflict', roleByGroups(realm))
  if (own?.self === id) throw new ProblemError('conflict', ownRole)
  if (portalRoles.indexOf(role) > portalRoles.indexOf(before)) permitMore()
  if (own && before === 'admin' && role !== 'admin') await refuseLastAdmin(change.db, organization, id)
  await change.db.updateTable('people').set({ role }).where('id', '=', id).execute()
  if (role !== 'admin') await withdrawInvitationsOf(change, id)
  const subject = { realm: realm.name, organizationId: organization.id }
  change.record({ subject, changed: 'rights', detail: { person: id, name: row.name, before, role } })
  return describePerson({ ...row, role })
}

function roleByGroups({ name }: Realm) {
  return name === operatorsRealmName
    ? {
        detail: 'The person is an operator, whose scopes follow from the groups at the identity provider.',
        remedy: 'Change the groups there, or which scopes they have in the configuration.',
      }
    : {
        detail: 'The person signs in at the identity provider of the organization, and the role follows from the groups there.',
        remedy: 'Change the groups of the person there, or let the provider of the API change which roles they have.',
      }
}
const ownRole = {
  detail: 'The own role cannot be changed.',
  remedy: 'Ask a colleague with the role "admin", or the provider.',
}

/** Passkeys and sessions go with the person, by ON DELETE CASCADE. @throws as {@link setRole} */
export async function removePerson(change: Change<'people.remove'>, realm: Realm, key: string, id: string, own?: OwnLimits): Promise<void> {
  const organization = await lockOrganization(change, realm, key)
  const row = await findPerson(change.db, organization, id)
  const { name } = row
  const role = roleOfPerson(row)
  // Only those with a passkey count: an identity provider may be down.
  if (own && row.role === 'admin') await refuseLastAdmin(change.db, organization, id)
  await withdrawInvitationsOf(change, id)
  await change.db.deleteFrom('people').where('id', '=', id).execute()
  // keyOwnerOf() in admin/mount-admin.ts.
  await change.db.deleteFrom('idempotency_keys').where('actor', '=', `person:${id}`).execute()
  const subject = { realm: realm.name, organizationId: organization.id }
  change.record({ subject, changed: 'rights', detail: { person: id, name, role } })
}

async function refuseLastAdmin(db: Kysely<Schema>, { id: organizationId }: OrganizationRow, person: string): Promise<void> {
  const other = await db
    .selectFrom('people')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('role', '=', 'admin')
    .where('id', '!=', person)
    .executeTakeFirst()
  if (!other) throw new ProblemError('conflict', lastAdmin)
}

const lastAdmin = {
  detail: 'The organization would have no person with the role "admin" any more.',
  remedy: 'Give another person the role "admin" first, or ask the provider.',
}

async function findPerson(db: Kysely<Schema>, { id: organizationId, slug }: OrganizationRow, id: string) {
  const row = await withPasskeys(db).where('people.organization_id', '=', organizationId).where('people.id', '=', id).executeTakeFirst()
  if (row) return row
  throw new ProblemError('not-found', {
    detail: `"${slug}" has no person "${id}".`,
    remedy: 'List the people of the organization to see their ids.',
  })
}

function withPasskeys(db: Kysely<Schema>) {
  return db
    .selectFrom('people')
    .leftJoin('identity_providers', 'identity_providers.organization_id', 'people.organization_id')
    .select(['people.id', 'people.name', 'address', 'role', 'people.issuer', 'people.groups', 'people.created_at', 'last_signed_in_at'])
    .select(ofRoles)
    .select((select) =>
      select
        .selectFrom('passkeys')
        .whereRef('passkeys.person', '=', 'people.id')
        .select((of) => of.fn.countAll().as('count'))
        .as('passkeys'),
    )
}

type PersonRow = Awaited<ReturnType<typeof findPerson>>

function describePerson(row: PersonRow): OperationOutput<'people.setRole'> {
  return {
    id: row.id,
    name: row.name,
    address: row.address,
    role: roleOfPerson(row),
    signIn: row.issuer === null ? 'passkey' : 'idp',
    passkeys: Number(row.passkeys),
    createdAt: toInstant(row.created_at),
    lastSignedInAt: toInstantOrNull(row.last_signed_in_at),
  }
}

// Invitations to the portal: one link for one person of an organization, with a role. The link is shown once; the store has a digest of it.
import { randomUUID } from 'node:crypto'
import type { Kysely, Selectable } from 'kysely'
import type { OperationOutput, PortalRole } from '@countersign/admin'
import { toInstant, toInstantOrNull } from '../api/instants.ts'
import { readPage, type PageRequest } from '../api/page.ts'
import type { Change } from '../change/apply-change.ts'
import { ProblemError } from '../errors.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { lockOrganization } from '../organizations/lock-organization.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import type { Realm } from '../realms/realm.ts'
import { oneOf } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'
import { createInvitationToken } from './invitation-token.ts'
import { openInvitations, toldInviter } from './use-invitation.ts'

type InvitationRow = Selectable<Schema['invitations']>

/** Who invites. `person` is a colleague; null for an operator. */
export interface Inviter {
  readonly name: string
  readonly person: string | null
}

export interface InvitationContext {
  readonly pepper: KeyRing
  /** Undefined if the portal is off. */
  readonly portalUrl: string | undefined
}

const lifetimeMs = 7 * 86_400_000
const maxOpen = 50
/** By people of the organization. */
const maxPerDay = 100
/** Besides open ones. */
const maxKept = 200
const dayMs = 86_400_000

export async function createInvitation(
  change: Change<'invitations.create'>,
  { pepper, portalUrl }: InvitationContext,
  realm: Realm,
  key: string,
  role: PortalRole,
  inviter: Inviter,
): Promise<OperationOutput<'invitations.create'>> {
  if (portalUrl === undefined) throw new ProblemError('conflict', portalIsOff)
  if (realm.name === operatorsRealmName) throw new ProblemError('conflict', notForOperators)
  const { db, now, record } = change
  const organization = await lockOrganization(change, realm, key)
  await refuseTooMany(change, organization)
  if (inviter.person !== null) await refuseTooOften(change, organization)
  const { token, digest } = createInvitationToken(pepper)
  const id = randomUUID()
  const endsAt = now + lifetimeMs
  await db
    .insertInto('invitations')
    .values({
      id,
      digest,
      organization_id: organization.id,
      role,
      invited_by: inviter.name,
      inviter: inviter.person,
      created_at: now,
      ends_at: endsAt,
    })
    .execute()
  await forgetOld(change, organization.id)
  const subject = { realm: realm.name, organizationId: organization.id }
  record({ subject, changed: 'rights', detail: { invitation: id, role, endsAt: toInstant(endsAt) } })
  return { id, role, url: `${portalUrl}/portal/invitation#${token}`, createdAt: toInstant(now), endsAt: toInstant(endsAt) }
}

const portalIsOff = {
  detail: 'The portal of this server is off, so an invitation to it would lead nowhere.',
  remedy: 'Set "portal" with "enabled: true" and its "publicUrl" in the configuration, and start the server again.',
}
const notForOperators = {
  detail: 'Operators do not sign in to the portal.',
  remedy: 'Let them sign in to the console: at the identity provider of the company, or by the secret of an operator.',
}

async function refuseTooMany({ db, now }: Pick<Change, 'db' | 'now'>, { id, slug }: { readonly id: string; readonly slug: string }) {
  const { count } = await openInvitations(db, now)
    .where('organization_id', '=', id)
    .select((select) => select.fn.countAll().as('count'))
    .executeTakeFirstOrThrow()
  if (Number(count) < maxOpen) return
  throw new ProblemError('conflict', {
    detail: `"${slug}" has ${maxOpen} open invitations already, which is as many as an organization can have.`,
    remedy: 'Withdraw those that are not needed.',
  })
}

/** By withdrawing what it has made an organization could go on without end. */
async function refuseTooOften({ db, now }: Pick<Change, 'db' | 'now'>, { id, slug }: { readonly id: string; readonly slug: string }) {
  const { count } = await db
    .selectFrom('invitations')
    .where('organization_id', '=', id)
    .where('created_at', '>', now - dayMs)
    .where('inviter', 'is not', null)
    .select((select) => select.fn.countAll().as('count'))
    .executeTakeFirstOrThrow()
  if (Number(count) < maxPerDay) return
  throw new ProblemError('conflict', {
    detail: `People of "${slug}" have invited ${maxPerDay} times within 24 hours, which is the maximum.`,
    remedy: 'Invite again tomorrow, or ask the provider.',
  })
}

async function forgetOld({ db, now }: Pick<Change, 'db' | 'now'>, organizationId: string): Promise<void> {
  const old = await db
    .selectFrom('invitations')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where((where) => where.or([where('accepted_at', 'is not', null), where('withdrawn_at', 'is not', null), where('ends_at', '<=', now)]))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .offset(maxKept)
    .limit(maxPerDay)
    .execute()
  if (old.length === 0) return
  const ids = old.map(({ id }) => id)
  await db.deleteFrom('invitations').where('id', 'in', oneOf(db, ids)).execute()
}

/** @param isForColleagues whether operators are not named */
export async function listInvitations(
  db: Kysely<Schema>,
  organizationId: string,
  page: PageRequest,
  now: number,
  isForColleagues: boolean,
): Promise<OperationOutput<'invitations.list'>> {
  const query = withPeople(db).where('invitations.organization_id', '=', organizationId)
  const order = { by: '-createdAt', column: 'invitations.created_at', holds: 'number', id: 'invitations.id' } as const
  const { rows, next } = await readPage(query, order, page)
  return { items: rows.map((row) => describeInvitation(row, now, isForColleagues)), next }
}

/** Idempotent. */
export async function withdrawInvitation(
  change: Change<'invitations.withdraw'>,
  realm: Realm,
  key: string,
  id: string,
  isForColleagues: boolean,
): Promise<OperationOutput<'invitations.withdraw'>> {
  const { db, now } = change
  const organization = await lockOrganization(change, realm, key)
  const row = await withPeople(db)
    .where('invitations.organization_id', '=', organization.id)
    .where('invitations.id', '=', id)
    .executeTakeFirst()
  if (!row) throw noSuchInvitation(organization.slug, id)
  if (row.accepted_at !== null) throw new ProblemError('conflict', wasAccepted)
  const withdrawnAt = row.withdrawn_at ?? now
  await db.updateTable('invitations').set({ withdrawn_at: withdrawnAt }).where('id', '=', id).execute()
  const subject = { realm: realm.name, organizationId: organization.id }
  change.record({ subject, changed: 'rights', detail: { invitation: id, role: row.role } })
  return describeInvitation({ ...row, withdrawn_at: withdrawnAt }, now, isForColleagues)
}

const wasAccepted = {
  detail: 'The invitation was accepted already.',
  remedy: 'Remove the person who accepted it.',
}

/** So that a person who may not invite any more leaves no way in. */
export async function withdrawInvitationsOf({ db, now }: Pick<Change, 'db' | 'now'>, person: string): Promise<void> {
  await db
    .updateTable('invitations')
    .set({ withdrawn_at: now })
    .where('inviter', '=', person)
    .where('accepted_at', 'is', null)
    .where('withdrawn_at', 'is', null)
    .execute()
}

function withPeople(db: Kysely<Schema>) {
  return db
    .selectFrom('invitations')
    .leftJoin('people', 'people.id', 'invitations.person')
    .selectAll('invitations')
    .select('people.name as person_name')
}

function describeInvitation(
  row: InvitationRow & { readonly person_name: string | null },
  now: number,
  isForColleagues: boolean,
): OperationOutput<'invitations.withdraw'> {
  return {
    id: row.id,
    role: row.role,
    state: stateOf(row, now),
    invitedBy: isForColleagues ? toldInviter(row) : row.invited_by,
    createdAt: toInstant(row.created_at),
    endsAt: toInstant(row.ends_at),
    acceptedAt: toInstantOrNull(row.accepted_at),
    person: row.person === null || row.person_name === null ? null : { id: row.person, name: row.person_name },
  }
}

function stateOf({ accepted_at, withdrawn_at, ends_at }: InvitationRow, now: number) {
  if (accepted_at !== null) return 'accepted'
  if (withdrawn_at !== null) return 'withdrawn'
  return now < ends_at ? 'open' : 'ended'
}

function noSuchInvitation(organization: string, id: string): ProblemError {
  return new ProblemError('not-found', {
    detail: `"${organization}" has no invitation "${id}".`,
    remedy: 'List the invitations of the organization to see their ids.',
  })
}

// Invitations to the portal: one link for one person of an organization, with a role. The link is shown once; the store has a digest of it.
import { randomUUID } from 'node:crypto'
import type { OperationOutput, PortalRole } from '@countersign/admin'
import { toInstant } from '../api/instants.ts'
import type { Change } from '../change/apply-change.ts'
import { ProblemError } from '../errors.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { lockOrganization } from '../organizations/lock-organization.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import type { Realm } from '../realms/realm.ts'
import { forgetOld, refuseTooMany } from './invitation-bounds.ts'
import { createInvitationToken } from './invitation-token.ts'
import { describeInvitation, selectInvitations } from './list-invitations.ts'

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
  await refuseTooMany(change, organization, inviter.person !== null)
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
  const outside = (await isOfIdp(db, inviter)) ? ({ outsideIdp: true } as const) : {}
  record({ subject, changed: 'rights', detail: { invitation: id, role, endsAt: toInstant(endsAt), ...outside } })
  return { id, role, url: `${portalUrl}/portal/invitation#${token}`, createdAt: toInstant(now), endsAt: toInstant(endsAt) }
}

/** Who is invited stays when the inviter leaves the company, which the identity provider would not let happen. */
async function isOfIdp(db: Change['db'], { person }: Inviter): Promise<boolean> {
  if (person === null) return false
  const row = await db.selectFrom('people').select('issuer').where('id', '=', person).executeTakeFirst()
  return row !== undefined && row.issuer !== null
}

const portalIsOff = {
  detail: 'The portal of this server is off, so an invitation to it would lead nowhere.',
  remedy: 'Set "portal" with "enabled: true" and its "publicUrl" in the configuration, and start the server again.',
}
const notForOperators = {
  detail: 'Operators do not sign in to the portal.',
  remedy: 'Let them sign in to the console: at the identity provider of the company, or by the secret of an operator.',
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
  const row = await selectInvitations(db)
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

function noSuchInvitation(organization: string, id: string): ProblemError {
  return new ProblemError('not-found', {
    detail: `"${organization}" has no invitation "${id}".`,
    remedy: 'List the invitations of the organization to see their ids.',
  })
}

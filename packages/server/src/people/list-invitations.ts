// Invitations as they are shown: those that can be accepted, and what became of the others. None has its link.
import type { Kysely, Selectable } from 'kysely'
import type { OperationOutput } from '@countersign/admin'
import { toInstant, toInstantOrNull } from '../api/instants.ts'
import { readPage, type PageRequest } from '../api/page.ts'
import type { Schema } from '../store/schema.ts'
import { toldInviter } from './use-invitation.ts'

type InvitationRow = Selectable<Schema['invitations']>

/** @param isForColleagues whether operators are not named */
export async function listInvitations(
  db: Kysely<Schema>,
  organizationId: string,
  page: PageRequest,
  now: number,
  isForColleagues: boolean,
): Promise<OperationOutput<'invitations.list'>> {
  const query = selectInvitations(db).where('invitations.organization_id', '=', organizationId)
  const order = { by: '-createdAt', column: 'invitations.created_at', holds: 'number', id: 'invitations.id' } as const
  const { rows, next } = await readPage(query, order, page)
  return { items: rows.map((row) => describeInvitation(row, now, isForColleagues)), next }
}

/** With the name of who accepted it, and how who made it signs in. */
export function selectInvitations(db: Kysely<Schema>) {
  return db
    .selectFrom('invitations')
    .leftJoin('people', 'people.id', 'invitations.person')
    .leftJoin('people as inviters', 'inviters.id', 'invitations.inviter')
    .selectAll('invitations')
    .select(['people.name as person_name', 'inviters.id as inviter_id', 'inviters.issuer as inviter_issuer'])
}

export function describeInvitation(
  row: InvitationRow & { readonly person_name: string | null; readonly inviter_id: string | null; readonly inviter_issuer: string | null },
  now: number,
  isForColleagues: boolean,
): OperationOutput<'invitations.withdraw'> {
  return {
    id: row.id,
    role: row.role,
    state: stateOf(row, now),
    invitedBy: isForColleagues ? toldInviter(row) : row.invited_by,
    inviterSignIn: row.inviter_id === null ? null : row.inviter_issuer === null ? 'passkey' : 'idp',
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

// What a link of an invitation opens: who invites to what, and once a person.
import type { Kysely } from 'kysely'
import type { PortalRole } from '@countersign/admin'
import type { Change } from '../change/apply-change.ts'
import { ProblemError } from '../errors.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import type { Realm } from '../realms/realm.ts'
import { oneOf } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'
import { digestsOfInvitation } from './invitation-token.ts'

export interface OpenInvitation {
  readonly id: string
  readonly realm: string
  readonly organization: { readonly id: string; readonly name: string }
  readonly role: PortalRole
  readonly invitedBy: string
  readonly endsAt: number
}

/** By what the link has; changes nothing. @throws ProblemError `invitation-ended`, the same for every one that does not work */
export async function findInvitation(
  db: Kysely<Schema>,
  pepper: KeyRing,
  realms: ReadonlyMap<string, Realm>,
  token: string,
  now: number,
): Promise<OpenInvitation> {
  const digests = digestsOfInvitation(pepper, token)
  const row =
    digests.length === 0
      ? undefined
      : await openInvitations(db, now)
          .innerJoin('organizations', 'organizations.id', 'organization_id')
          .select([
            'invitations.id',
            'invitations.role',
            'invited_by',
            'inviter',
            'ends_at',
            'organization_id',
            'organizations.name',
            'realm',
          ])
          .where('digest', 'in', oneOf(db, digests))
          .where('organizations.status', '=', 'active')
          .executeTakeFirst()
  if (!row || !realms.has(row.realm)) throw new ProblemError('invitation-ended')
  return {
    id: row.id,
    realm: row.realm,
    organization: { id: row.organization_id, name: row.name },
    role: row.role,
    invitedBy: toldInviter(row),
    endsAt: row.ends_at,
  }
}

/** In the transaction in which the person is made: of two at once, one gets it. @throws ProblemError `invitation-ended` */
export async function useInvitation({ db, now }: Pick<Change, 'db' | 'now'>, id: string, person: string): Promise<void> {
  const { numUpdatedRows } = await db
    .updateTable('invitations')
    .set({ accepted_at: now, person })
    .where('id', '=', id)
    .where('accepted_at', 'is', null)
    .where('withdrawn_at', 'is', null)
    .where('ends_at', '>', now)
    .executeTakeFirstOrThrow()
  if (numUpdatedRows !== 1n) throw new ProblemError('invitation-ended')
}

export function openInvitations(db: Kysely<Schema>, now: number) {
  return db.selectFrom('invitations').where('accepted_at', 'is', null).where('withdrawn_at', 'is', null).where('ends_at', '>', now)
}

/** For integrators, who are not told the names of operators. */
export function toldInviter({ inviter, invited_by }: { readonly inviter: string | null; readonly invited_by: string }): string {
  return inviter === null ? 'the provider' : invited_by
}

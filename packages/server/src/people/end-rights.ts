// Ends what a person has whose identity provider names no group with a role any more.
import type { Kysely } from 'kysely'
import type { Identity } from '../idp/read-identity.ts'
import type { Schema } from '../store/schema.ts'
import type { Store } from '../store/store.ts'
import { withdrawInvitationsOf } from './invitations.ts'
import { findPersonOfIdp, type PeopleOf } from './people-of-idp.ts'

/**
 * A person who was known has lost every role. The sessions end for good: a role that is given again later must not bring them back. A person without
 * a role may come as often as it likes: once nothing is left to end, it does not wait for the lock of changes.
 */
export async function endRights(
  { db: reader, transact }: Pick<Store, 'db' | 'transact'>,
  of: PeopleOf,
  identity: Pick<Identity, 'issuer' | 'subject'>,
  now: number,
): Promise<void> {
  const before = await findPersonOfIdp(reader, of, identity)
  if (!before || !(await hasRights(reader, of, before.id))) return
  await transact(async (db) => {
    const known = await findPersonOfIdp(db, of, identity)
    if (!known) return
    await db.updateTable('people').set({ groups: '[]' }).where('id', '=', known.id).execute()
    await db.deleteFrom('sessions').where('person', '=', known.id).execute()
    await withdrawInvitationsOf({ db, now }, known.id)
  })
}

async function hasRights(db: Kysely<Schema>, { organizationId }: PeopleOf, person: string): Promise<boolean> {
  const found = await db
    .selectFrom('people')
    .select('id')
    .where('id', '=', person)
    .where(({ exists, or, selectFrom, eb }) =>
      or([
        eb('groups', '!=', '[]'),
        exists(selectFrom('sessions').select('sessions.id').where('sessions.person', '=', person)),
        exists(
          selectFrom('invitations')
            .select('invitations.id')
            .where('invitations.organization_id', '=', organizationId)
            .where('inviter', '=', person)
            .where('accepted_at', 'is', null)
            .where('withdrawn_at', 'is', null),
        ),
      ]),
    )
    .executeTakeFirst()
  return found !== undefined
}

// How many invitations an organization can have, and how many are kept.
import type { Change } from '../change/apply-change.ts'
import { ProblemError } from '../errors.ts'
import { oneOf } from '../store/dialects.ts'
import { openInvitations } from './use-invitation.ts'

type Moment = Pick<Change, 'db' | 'now'>

interface OrganizationNamed {
  readonly id: string
  readonly slug: string
}

const maxOpen = 50
/** By people of the organization. */
const maxPerDay = 100
/** Besides open ones. */
const maxKept = 200
const dayMs = 86_400_000

/** @throws ProblemError `conflict` */
export async function refuseTooMany(change: Moment, organization: OrganizationNamed, isByColleague: boolean): Promise<void> {
  await refuseTooManyOpen(change, organization)
  if (isByColleague) await refuseTooOften(change, organization)
}

async function refuseTooManyOpen({ db, now }: Moment, { id, slug }: OrganizationNamed): Promise<void> {
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
async function refuseTooOften({ db, now }: Moment, { id, slug }: OrganizationNamed): Promise<void> {
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

/** Those that cannot be accepted any more, beyond the latest. */
export async function forgetOld({ db, now }: Moment, organizationId: string): Promise<void> {
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

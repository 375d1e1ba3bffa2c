// The organizations that were refused of late because they have not accepted the agreement, and still have not.
import type { Kysely } from 'kysely'
import { readAcceptances } from '../standing/acceptances.ts'
import { standingOf } from '../standing/agreement-standing.ts'
import { oneOf } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'

export interface RefusedAgreement {
  readonly organization: { readonly id: string; readonly slug: string; readonly name: string }
  readonly reason: 'missing' | 'outdated'
  /** The first of them. */
  readonly since: number
  /** Of those that are kept. */
  readonly count: number
}

/** Refusals that are looked at, the last ones first. */
const maxRead = 5000

/** By the index refusals_of_realm. @param required the version that the realm requires now */
export async function findRefusedAgreements(
  db: Kysely<Schema>,
  realm: string,
  required: string,
  since: number,
): Promise<RefusedAgreement[]> {
  const recent = db
    .selectFrom('refusals')
    .select(['organization_id', 'code', 'at'])
    .where('realm', '=', realm)
    .where('at', '>=', since)
    .orderBy('at', 'desc')
    .limit(maxRead)
  const refused = await db
    .selectFrom(recent.as('recent'))
    .select(({ fn }) => ['organization_id', fn.countAll<number>().as('count'), fn.min('at').as('since')])
    .where('code', 'in', ['dpa-missing', 'dpa-outdated'])
    .where('organization_id', 'is not', null)
    .groupBy('organization_id')
    .execute()
  const counts = new Map(refused.map((row) => [row.organization_id!, { count: Number(row.count), since: Number(row.since) }]))
  const ids = [...counts.keys()]
  if (ids.length === 0) return []
  const acceptances = await readAcceptances(db, ids)
  const organizations = await db
    .selectFrom('organizations')
    .select(['id', 'slug', 'name'])
    .where('id', 'in', oneOf(db, ids))
    .where('status', '=', 'active')
    .execute()
  return organizations.flatMap((organization) => {
    const reason = standingOf(required, acceptances.get(organization.id))
    return reason === 'accepted' ? [] : [{ organization, reason, ...counts.get(organization.id)! }]
  })
}

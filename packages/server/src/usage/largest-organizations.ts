// The organizations with the most tokens of the last day, for metrics.
import { sql, type Kysely } from 'kysely'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import type { Schema } from '../store/schema.ts'
import { dayMs, startOf } from './usage-steps.ts'

export function readLargestOrganizations(db: Kysely<Schema>, now: number, limit: number) {
  return db
    .selectFrom('usage')
    .innerJoin('organizations', 'organizations.id', 'usage.organization_id')
    .select(['organizations.id', 'organizations.slug', 'organizations.realm'])
    .where('step', '=', 'day')
    .where('start', '>=', startOf('day', now) - dayMs)
    .where('organizations.realm', '<>', operatorsRealmName)
    .where('what', '=', 'token')
    .where('subject', '<>', '')
    .groupBy(['organizations.id', 'organizations.slug', 'organizations.realm'])
    .orderBy(sql`sum(count)`, 'desc')
    .orderBy('organizations.id')
    .limit(limit)
    .execute()
}

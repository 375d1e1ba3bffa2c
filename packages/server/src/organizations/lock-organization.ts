// The first step of every change to an organization: locks its row for this transaction, which serializes changes, and compares the
// version that the operator requires.
import type { Kysely, Selectable } from 'kysely'
import type { Realm } from '../realms/realm.ts'
import { refuseOutdated } from '../api/if-match.ts'
import { ProblemError } from '../errors.ts'
import type { Change } from '../change/apply-change.ts'
import type { Schema } from '../store/schema.ts'

export type OrganizationRow = Selectable<Schema['organizations']>

/**
 * Increments the version and returns the current row.
 * @param key its id or its slug
 * @throws ProblemError `not-found`, or `precondition-failed` if it is not the expected version
 */
export async function lockOrganization({ db, now, expectedVersions }: Change, realm: Realm, key: string): Promise<OrganizationRow> {
  const row = await db
    .updateTable('organizations')
    .set((set) => ({ version: set('version', '+', 1), updated_at: now }))
    .where('realm', '=', realm.name)
    .where((where) => where.or([where('id', '=', key), where('slug', '=', key)]))
    .returningAll()
    .executeTakeFirst()
  if (!row) throw noSuchOrganization(realm, key)
  refuseOutdated(expectedVersions, row.version - 1)
  return row
}

/** The row, without locking it, for a step that may find nothing to change. @throws as {@link lockOrganization} */
export async function findOrganization(
  { db, expectedVersions }: { readonly db: Kysely<Schema> } & Partial<Pick<Change, 'expectedVersions'>>,
  realm: Realm,
  key: string,
): Promise<OrganizationRow> {
  const row = await db
    .selectFrom('organizations')
    .selectAll()
    .where('realm', '=', realm.name)
    .where((where) => where.or([where('id', '=', key), where('slug', '=', key)]))
    .executeTakeFirst()
  if (!row) throw noSuchOrganization(realm, key)
  refuseOutdated(expectedVersions, row.version)
  return row
}

/** Increments the version of an organization when one of its dependents changes. */
export async function countChange({ db, now }: Change, id: string): Promise<void> {
  await db
    .updateTable('organizations')
    .set((set) => ({ version: set('version', '+', 1), updated_at: now }))
    .where('id', '=', id)
    .execute()
}

export function noSuchOrganization(realm: Realm, key: string): ProblemError {
  return new ProblemError('not-found', {
    detail: `The realm "${realm.name}" has no organization "${key}".`,
    remedy: `List the organizations to see their slugs: countersign organization list --realm ${realm.name}`,
  })
}

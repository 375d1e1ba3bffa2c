// The first step of every change to a client: locks its row for this transaction, which serializes changes, and compares the version that
// the operator requires.
import type { Selectable } from 'kysely'
import type { Realm } from '../realms/realm.ts'
import { refuseOutdated } from '../api/if-match.ts'
import { ProblemError } from '../errors.ts'
import type { Change } from '../change/apply-change.ts'
import type { Schema } from '../store/schema.ts'

export type ClientRow = Selectable<Schema['clients']>

/**
 * Increments the version and returns the current row.
 * @throws ProblemError `not-found`, or `precondition-failed` if it is not the expected version
 */
export async function lockClient({ db, now, expectedVersions }: Change, realm: Realm, clientId: string): Promise<ClientRow> {
  const row = await db
    .updateTable('clients')
    .set((set) => ({ version: set('version', '+', 1), updated_at: now }))
    .where('realm', '=', realm.name)
    .where('client_id', '=', clientId)
    .returningAll()
    .executeTakeFirst()
  if (!row) throw noSuchClient(realm, clientId)
  refuseOutdated(expectedVersions, row.version - 1)
  return row
}

/** The row, without locking it, for a step that may find nothing to change. @throws as {@link lockClient} */
export async function findClient({ db, expectedVersions }: Change, realm: Realm, clientId: string): Promise<ClientRow> {
  const row = await db
    .selectFrom('clients')
    .selectAll()
    .where('realm', '=', realm.name)
    .where('client_id', '=', clientId)
    .executeTakeFirst()
  if (!row) throw noSuchClient(realm, clientId)
  refuseOutdated(expectedVersions, row.version)
  return row
}

export function noSuchClient(realm: Realm, clientId: string): ProblemError {
  return new ProblemError('not-found', {
    detail: `The realm "${realm.name}" has no client "${clientId}".`,
    remedy: `List the clients to see their ids: countersign client list --realm ${realm.name}`,
  })
}

// What an integrator asks the provider for: a partner, a capability, a scope of a client, or a further client. This folder owns the requests
// and their states. What is asked for is done by the functions of organizations/ and clients/.
import type { Selectable } from 'kysely'
import type { OperationOutput } from '@countersign/admin'
import { toInstant, toInstantOrNull } from '../api/instants.ts'
import type { Change } from '../change/apply-change.ts'
import { ProblemError } from '../errors.ts'
import type { Schema } from '../store/schema.ts'

export type AccessRequestRow = Selectable<Schema['access_requests']>

/** In place of the name of an operator, which no integrator is told. */
export const theProvider = 'the provider'

/** Whether the name of a person would be taken for that of an operator, in lists of requests and invitations. */
export function isNameOfProvider(name: string): boolean {
  return name.trim().replace(/\s+/g, ' ').toLowerCase() === theProvider
}

/** @throws ProblemError `not-found` */
export async function findAccessRequest({ db }: Pick<Change, 'db'>, organizationId: string, id: string): Promise<AccessRequestRow> {
  const row = await db
    .selectFrom('access_requests')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) throw noSuchAccessRequest()
  return row
}

function noSuchAccessRequest(): ProblemError {
  return new ProblemError('not-found', {
    detail: 'The organization has no such access request.',
    remedy: 'List the access requests of the organization to see their ids.',
  })
}

export function describeAccessRequest(row: AccessRequestRow): OperationOutput<'accessRequests.create'> {
  return {
    id: row.id,
    kind: row.kind,
    what: row.what,
    client: row.client_id,
    note: row.note === '' ? null : row.note,
    state: row.state,
    askedBy: row.asked_by,
    askedAt: toInstant(row.asked_at),
    answer: row.answer,
    answeredAt: toInstantOrNull(row.answered_at),
  }
}

/** What events about a request say of it. */
export function detailOf({ id, kind, what, client_id }: Pick<AccessRequestRow, 'id' | 'kind' | 'what' | 'client_id'>) {
  return { accessRequest: id, asked: kind, what, ...(client_id !== null && { client: client_id }) }
}

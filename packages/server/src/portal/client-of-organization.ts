// A client of the organization of who asks. By the id alone it could be that of another organization, which got the id later.
import type { Kysely } from 'kysely'
import { ProblemError } from '../errors.ts'
import type { Schema } from '../store/schema.ts'

interface FoundClient {
  /** The internal id. */
  readonly id: string
  readonly clientId: string
  readonly isOperator: boolean
}

/** @param clientId anything that was sent */
export async function findClientOf(
  db: Kysely<Schema>,
  { realm, organizationId }: { readonly realm: string; readonly organizationId: string },
  clientId: unknown,
): Promise<FoundClient | undefined> {
  if (typeof clientId !== 'string' || clientId.includes('\0')) return undefined
  const row = await db
    .selectFrom('clients')
    .select(['id', 'client_id', 'operator_scopes'])
    .where('realm', '=', realm)
    .where('client_id', '=', clientId)
    .where('organization_id', '=', organizationId)
    .executeTakeFirst()
  return row && { id: row.id, clientId: row.client_id, isOperator: row.operator_scopes !== null }
}

/**
 * A colleague of the organization must not become an operator of the realm by a new secret of a client that is one.
 * @throws ProblemError `owner-required`
 */
export function refuseOperator({ isOperator }: FoundClient): void {
  if (isOperator)
    throw new ProblemError('owner-required', {
      detail: 'This client is an operator of its realm.',
      remedy: 'Ask the provider to change it, or sign in with the client itself.',
    })
}

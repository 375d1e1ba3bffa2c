// The versions of the agreement that an organization accepted.
import type { Kysely } from 'kysely'
import type { OperationOutput } from '@countersign/admin'
import { toInstant } from '../api/instants.ts'
import { readPage, type PageRequest } from '../api/page.ts'
import type { Schema } from '../store/schema.ts'

/** Most recent first. A person that was removed is not named any more. */
export async function listAcceptances(
  db: Kysely<Schema>,
  organizationId: string,
  page: PageRequest,
): Promise<OperationOutput<'dpa.acceptances'>> {
  const query = db
    .selectFrom('dpa_acceptances')
    .leftJoin('people', 'people.id', 'dpa_acceptances.person')
    .select(['dpa_acceptances.id', 'version', 'accepted_by', 'accepted_at', 'text_digest', 'person', 'people.name as person_name'])
    .where('dpa_acceptances.organization_id', '=', organizationId)
  const order = { by: '-acceptedAt', column: 'accepted_at', holds: 'number', id: 'dpa_acceptances.id' } as const
  const { rows, next } = await readPage(query, order, page)
  const items = rows.map(({ version, accepted_by, accepted_at, text_digest, person, person_name }) => ({
    version,
    acceptedBy: accepted_by,
    acceptedAt: toInstant(accepted_at),
    textDigest: text_digest,
    person: person === null || person_name === null ? null : { id: person, name: person_name },
  }))
  return { items, next }
}

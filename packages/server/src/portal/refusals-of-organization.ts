// What clients of an organization were refused, for a person of it: nothing that was only tried in their names, and nothing of a client of
// another organization that had the same id.
import type { Kysely } from 'kysely'
import type { Page, PageRequest } from '../api/page.ts'
import { readRefusals, type RefusalFilter, type StoredRefusal } from '../refusals/read-refusals.ts'
import type { Realm } from '../realms/realm.ts'
import type { Schema } from '../store/schema.ts'

interface OfOrganization {
  /** Of the background: no token waits for it. */
  readonly db: Kysely<Schema>
  readonly realm: Pick<Realm, 'name'>
  readonly organizationId: string
  /** One of its clients; undefined for all. */
  readonly clientId: string | undefined
}

interface Asked extends PageRequest, Pick<RefusalFilter, 'code' | 'api' | 'request'> {
  readonly from?: string | undefined
  readonly to?: string | undefined
}

/** Of 5000 rows: those of other organizations are passed over. Then a page is empty and has a cursor. */
const maxParts = 20

export function readRefusalsOf(
  { db, realm, organizationId, clientId }: OfOrganization,
  { limit, after, from, to, request, code, api }: Asked,
): Promise<Page<StoredRefusal>> {
  const filter = {
    realm: realm.name,
    organization: organizationId,
    client: clientId,
    request,
    code,
    api,
    from: from === undefined ? undefined : Date.parse(from),
    to: to === undefined ? undefined : Date.parse(to),
    isVerified: true,
  }
  return readRefusals(db, filter, { limit, after }, maxParts)
}

// Organizations that a version of the Data Processing Agreement will cut off when it becomes required: they have not accepted it, and are not
// refused already for the version that is required now.
import { setImmediate as otherRequests } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import { shellWord } from '@countersign/admin'
import { compareVersions } from '@countersign/protocol'
import { toInstant } from '../api/instants.ts'
import type { Realm } from '../realms/realm.ts'
import { readAcceptances, readRequiredVersions, selectCallers } from '../standing/acceptances.ts'
import type { Schema } from '../store/schema.ts'
import type { PlacedCutOff } from './list-cut-offs.ts'

/** Organizations that are read at once. */
const chunk = 500

export async function listUnaccepted(
  db: Kysely<Schema>,
  realm: Realm,
  now: number,
  place: Pick<PlacedCutOff, 'at' | 'id'>,
  limit: number,
): Promise<PlacedCutOff[]> {
  const found: PlacedCutOff[] = []
  const { current, coming } = await readRequiredVersions(db, realm, now)
  for (const { version, at } of coming) {
    if (at < place.at) continue
    let after = at === place.at ? place.id : ''
    for (;;) {
      const organizations = await readOrganizations(db, realm.name, after)
      const ids = organizations.map(({ id }) => id)
      const accepted = await readAcceptances(db, ids)
      for (const { id, slug } of organizations) {
        const highest = accepted.get(id)?.version
        if (isAccepted(version, highest) || !isAccepted(current, highest)) continue
        found.push({ at, id: slug, cutOff: describe(realm, slug, version, at, highest) })
        if (found.length === limit) return found
      }
      if (organizations.length < chunk) break
      after = organizations.at(-1)!.slug
      await otherRequests()
    }
  }
  return found
}

/** @param required null for none */
function isAccepted(required: string | null, highest: string | undefined): boolean {
  return required === null || (highest !== undefined && compareVersions(highest, required) >= 0)
}

function readOrganizations(db: Kysely<Schema>, realm: string, after: string) {
  return selectCallers(db, realm).select(['id', 'slug']).where('slug', '>', after).orderBy('slug').limit(chunk).execute()
}

function describe(realm: Realm, organization: string, version: string, at: number, accepted: string | undefined): PlacedCutOff['cutOff'] {
  const has = accepted === undefined ? 'has accepted no version' : `has accepted "${accepted}"`
  return {
    at: toInstant(at),
    reason: 'dpa-required',
    organization,
    client: null,
    evidence: `Version "${version}" of the Data Processing Agreement becomes required; "${organization}" ${has}.`,
    usedFrom: [],
    command: `countersign dpa accept ${shellWord(version)} --realm ${realm.name} --organization ${organization} --accepted-by "NAME"`,
  }
}

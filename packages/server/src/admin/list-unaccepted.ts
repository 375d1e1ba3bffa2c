// Organizations that a version of the Data Processing Agreement will cut off when it becomes required: they have not accepted it, and are not
// refused already for the version that is required now.
import { setImmediate as otherRequests } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import { shellWord } from '@countersign/admin'
import { compareVersions } from '@countersign/protocol'
import { toInstant } from '../api/instants.ts'
import { requiredVersion } from '../cache/dpa-versions.ts'
import { builtInScopes } from '../realms/built-in-scope.ts'
import type { Realm } from '../realms/realm.ts'
import { oneOf } from '../store/dialects.ts'
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
  const { current, coming } = await readVersions(db, realm, now)
  for (const { version, at } of coming) {
    if (at < place.at) continue
    let after = at === place.at ? place.id : ''
    for (;;) {
      const organizations = await readOrganizations(db, realm.name, after)
      const accepted = await readAccepted(db, organizations)
      for (const { id, slug } of organizations) {
        const highest = accepted.get(id)
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

/** The version required now, and those by which it changes, soonest first. */
async function readVersions(db: Kysely<Schema>, realm: Realm, now: number) {
  const published = await db.selectFrom('dpa_versions').select(['version', 'required_from']).where('realm', '=', realm.name).execute()
  const instants = [...new Set(published.map((row) => row.required_from).filter((at) => at > now))].toSorted((one, other) => one - other)
  const current = requiredVersion(realm, published, now)
  let before = current
  const coming = instants.flatMap((at) => {
    const version = requiredVersion(realm, published, at)
    if (version === null || version === before) return []
    before = version
    return [{ version, at }]
  })
  return { current, coming }
}

/** What the clients of guards have: the server itself decides on it, and asks for no agreement. */
const scopesOfGuards = ordersOf(builtInScopes).map((scopes) => JSON.stringify(scopes))

/** All selections of at least one, in each order: the store has a list as it was given. */
function ordersOf(scopes: readonly string[]): string[][] {
  return scopes.flatMap((scope) => [[scope], ...ordersOf(scopes.filter((other) => other !== scope)).map((rest) => [scope].concat(rest))])
}

function readOrganizations(db: Kysely<Schema>, realm: string, after: string) {
  return db
    .selectFrom('organizations')
    .select(['id', 'slug'])
    .where('realm', '=', realm)
    .where('status', '=', 'active')
    .where('slug', '>', after)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('clients')
          .select('clients.id')
          .whereRef('clients.organization_id', '=', 'organizations.id')
          .where('enabled', '=', 1)
          .where('service_account_enabled', '=', 1)
          .where('scopes', 'not in', scopesOfGuards),
      ),
    )
    .orderBy('slug')
    .limit(chunk)
    .execute()
}

/** The highest accepted version of each. */
async function readAccepted(db: Kysely<Schema>, organizations: readonly { readonly id: string }[]): Promise<Map<string, string>> {
  const rows = await db
    .selectFrom('dpa_acceptances')
    .select(['organization_id', 'version'])
    .where(
      'organization_id',
      'in',
      oneOf(
        db,
        organizations.map(({ id }) => id),
      ),
    )
    .execute()
  const highest = new Map<string, string>()
  for (const { organization_id: id, version } of rows) {
    const known = highest.get(id)
    if (known === undefined || compareVersions(version, known) > 0) highest.set(id, version)
  }
  return highest
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

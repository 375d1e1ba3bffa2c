// What organizations have accepted of the Data Processing Agreement, and what is required of which of them.
import type { Kysely } from 'kysely'
import { compareVersions, dpaStatus, type DpaStatus } from '@countersign/protocol'
import { requiredVersion } from '../cache/dpa-versions.ts'
import { builtInScopes } from '../realms/built-in-scope.ts'
import type { Realm } from '../realms/realm.ts'
import { oneOf } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'

export interface Acceptance {
  readonly version: string
  readonly acceptedAt: number
  readonly acceptedBy: string
}

/** The highest that each organization has accepted, by its id; of equal ones the last. By the index dpa_acceptances_organization. */
export async function readAcceptances(db: Kysely<Schema>, organizations: readonly string[]): Promise<ReadonlyMap<string, Acceptance>> {
  if (organizations.length === 0) return new Map()
  const rows = await db
    .selectFrom('dpa_acceptances')
    .select(['organization_id', 'version', 'accepted_at', 'accepted_by'])
    .where('organization_id', 'in', oneOf(db, organizations))
    .orderBy('accepted_at')
    .execute()
  const highest = new Map<string, Acceptance>()
  for (const { organization_id: id, version, accepted_at: acceptedAt, accepted_by: acceptedBy } of rows) {
    const known = highest.get(id)
    if (known === undefined || compareVersions(version, known.version) >= 0) highest.set(id, { version, acceptedAt, acceptedBy })
  }
  return highest
}

/** A version that becomes required. */
export interface ComingVersion {
  readonly version: string
  readonly at: number
}

/** The version required now, and those by which it changes, soonest first. A realm has few. */
export async function readRequiredVersions(
  db: Kysely<Schema>,
  realm: Realm,
  now: number,
): Promise<{ readonly current: string | null; readonly coming: readonly ComingVersion[] }> {
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

/** What the clients of guards and of APIs that ask for decisions have: the server itself decides on it, and asks for no agreement. */
const scopesOfGuards = listsOf(builtInScopes).map((scopes) => JSON.stringify(scopes))

/** Every list of some of them, in any order. */
function listsOf(scopes: readonly string[]): string[][] {
  return scopes.flatMap((first) => [[first], ...listsOf(scopes.filter((scope) => scope !== first)).map((others) => [first].concat(others))])
}

/** Those of the organizations that have clients, none of which calls APIs: the first that does is looked for by the index clients_of_organization. */
export async function readGuardsOnly(db: Kysely<Schema>, organizations: readonly string[]): Promise<ReadonlySet<string>> {
  if (organizations.length === 0) return new Set()
  const rows = await db
    .selectFrom('organizations')
    .select('organizations.id')
    .where('organizations.id', 'in', oneOf(db, organizations))
    .where(({ exists, not, selectFrom, and }) => {
      const clients = selectFrom('clients').select('clients.id').whereRef('clients.organization_id', '=', 'organizations.id')
      return and([exists(clients), not(exists(clients.where('scopes', 'not in', scopesOfGuards)))])
    })
    .execute()
  return new Set(rows.map(({ id }) => id))
}

/** How each of some organizations stands with the version that is required now. Of guards nothing is required. */
export async function readDpaStatuses(
  db: Kysely<Schema>,
  required: string | null,
  organizations: readonly string[],
): Promise<(organization: string) => { readonly status: DpaStatus; readonly accepted: Acceptance | undefined }> {
  const acceptances = await readAcceptances(db, organizations)
  const unaccepted = organizations.filter((id) => dpaStatus(required, acceptances.get(id)?.version ?? null) === 'missing')
  const guardsOnly = await readGuardsOnly(db, unaccepted)
  return (id) => {
    const accepted = acceptances.get(id)
    return { status: guardsOnly.has(id) ? 'not-required' : dpaStatus(required, accepted?.version ?? null), accepted }
  }
}

/** The active organizations of a realm that call APIs: one enabled client of each is looked for by the index clients_of_organization. */
export function selectCallers(db: Kysely<Schema>, realm: string) {
  return db
    .selectFrom('organizations')
    .where('realm', '=', realm)
    .where('status', '=', 'active')
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
}

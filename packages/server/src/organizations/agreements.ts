// The Data Processing Agreement: the versions of a realm, and those that an organization accepted. The version required at an instant is
// computed in cache/dpa-versions.ts, so a grace date takes effect without a change.
import { randomUUID } from 'node:crypto'
import type { Kysely, Selectable } from 'kysely'
import type { CheckedInput } from '@countersign/admin'
import { compareVersions } from '@countersign/protocol'
import type { Realm } from '../realms/realm.ts'
import { ProblemError } from '../errors.ts'
import type { Change } from '../change/apply-change.ts'
import type { Schema } from '../store/schema.ts'
import { lockOrganization, type OrganizationRow } from './lock-organization.ts'

export interface KnownVersion {
  readonly version: string
  readonly published: Selectable<Schema['dpa_versions']> | null
}

/** Published and configured versions, highest first. */
export async function readVersions(db: Kysely<Schema>, realm: Realm): Promise<KnownVersion[]> {
  const rows = await db.selectFrom('dpa_versions').selectAll().where('realm', '=', realm.name).execute()
  const known: KnownVersion[] = rows.map((published) => ({ version: published.version, published }))
  const configured = realm.requiredDpaVersion
  if (configured !== undefined && !known.some(({ version }) => version === configured)) known.push({ version: configured, published: null })
  return known.toSorted((a, b) => compareVersions(b.version, a.version) || (a.version < b.version ? 1 : -1))
}

export async function publishVersion(
  change: Change<'dpa.publish'>,
  realm: Realm,
  { version, requiredFrom, description = '' }: CheckedInput<'dpa.publish'>['body'],
): Promise<KnownVersion> {
  const known = await readVersions(change.db, realm)
  // "2026-1" and "2026-01" would compare as one version and read as two.
  const same = known.find((one) => compareVersions(one.version, version) === 0)
  if (same)
    throw new ProblemError('conflict', {
      detail: `The realm "${realm.name}" has the version "${same.version}" already${same.published ? '' : ', by its configuration'}.`,
      remedy: 'A version that was published stays as it is; publish what changed as another version.',
    })
  const published = {
    realm: realm.name,
    version,
    required_from: Date.parse(requiredFrom),
    description,
    published_at: change.now,
  }
  await change.db.insertInto('dpa_versions').values(published).execute()
  change.record({ subject: { realm: realm.name }, changed: 'rights', detail: { version, requiredFrom, description } })
  return { version, published }
}

export async function acceptDpa(
  change: Change<'dpa.accept'>,
  realm: Realm,
  key: string,
  { version, acceptedBy }: CheckedInput<'dpa.accept'>['body'],
): Promise<OrganizationRow> {
  const { db, now, record } = change
  const organization = await lockOrganization(change, realm, key)
  refuseUnheardOf(realm, version, await readVersions(db, realm))
  await db
    .insertInto('dpa_acceptances')
    .values({ id: randomUUID(), organization_id: organization.id, version, accepted_by: acceptedBy, accepted_at: now })
    .execute()
  record({ subject: { realm: realm.name, organizationId: organization.id }, changed: 'rights', detail: { version, acceptedBy } })
  return organization
}

/**
 * Old versions may be recorded even if they were not published here: they only show that something was accepted. A version higher than
 * all known ones, from a typing error such as "2062-01", would count as an acceptance of every later version.
 */
function refuseUnheardOf(realm: Realm, version: string, known: readonly KnownVersion[]): void {
  const [highest] = known
  if (highest && compareVersions(version, highest.version) <= 0) return
  const names = known.slice(0, 5).map((one) => one.version)
  const detail = highest
    ? `expected a version that the realm has, such as ${names.join(', ')}, or an older one`
    : 'expected nothing, because the realm has no version of the Data Processing Agreement'
  throw new ProblemError('invalid-request', {
    detail: `The realm "${realm.name}" has no version "${version}" of the Data Processing Agreement${highest ? `; the highest is "${highest.version}"` : ''}.`,
    remedy: 'Publish the version first if it is a new one.',
    errors: [{ pointer: '/version', detail }],
  })
}

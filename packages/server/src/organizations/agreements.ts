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
import { storeText } from './agreement-texts.ts'
import { findOrganization, lockOrganization, type OrganizationRow } from './lock-organization.ts'

export interface KnownVersion {
  readonly version: string
  readonly published: Selectable<Schema['dpa_versions']> | null
  /** Of its text; null if it has none. */
  readonly digest: string | null
}

/** Published and configured versions, highest first. */
export async function readVersions(db: Kysely<Schema>, realm: Realm): Promise<KnownVersion[]> {
  const rows = await db.selectFrom('dpa_versions').selectAll().where('realm', '=', realm.name).execute()
  const texts = await db.selectFrom('dpa_texts').select(['version', 'digest']).where('realm', '=', realm.name).execute()
  const digests = new Map(texts.map(({ version, digest }) => [version, digest]))
  const known: KnownVersion[] = rows.map((published) => {
    const { version } = published
    return { version, published, digest: digests.get(version) ?? null }
  })
  const configured = realm.requiredDpaVersion
  if (configured !== undefined && !known.some(({ version }) => version === configured))
    known.push({ version: configured, published: null, digest: null })
  return known.toSorted((a, b) => compareVersions(b.version, a.version) || (a.version < b.version ? 1 : -1))
}

export async function publishVersion(
  change: Change<'dpa.publish'>,
  realm: Realm,
  { version, requiredFrom, description = '', text }: CheckedInput<'dpa.publish'>['body'],
): Promise<KnownVersion> {
  const known = await readVersions(change.db, realm)
  // "2026-1" and "2026-01" would compare as one version and read as two.
  const same = known.find((one) => compareVersions(one.version, version) === 0)
  // The configuration has no place for a text.
  const isConfigured = same?.published === null
  const givesText = isConfigured && same.version === version && text !== undefined
  if (same && !givesText)
    throw new ProblemError('conflict', {
      detail: `The realm "${realm.name}" has the version "${same.version}" already${isConfigured ? ', by its configuration' : ''}.`,
      remedy: isConfigured
        ? 'Publish it with its text, or publish what changed as another version.'
        : 'A version that was published stays as it is; publish what changed as another version.',
      errors: [{ pointer: '/version', detail: `the realm has the version "${same.version}" already` }],
    })
  // A version of the configuration is required already.
  const requiredAt = givesText ? Math.min(Date.parse(requiredFrom), change.now) : Date.parse(requiredFrom)
  const published = { realm: realm.name, version, required_from: requiredAt, description, published_at: change.now }
  await change.db.insertInto('dpa_versions').values(published).execute()
  const digest = text === undefined ? null : await storeText(change, realm.name, version, text)
  change.record({
    subject: { realm: realm.name },
    changed: 'rights',
    detail: { version, requiredFrom: new Date(requiredAt).toISOString(), description, ...(digest !== null && { textDigest: digest }) },
  })
  return { version, published, digest }
}

/** Whose acceptance it is. */
interface Acceptance extends Pick<CheckedInput<'dpa.accept'>['body'], 'version' | 'acceptedBy' | 'digest'> {
  /** Who accepts it for itself in the portal; undefined if an operator records what was accepted elsewhere. */
  readonly person?: string
}

export async function acceptDpa(
  change: Change<'dpa.accept'>,
  realm: Realm,
  key: string,
  { version, acceptedBy, digest, person }: Acceptance,
): Promise<OrganizationRow> {
  const { db, now, record } = change
  const present = await findOrganization(change, realm, key)
  const known = await readVersions(db, realm)
  if (person === undefined) refuseUnheardOf(realm, version, known)
  else refuseUnread(realm, version, digest, known)
  refuseOtherText(version, digest, known)
  const textDigest = digest ?? null
  if (person !== undefined && (await hasAccepted(change, present.id, version, textDigest))) {
    change.recordNothing()
    return present
  }
  const organization = await lockOrganization(change, realm, key)
  await db
    .insertInto('dpa_acceptances')
    .values({
      id: randomUUID(),
      organization_id: organization.id,
      version,
      accepted_by: acceptedBy,
      accepted_at: now,
      text_digest: textDigest,
      person: person ?? null,
    })
    .execute()
  record({
    subject: { realm: realm.name, organizationId: organization.id },
    changed: 'rights',
    detail: { version, acceptedBy, ...(textDigest !== null && { textDigest }) },
  })
  return organization
}

/** By a person, of this text: to accept it again would change nothing, and an integrator could fill the store. */
async function hasAccepted({ db }: Change, organizationId: string, version: string, digest: string | null): Promise<boolean> {
  const row = await db
    .selectFrom('dpa_acceptances')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('version', '=', version)
    .where('person', 'is not', null)
    .where('text_digest', digest === null ? 'is' : '=', digest)
    .executeTakeFirst()
  return row !== undefined
}

/** In the portal a version is accepted that is there, and by what was read. */
function refuseUnread(realm: Realm, version: string, digest: string | undefined, known: readonly KnownVersion[]): void {
  const found = known.find((one) => one.version === version)
  if (!found)
    throw new ProblemError('invalid-request', {
      detail: `The realm "${realm.name}" has no version "${version}" of the agreement.`,
      errors: [{ pointer: '/version', detail: 'expected a version of the list' }],
    })
  if (found.digest === null || digest !== undefined) return
  throw new ProblemError('invalid-request', {
    detail: `The version "${version}" has a text, so its acceptance needs the digest of that text.`,
    remedy: 'Read the text, and send its "digest".',
    errors: [{ pointer: '/digest', detail: 'expected the digest of the text' }],
  })
}

function refuseOtherText(version: string, digest: string | undefined, known: readonly KnownVersion[]): void {
  if (digest === undefined) return
  const found = known.find((one) => compareVersions(one.version, version) === 0)
  if (found?.digest === digest) return
  throw new ProblemError('conflict', {
    detail: found?.digest
      ? `The text of version "${version}" has another digest.`
      : `The version "${version}" has no text that could have this digest.`,
    remedy: 'Read the text again, and send its "digest".',
  })
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

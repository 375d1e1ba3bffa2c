// Operations on the Data Processing Agreement: its versions and their acceptances.
import type { Kysely } from 'kysely'
import type { OperationOutput } from '@countersign/admin'
import { compareVersions } from '@countersign/protocol'
import { acceptDpa, publishVersion, readVersions, type KnownVersion } from '../organizations/agreements.ts'
import { readText } from '../organizations/agreement-texts.ts'
import { listAcceptances } from './list-acceptances.ts'
import { changesOfOrganizations } from './change-organization.ts'
import { toInstant } from '../api/instants.ts'
import { getOrganizationId, getRealm, type AdminContext, type AdminHandlers } from './handler-types.ts'
import { readCursor, writeCursor } from '../api/page.ts'
import { refusedQuery } from '../api/refused-query.ts'
import type { Realm } from '../realms/realm.ts'
import { countAgreementStanding, listAgreementStanding } from '../standing/agreement-standing.ts'
import type { Schema } from '../store/schema.ts'

export function agreementHandlers(context: AdminContext) {
  const { realms, db, cache, clock } = context
  const changeOrganization = changesOfOrganizations(context)

  return {
    // Paged in memory, as readVersions() sorts: there are few versions, and as text "2026-10" sorts before "2026-9".
    'dpa.versions': async ({ params, query: { limit, after } }) => {
      const all = await readVersions(db, getRealm(realms, params.realm))
      const order = { by: '-version', holds: 'string' } as const
      const last = after === undefined ? undefined : readCursor(after, order).value
      const start = last === undefined ? 0 : all.findIndex(({ version }) => version === last) + 1
      const rows = all.slice(start, start + limit)
      const end = rows.at(-1)?.version
      const next = start + limit < all.length && end !== undefined ? writeCursor(order, end, end) : null
      return { items: rows.map(describeVersion), next }
    },
    'dpa.publish': async ({ params, body }, change) => describeVersion(await publishVersion(change, getRealm(realms, params.realm), body)),
    'dpa.accept': ({ params, body }, change) => changeOrganization(params, change, (realm, key) => acceptDpa(change, realm, key, body)),
    'dpa.standing': async ({ params, query }, { scopes }) => {
      const realm = getRealm(realms, params.realm)
      const version = query.version === undefined ? cache.requiredDpaVersion(realm.name) : await knownVersion(db, realm, query.version)
      if (version === null) return { version, counts: { accepted: 0, outdated: 0, missing: 0 }, items: [], next: null }
      const page = await listAgreementStanding(db, realm, version, query, scopes, clock())
      if (query.after !== undefined) return { version, ...page }
      return { version, counts: (await countAgreementStanding(db, realm, [version])).get(version), ...page }
    },
    'dpa.text': async ({ params: { realm, version } }) => ({ version, ...(await readText(db, getRealm(realms, realm).name, version)) }),
    'dpa.acceptances': async ({ params, query: page }) =>
      listAcceptances(db, await getOrganizationId(db, getRealm(realms, params.realm), params.organization), page),
  } satisfies Partial<AdminHandlers>
}

/** As the realm writes it. @throws ProblemError `invalid-request` */
async function knownVersion(db: Kysely<Schema>, realm: Realm, version: string): Promise<string> {
  const known = await readVersions(db, realm)
  const found = known.find((one) => compareVersions(one.version, version) === 0)
  if (!found) throw refusedQuery('/query/version', `expected a version that the realm has: ${known.map((one) => one.version).join(', ')}`)
  return found.version
}

function describeVersion({ version, published, digest }: KnownVersion): OperationOutput<'dpa.publish'> {
  return {
    version,
    requiredFrom: published && toInstant(published.required_from),
    description: published?.description || null,
    publishedAt: published && toInstant(published.published_at),
    textDigest: digest,
  }
}

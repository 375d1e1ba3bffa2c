// What an explanation is made of: the request, and what the server knows of its client and organization now.
import type { Kysely } from 'kysely'
import { decisionChecks, type OrganizationRights, type ReportedRequirement } from '@countersign/protocol'
import type { Entitlement } from '@countersign/guard'
import type { Cache } from '../cache/cache.ts'
import { requiredVersion } from '../cache/dpa-versions.ts'
import type { ClientRecord } from '../cache/records.ts'
import type { Realm } from '../realms/realm.ts'
import type { Schema } from '../store/schema.ts'
import { searchAudit } from '../audit/search/search-audit.ts'
import { failedCheck } from '../refusals/refusal.ts'
import { parseDetail, type RefusedRequest } from './refused-request.ts'

export interface ExplainContext {
  readonly db: Kysely<Schema>
  readonly realms: ReadonlyMap<string, Realm>
  readonly cache: Pick<Cache, 'readClient' | 'findEntitlement' | 'requiredDpaVersion'>
  /** Undefined if the portal is off. */
  readonly portalUrl: string | undefined
}

export interface NamedOrganization {
  readonly id: string
  readonly slug: string | null
  readonly name: string | null
}

export interface Facts {
  readonly request: RefusedRequest
  readonly realm: Realm | undefined
  readonly requires: ReportedRequirement
  /** What the check that failed saw. */
  readonly saw: string
  /** As it is now. */
  readonly client: ClientRecord | undefined
  readonly organization: NamedOrganization | null
  /** As they are now; with them, the partner and the requestor of the request are known. */
  readonly entitlement: Entitlement | undefined
  readonly rights: OrganizationRights | undefined
  /** Of the partner, if it is registered in the realm. */
  readonly partnerName: string | null
  /** The version of the agreement that was required at the time of the request, and whether it was published by a change. */
  readonly dpa: { readonly required: string | null; readonly isPublished: boolean }
  /** Undefined if the portal is off. */
  readonly portalUrl: string | undefined
}

export async function readFacts(context: ExplainContext, request: RefusedRequest): Promise<Facts> {
  const { db, realms, cache } = context
  const { clientId, organizationId, detail } = request
  const realm = realms.get(request.realm ?? '')
  const client = realm && clientId !== null ? (await cache.readClient(realm.name, clientId)).client : undefined
  const entitlement =
    realm && client && !client.damage
      ? await cache.findEntitlement(realm.name, client.clientId, { partnerId: detail.partnerId, requestorId: detail.requestorId })
      : undefined
  const id = organizationId ?? client?.organization.id ?? null
  return {
    request,
    realm,
    requires: detail.requires ?? {},
    saw: failedCheck(detail)?.saw ?? '',
    client,
    entitlement,
    rights: entitlement?.organization.rights,
    organization: id === null ? null : await nameOrganization(db, id),
    partnerName: realm && detail.partnerId !== undefined ? await findPartnerName(db, realm.name, detail.partnerId) : null,
    dpa: await findRequiredVersion(db, realm, request.at),
    portalUrl: context.portalUrl,
  }
}

/** An organization that was deleted has its names in the event of that. */
export async function nameOrganization(db: Kysely<Schema>, id: string): Promise<NamedOrganization> {
  const row = await db.selectFrom('organizations').select(['id', 'slug', 'name']).where('id', '=', id).executeTakeFirst()
  if (row) return { id, slug: row.slug, name: row.name }
  const everything = { from: undefined, to: undefined, after: undefined }
  const { rows } = await searchAudit(db, { organization: id, kinds: ['organizations.delete'], changes: true }, everything, 1)
  const { slug = null, name = null } = parseDetail<{ slug?: string; name?: string }>(rows[0]?.detail ?? '{}')
  return { id, slug, name }
}

async function findPartnerName(db: Kysely<Schema>, realm: string, partner: string): Promise<string | null> {
  const row = await db.selectFrom('partners').select('name').where('realm', '=', realm).where('id', '=', partner).executeTakeFirst()
  return row?.name ?? null
}

async function findRequiredVersion(db: Kysely<Schema>, realm: Realm | undefined, at: number): Promise<Facts['dpa']> {
  if (!realm) return { required: null, isPublished: false }
  const published = await db.selectFrom('dpa_versions').select(['version', 'required_from']).where('realm', '=', realm.name).execute()
  const required = requiredVersion(realm, published, at)
  return { required, isPublished: published.some(({ version }) => version === required) }
}

/** Those that a guard reported, in the order of the table. */
export function checksOf({ detail }: RefusedRequest) {
  const checks = detail.checks ?? []
  return decisionChecks.flatMap((name) => checks.find(({ check }) => check === name) ?? [])
}

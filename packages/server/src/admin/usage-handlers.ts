// Operations on usage: what is counted, from where credentials are used, what will end, and what a suspension would stop.
import { publicKeyKind } from '@countersign/protocol'
import type { Kysely } from 'kysely'
import type { OperationOutput } from '@countersign/admin'
import { findOrganizationId } from '../cache/read-organization.ts'
import { noSuchClient } from '../clients/lock-client.ts'
import type { Realm } from '../realms/realm.ts'
import { oneOf } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'
import { listCredentialUses } from '../usage/list-credential-uses.ts'
import { readUsage, type Series, type UsageDimension } from '../usage/read-usage.ts'
import { describeImpact } from './describe-impact.ts'
import { getOrganizationId, getRealm, type AdminContext, type AdminHandlers } from './handler-types.ts'
import { listCutOffs } from './list-cut-offs.ts'

export function usageHandlers({ realms, db, clock }: AdminContext) {
  return {
    'usage.series': async ({ params, query: { by, what, client, organization, ...range } }) => {
      const realm = getRealm(realms, params.realm)
      const organizationId = organization === undefined ? undefined : await findUsedOrganization(db, realm.name, organization)
      const filter = { realm: realm.name, what, clientId: client, organizationId }
      const usage = await readUsage(db, filter, by, range, clock())
      if (usage.series.length === 0 && client !== undefined) await refuseUnknownClient(db, realm, client)
      return named(db, by, usage)
    },
    'credentials.uses': async ({ params, query: { client, ...page } }) => {
      const realm = getRealm(realms, params.realm)
      const uses = await listCredentialUses(db, { realm: realm.name, client }, clock(), page)
      if (uses.items.length === 0 && page.after === undefined && client !== undefined) await refuseUnknownClient(db, realm, client)
      return uses
    },
    'organizations.due': ({ params, query }) => listCutOffs(db, getRealm(realms, params.realm), clock(), query),
    'organizations.impact': async ({ params }) => {
      const realm = getRealm(realms, params.realm)
      return describeImpact(db, realm, await getOrganizationId(db, realm, params.organization), clock())
    },
  } satisfies Partial<AdminHandlers>
}

/** A deleted client is known as long as a use of its credentials. @throws ProblemError `not-found` */
async function refuseUnknownClient(db: Kysely<Schema>, realm: Realm, client: string): Promise<void> {
  const find = (table: 'clients' | 'credential_uses') =>
    db.selectFrom(table).select('client_id').where('realm', '=', realm.name).where('client_id', '=', client).limit(1).executeTakeFirst()
  if (!(await find('clients')) && !(await find('credential_uses'))) throw noSuchClient(realm, client)
}

/** The id of a deleted organization still has counts. */
async function findUsedOrganization(db: Kysely<Schema>, realm: string, key: string): Promise<string> {
  return (await findOrganizationId(db, realm, key)) ?? key
}

export async function named(db: Kysely<Schema>, by: UsageDimension, { series, ...rest }: Series): Promise<OperationOutput<'usage.series'>> {
  const keys = series.flatMap(({ key }) => (key === null ? [] : [key]))
  const labels = await readLabels(db, by, keys)
  return {
    ...rest,
    series: series.map(({ key, total, points }) => ({
      key,
      total,
      points: [...points],
      label: key === null ? 'others' : (labels.get(key) ?? key),
    })),
  }
}

async function readLabels(db: Kysely<Schema>, by: UsageDimension, keys: readonly string[]): Promise<Map<string, string>> {
  if (keys.length === 0 || (by !== 'credential' && by !== 'organization')) return new Map()
  if (by === 'organization') {
    const rows = await db.selectFrom('organizations').select(['id', 'slug']).where('id', 'in', oneOf(db, keys)).execute()
    return new Map(rows.map(({ id, slug }) => [id, slug]))
  }
  const rows = await db
    .selectFrom('credential_uses')
    .select(['credential', 'kind', 'label', 'client_id'])
    .distinct()
    .where('credential', 'in', oneOf(db, keys))
    .execute()
  return new Map(
    rows.flatMap(({ credential, kind, label, client_id: client }) =>
      label === null ? [] : [[credential, `${client} ${kind === publicKeyKind ? label : `…${label}`}`] as const],
    ),
  )
}

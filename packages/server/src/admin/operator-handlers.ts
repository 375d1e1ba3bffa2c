// The list of operators, in all realms.
import type { Selectable } from 'kysely'
import type { OperationOutput } from '@countersign/admin'
import { readPage } from '../api/page.ts'
import { toOperatorRights } from '../cache/operator-rights.ts'
import { isOwner } from '../clients/owner-role.ts'
import { realmsOf } from '../operators/operator-authority.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import { parseTexts } from '../store/damage.ts'
import type { Schema } from '../store/schema.ts'
import type { AdminContext, AdminHandlers } from './handler-types.ts'

export function operatorHandlers({ db }: AdminContext) {
  return {
    'operators.list': async ({ query: page }) => {
      const query = db
        .selectFrom('clients')
        .innerJoin('organizations', 'organizations.id', 'clients.organization_id')
        .selectAll('clients')
        .select(['organizations.slug', 'organizations.name as organization_name'])
        .where((where) => where.or([where('clients.realm', '=', operatorsRealmName), where('operator_scopes', 'is not', null)]))
      const order = { by: 'clientId', column: 'client_id', holds: 'string', id: 'clients.id' } as const
      const { rows, next } = await readPage(query, order, page)
      return { items: rows.map(describeOperator), next }
    },
  } satisfies Partial<AdminHandlers>
}

type Row = Selectable<Schema['clients']> & { readonly slug: string; readonly organization_name: string }

function describeOperator(row: Row): OperationOutput<'operators.list'>['items'][number] {
  const { realm, client_id: clientId, name, enabled, service_account_enabled: hasAccount, slug } = row
  const rights = toOperatorRights(row)
  const isOfOperators = realm === operatorsRealmName
  return {
    realm,
    clientId,
    name,
    organization: { id: row.organization_id, slug, name: row.organization_name },
    enabled: enabled === 1 && hasAccount === 1,
    owner: isOfOperators && isOwner(row),
    realms: realmsOf(realm, rights)?.slice() ?? null,
    scopes: isOfOperators ? (parseTexts(row.scopes) ?? []) : [...(rights?.scopes ?? [])],
  }
}

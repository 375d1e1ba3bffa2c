// The list of operators, in all realms.
import type { Kysely, Selectable } from 'kysely'
import { adminScopes, type OperationOutput } from '@countersign/admin'
import { readPage } from '../api/page.ts'
import { toOperatorRights } from '../cache/operator-rights.ts'
import { ProblemError } from '../errors.ts'
import { isOwner } from '../clients/owner-role.ts'
import { realmsOf } from '../operators/operator-authority.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import { parseTexts } from '../store/damage.ts'
import type { Schema } from '../store/schema.ts'
import type { AdminContext, AdminHandlers } from './handler-types.ts'

export function operatorHandlers({ db }: AdminContext) {
  return {
    'me.get': async (_input, operator) => {
      const row = await selectClients(db).where('clients.id', '=', operator.id).executeTakeFirst()
      if (!row) throw new ProblemError('not-found', { detail: 'This operator was deleted a moment ago.' })
      const { realm, clientId, name, organization, owner, scopes } = describeOperator(row)
      const realms = operator.realms === undefined ? null : [...operator.realms]
      return { clientId, realm, name, organization, scopes: adminScopes.filter((scope) => scopes.includes(scope)), realms, owner }
    },
    'operators.list': async ({ query: page }) => {
      const query = selectClients(db).where((where) =>
        where.or([where('clients.realm', '=', operatorsRealmName), where('operator_scopes', 'is not', null)]),
      )
      const order = { by: 'clientId', column: 'client_id', holds: 'string', id: 'clients.id' } as const
      const { rows, next } = await readPage(query, order, page)
      return { items: rows.map(describeOperator), next }
    },
  } satisfies Partial<AdminHandlers>
}

function selectClients(db: Kysely<Schema>) {
  return db
    .selectFrom('clients')
    .innerJoin('organizations', 'organizations.id', 'clients.organization_id')
    .selectAll('clients')
    .select(['organizations.slug', 'organizations.name as organization_name'])
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

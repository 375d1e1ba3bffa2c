// The list of operators, in all realms.
import type { Kysely, Selectable } from 'kysely'
import { adminScopes, type OperationOutput } from '@countersign/admin'
import { toInstant } from '../api/instants.ts'
import { readPage } from '../api/page.ts'
import { toOperatorRights } from '../cache/operator-rights.ts'
import { ProblemError } from '../errors.ts'
import { isOwner } from '../clients/owner-role.ts'
import { realmsOf, type Operator, type PersonAsking } from '../operators/operator-authority.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import { parseTexts } from '../store/damage.ts'
import { oneOf } from '../store/dialects.ts'
import type { Schema } from '../store/schema.ts'
import type { AdminContext, AdminHandlers } from './handler-types.ts'

export function operatorHandlers({ db, clock }: AdminContext) {
  return {
    'me.get': async (_input, operator) => {
      if (operator.person) return describePerson(db, operator, operator.person)
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
      const usesOf = await readUses(db, rows, clock())
      return { items: rows.map((row) => Object.assign(describeOperator(row), usesOf(row))), next }
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

/** By the rights that the session has at this request: those of a person are in no row. */
async function describePerson(db: Kysely<Schema>, operator: Operator, person: PersonAsking): Promise<OperationOutput<'me.get'>> {
  const { id, name, organizationId, isOwner: owner } = person
  const organization = await db
    .selectFrom('organizations')
    .select(['id', 'slug', 'name'])
    .where('id', '=', organizationId)
    .executeTakeFirst()
  if (!organization) throw new ProblemError('not-found', { detail: 'This person was removed a moment ago.' })
  const scopes = adminScopes.filter((scope) => operator.scopes.has(scope))
  const realms = operator.realms === undefined ? null : [...operator.realms]
  return { clientId: null, person: id, realm: operator.realm, name, organization: { ...organization }, scopes, realms, owner }
}

type Uses = Pick<OperationOutput<'operators.list'>['items'][number], 'lastUsedAt' | 'sessions'>

async function readUses(db: Kysely<Schema>, rows: readonly Row[], now: number): Promise<(row: Row) => Uses> {
  const ids = rows.map(({ id }) => id)
  const used = await db
    .selectFrom('credentials')
    .select(['client'])
    .select(({ fn }) => fn.max('last_used_at').as('at'))
    .where('client', 'in', oneOf(db, ids))
    .groupBy('client')
    .execute()
  const open = await db
    .selectFrom('sessions')
    .select(['client'])
    .select(({ fn }) => [fn.countAll<number>().as('count'), fn.max('signed_in_at').as('at')])
    .where('client', 'in', oneOf(db, ids))
    .where('mount', '=', 'console')
    .where('ends_at', '>', now)
    .groupBy('client')
    .execute()
  const usedAt = new Map(used.map(({ client, at }) => [client, Number(at ?? 0)]))
  const sessions = new Map(open.map(({ client, count, at }) => [client, { count: Number(count), at: Number(at) }]))
  return ({ id }) => {
    const session = sessions.get(id)
    // The use of a secret is written a few seconds later than the session.
    const at = Math.max(usedAt.get(id) ?? 0, session?.at ?? 0)
    return { lastUsedAt: at === 0 ? null : toInstant(at), sessions: session?.count ?? 0 }
  }
}

type Row = Selectable<Schema['clients']> & { readonly slug: string; readonly organization_name: string }

function describeOperator(row: Row): Omit<OperationOutput<'operators.list'>['items'][number], keyof Uses> {
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
    version: row.version,
    createdAt: toInstant(row.created_at),
  }
}

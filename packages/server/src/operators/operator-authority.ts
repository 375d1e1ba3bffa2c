// What an operator may do, by rows of the store and never by a claim of a token: all of its scopes in all realms, or in some, or the
// scopes of a client in its own realm. Every request gets its authority from the cache; a change reads the rows again.
import type { AdminScope, Operation } from '@countersign/admin'
import type { Access } from '@countersign/guard'
import { formatBearerChallenge } from '@countersign/protocol'
import { toOperatorRights, type OperatorRights } from '../cache/operator-rights.ts'
import { findOrganizationId } from '../cache/read-organization.ts'
import type { Change } from '../change/apply-change.ts'
import { includesAll, isOwner, ownerScopes } from '../clients/owner-role.ts'
import { ProblemError } from '../errors.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import { parseTexts } from '../store/damage.ts'

export interface Operator {
  /** The realm that it lives in. */
  readonly realm: string
  /** The internal id of its client; the id of a person. */
  readonly id: string
  /** Of a person its id: it names the actor. No client is found by it. */
  readonly clientId: string
  /** The realms that it may act in; undefined for all. */
  readonly realms: readonly string[] | undefined
  /** What it may do there now, by the request. */
  readonly scopes: ReadonlySet<string>
  /** Undefined for a client. */
  readonly person?: PersonAsking | undefined
}

/** Who asks, if a person has signed in. */
export interface PersonAsking {
  readonly id: string
  readonly name: string
  readonly address: string | null
  readonly organizationId: string
  /** Of the identity provider, as is the next one; null for a person with a passkey. */
  readonly issuer: string | null
  readonly subject: string | null
  /** Whether the person may change operators. */
  readonly isOwner: boolean
}

/** The access of an operator: its token has the scopes that the operator has, wherever they come from. */
export interface OperatorAccess extends Access {
  readonly operator: Operator
}

/** Where a client may act as an operator; undefined for everywhere. */
export function realmsOf(realm: string, rights: OperatorRights | undefined): readonly string[] | undefined {
  return realm === operatorsRealmName ? (rights?.realms ?? undefined) : [realm]
}

/** @param realm undefined if the operation is about no realm, or about all @throws ProblemError `realm-not-permitted` */
export function permitRealm({ realms }: Pick<Operator, 'realms'>, realm: string | undefined): void {
  if (realms && (realm === undefined || !realms.includes(realm))) throw notPermitted(realms)
}

function notPermitted(realms: readonly string[]): ProblemError {
  const where = realms.length === 0 ? 'in no realm' : `only in the ${realms.length === 1 ? 'realm' : 'realms'} ${realms.join(', ')}`
  return new ProblemError('realm-not-permitted', { detail: `This operator may act ${where}.` })
}

/** A change that an operator asks for. */
export interface Attempt {
  readonly params: Readonly<Record<string, unknown>>
  readonly body?: Readonly<Record<string, unknown>> | undefined
  /** Of the operation. */
  readonly bringsSigningKey?: true | undefined
}

/** What who asks may do, by the rows that the transaction of a change reads. */
export interface Authority {
  readonly operator: Operator
  /** Those that the request has, too: a token may have fewer. */
  readonly scopes: readonly string[]
  /** Undefined for all. */
  readonly realms: readonly string[] | undefined
  /** Whether it may change operators, and its token was not narrowed. */
  readonly isOwner: boolean
}

/** Of a client: nothing if it was disabled or deleted meanwhile, or its organization suspended. */
export async function readAuthority({ db }: Pick<Change, 'db'>, { operator, token }: OperatorAccess): Promise<Authority> {
  const row = await db
    .selectFrom('clients')
    .innerJoin('organizations', 'organizations.id', 'clients.organization_id')
    .select(['role', 'scopes', 'operator_realms', 'operator_scopes'])
    .where('clients.id', '=', operator.id)
    .where('enabled', '=', 1)
    .where('service_account_enabled', '=', 1)
    .where('organizations.status', '=', 'active')
    .executeTakeFirst()
  const rights = row && toOperatorRights(row)
  const isOfOperators = operator.realm === operatorsRealmName
  const scopes = isOfOperators ? (parseTexts(row?.scopes ?? '[]') ?? []) : (rights?.scopes ?? [])
  return {
    operator,
    scopes: scopes.filter((scope) => operator.scopes.has(scope)),
    realms: realmsOf(operator.realm, rights),
    isOwner: row !== undefined && isOfOperators && isOwner(row) && includesAll(token.scopes, ownerScopes),
  }
}

/**
 * Checks in the transaction of a change what the cache has allowed: another node may have just taken the authority away. A client or an
 * organization with operator scopes is changed by owners only, and only owners give these scopes; otherwise an operator could take the
 * secret of another one, or stop it. Changes to the realm `operators` are in protect-operators.ts.
 * @throws ProblemError `insufficient-scope`, `realm-not-permitted` or `owner-required`
 */
export async function checkAuthority(
  change: Pick<Change, 'db'>,
  { scopes, realms, isOwner: owns }: Authority,
  attempt: Attempt,
  { scope, acrossRealms }: Pick<Operation, 'scope' | 'acrossRealms'>,
): Promise<void> {
  const realm = attempt.params['realm'] === undefined ? undefined : String(attempt.params['realm'])
  requireScope(scopes, scope)
  if (realm !== undefined || acrossRealms !== 'filtered') permitRealm({ realms }, realm)
  // It may end secrets of any realm, those of operators among them.
  const isForcedEverywhere = realm === undefined && attempt.body?.['force'] === true
  if (realm === operatorsRealmName || !(isForcedEverywhere || (await isAboutOperator(change, realm ?? '', attempt)))) return
  if (!owns) throw new ProblemError('owner-required')
}

/** @throws ProblemError `insufficient-scope` */
export function requireScope(scopes: readonly string[], scope: Operation['scope']): void {
  if (scope !== null && !scopes.includes(scope)) throw lacksScope(scope)
}

/** For a change that needs a further scope, by what it finds. @throws ProblemError `insufficient-scope` */
export function requireFurtherScope({ operator, scopes }: Authority, scope: AdminScope): void {
  if (!operator.scopes.has(scope)) throw lacksScope(scope)
  requireScope(scopes, scope)
}

/**
 * By the path and not by the operation: an operation that is added later is covered. A key that is brought can sign for every client of the
 * realm, also for those that are operators.
 */
async function isAboutOperator({ db }: Pick<Change, 'db'>, realm: string, attempt: Attempt): Promise<boolean> {
  const { params, body, bringsSigningKey } = attempt
  if (body?.['operatorScopes'] !== undefined || body?.['operatorRealms'] !== undefined) return true
  const { client, organization } = params
  if (client === undefined && organization === undefined && !bringsSigningKey) return false
  let operators = db.selectFrom('clients').select('id').where('realm', '=', realm).where('operator_scopes', 'is not', null)
  if (client !== undefined) operators = operators.where('client_id', '=', String(client))
  if (organization !== undefined)
    operators = operators.where('organization_id', '=', (await findOrganizationId(db, realm, String(organization))) ?? '')
  return (await operators.limit(1).executeTakeFirst()) !== undefined
}

function lacksScope(scope: string): ProblemError {
  const challenge = formatBearerChallenge({ realm: operatorsRealmName, error: 'insufficient_scope', scope })
  return new ProblemError('insufficient-scope', { headers: { 'www-authenticate': challenge } })
}

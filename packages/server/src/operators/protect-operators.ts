// Protects the operators' realm, which controls everything else: only operators with every scope change it, and never so that no
// such operator is left.
import { adminScopes, type OperationName } from '@countersign/admin'
import type { Access } from '@countersign/guard'
import { formatBearerChallenge, formatScope } from '@countersign/protocol'
import { parseTexts } from '../store/damage.ts'
import { ProblemError } from '../errors.ts'
import type { Change } from '../change/apply-change.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'

interface Attempt {
  readonly params: Readonly<Record<string, unknown>>
  readonly body?: Readonly<Record<string, unknown>> | undefined
}

/** Called before every write operation. @throws ProblemError `insufficient-scope` or `conflict` */
export function protectOperators(name: OperationName, { params, body }: Attempt, { token, entitlement }: Access): void {
  if (params['realm'] !== operatorsRealmName) return
  if (!hasEveryScope(token.scopes)) throw lacksScopes()
  const { id, slug } = entitlement.document.organization
  const stops =
    name === 'organizations.suspend' ||
    name === 'organizations.delete' ||
    (name === 'organizations.update' && body?.['status'] === 'suspended')
  const stopsItsOwn = stops && (params['organization'] === id || params['organization'] === slug)
  const scopes = body?.['scopes'] as readonly string[] | undefined
  const ends =
    name === 'clients.delete' ||
    (name === 'clients.update' &&
      (body?.['enabled'] === false || body?.['serviceAccountEnabled'] === false || (scopes && !hasEveryScope(new Set(scopes)))))
  if (stopsItsOwn || (ends && params['client'] === token.clientId)) {
    throw new ProblemError('conflict', {
      detail: 'That would lock you out of the server.',
      remedy: 'Let another operator do it to this one; the organization of the operators stays.',
    })
  }
}

/**
 * Checked again in the transaction of a change to the operators: another node may have reduced this operator a moment ago, and
 * this node may not have that change yet; the operator must not restore its own scopes.
 * @throws ProblemError `insufficient-scope`
 */
export async function refuseReduced({ db }: Change, { token }: Access): Promise<void> {
  const row = await db
    .selectFrom('clients')
    .innerJoin('organizations', 'organizations.id', 'clients.organization_id')
    .select('scopes')
    .where('clients.realm', '=', operatorsRealmName)
    .where('client_id', '=', token.clientId)
    .where('enabled', '=', 1)
    .where('organizations.status', '=', 'active')
    .executeTakeFirst()
  if (!row || !hasEveryScope(new Set(parseTexts(row.scopes)))) throw lacksScopes()
}

function lacksScopes(): ProblemError {
  const challenge = formatBearerChallenge({ realm: operatorsRealmName, error: 'insufficient_scope', scope: formatScope(adminScopes) })
  return new ProblemError('insufficient-scope', {
    detail: 'Only an operator with every scope may change operators.',
    headers: { 'www-authenticate': challenge },
  })
}

/**
 * An operator whose last secret ends within this time does not count: it is the time left to create another one. Milliseconds.
 */
const timeToActMs = 3_600_000

/**
 * Checked after a change to the operators, in its transaction: two operators may do to each other concurrently what each alone is
 * allowed to do.
 * @throws ProblemError `conflict` if no operator is left with every scope and a secret that lasts long enough to create a
 * successor
 */
export async function refuseLockout({ db, now }: Change): Promise<void> {
  const able = await db
    .selectFrom('clients')
    .innerJoin('organizations', 'organizations.id', 'clients.organization_id')
    .innerJoin('client_secrets', 'client_secrets.client', 'clients.id')
    .select('scopes')
    .where('clients.realm', '=', operatorsRealmName)
    .where('enabled', '=', 1)
    .where('service_account_enabled', '=', 1)
    .where('organizations.status', '=', 'active')
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', now + timeToActMs)]))
    .execute()
  if (able.some(({ scopes }) => hasEveryScope(new Set(parseTexts(scopes))))) return
  throw new ProblemError('conflict', {
    detail: 'That would leave no operator who can do everything and whose secret is good for another hour.',
    remedy: 'Create another operator with every scope first.',
  })
}

function hasEveryScope(scopes: ReadonlySet<string>): boolean {
  return adminScopes.every((scope) => scopes.has(scope))
}

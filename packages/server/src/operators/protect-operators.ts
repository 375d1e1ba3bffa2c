// The realm of the operators decides who may do everything else, so it is changed only by those who may do everything
// already, and never so that nobody is left who can.
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

/** Asked before every operation that writes. @throws ProblemError `insufficient-scope` or `conflict` */
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
 * Asked again in the transaction of a change to the operators: another node may have reduced this one a moment ago, of which this
 * node has not heard, and it must not give itself back what was taken.
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

/** An operator whose last secret ends sooner is as good as gone: this is time to make another one. Milliseconds. */
const timeToActMs = 3_600_000

/**
 * Asked when a change to the operators was made, in its transaction: two operators may do to each other at once what each
 * alone may do.
 * @throws ProblemError `conflict` where nobody is left who can do everything, and for long enough to provide for a successor
 */
export async function refuseLockout({ db, now }: Change): Promise<void> {
  const able = await db
    .selectFrom('clients')
    .innerJoin('organizations', 'organizations.id', 'clients.organization_id')
    .innerJoin('credentials', 'credentials.client', 'clients.id')
    .select('scopes')
    .where('clients.realm', '=', operatorsRealmName)
    .where('credentials.kind', '=', 'client_secret')
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

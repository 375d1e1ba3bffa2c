// The realm of the operators decides who may do everything else, so it is changed only by its owners, with tokens that were not
// narrowed, and never so that no owner is left.
import type { OperationName } from '@countersign/admin'
import { formatBearerChallenge, formatScope } from '@countersign/protocol'
import { includesAll, isOwner, ownerScopes } from '../clients/owner-role.ts'
import type { Attempt, Authority, OperatorAccess } from './operator-authority.ts'
import { hasOwner } from './operators.ts'
import { ProblemError } from '../errors.ts'
import type { Change } from '../change/apply-change.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'

/** Called before every write operation. @throws ProblemError `insufficient-scope` or `conflict` */
export function protectOperators(name: OperationName, { params, body }: Attempt, { token, entitlement, operator }: OperatorAccess): void {
  if (params['realm'] !== operatorsRealmName) return
  if (!includesAll(token.scopes, ownerScopes)) throw lacksScopes()
  const { id, slug } = entitlement.organization.rights
  const stops =
    name === 'organizations.suspend' ||
    name === 'organizations.delete' ||
    (name === 'organizations.update' && body?.['status'] === 'suspended')
  const stopsItsOwn = stops && (params['organization'] === id || params['organization'] === slug)
  const scopes = body?.['scopes'] as readonly string[] | undefined
  const ends =
    name === 'clients.delete' ||
    (name === 'clients.update' &&
      (body?.['enabled'] === false ||
        body?.['serviceAccountEnabled'] === false ||
        (scopes && !includesAll(scopes, ownerScopes)) ||
        body?.['operatorRealms']))
  if (stopsItsOwn || (ends && !operator.person && params['client'] === token.clientId)) throw locksOut()
}

function locksOut(): ProblemError {
  return new ProblemError('conflict', {
    detail: 'That would lock you out of the server.',
    remedy: 'Let another operator do it to this one; the organization of the operators stays.',
  })
}

/**
 * Checked again in the transaction of a change to the operators, whether this operator is an owner: another node may have reduced it a
 * moment ago, and this node may not have that change yet; the operator must not restore its own scopes.
 * @throws ProblemError `insufficient-scope`
 */
export function refuseReduced({ isOwner: owns }: Authority): void {
  if (!owns) throw lacksScopes()
}

function lacksScopes(): ProblemError {
  const challenge = formatBearerChallenge({ realm: operatorsRealmName, error: 'insufficient_scope', scope: formatScope(ownerScopes) })
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
 * Its own secret may be among those that a forced step ends, as long as the use of it is not written on another node.
 * @throws ProblemError `conflict`
 */
export function refuseOwnEnd(ended: unknown, { operator }: OperatorAccess): void {
  if (operator.person) return
  const all = (ended ?? []) as readonly { readonly realm: string; readonly client: string }[]
  if (!all.some(({ realm, client }) => realm === operator.realm && client === operator.clientId)) return
  throw new ProblemError('conflict', {
    detail: 'That would end your own secret.',
    remedy: 'It moves to the current version within a few seconds of its use: repeat the command then.',
  })
}

/** @throws ProblemError `conflict` if no owner is left whose secret lasts long enough to create a successor */
export async function refuseWithoutOwner({ db, now }: Pick<Change, 'db' | 'now'>): Promise<void> {
  if (await hasOwner(db, now + timeToActMs)) return
  throw new ProblemError('conflict', {
    detail: 'That would leave no operator who can do everything and whose secret is good for another hour.',
    remedy: 'Create another operator with every scope first.',
  })
}

/**
 * Checked after a change to the operators, in its transaction: two operators may do to each other concurrently what each alone is
 * allowed to do.
 * @throws ProblemError `conflict` if no owner is left whose secret lasts long enough to create a successor, or if the operator gave
 * up its own role
 */
export async function refuseLockout(change: Change, { token, operator }: OperatorAccess): Promise<void> {
  await refuseWithoutOwner(change)
  if (operator.person) return // Its role is not in the store.
  const { db } = change
  const itself = await db
    .selectFrom('clients')
    .select(['role', 'scopes', 'operator_realms'])
    .where('realm', '=', operatorsRealmName)
    .where('client_id', '=', token.clientId)
    .executeTakeFirst()
  if (itself && !isOwner(itself)) throw locksOut()
}

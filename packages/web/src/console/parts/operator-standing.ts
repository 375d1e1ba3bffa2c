// What an operator may do and where, in words, and why a step would lock the reader or all owners out.
import type { OperationOutput } from '@countersign/admin'
import { session } from '../../shared/session.ts'

export type Operator = OperationOutput<'operators.list'>['items'][number]

/** @param all every scope that there is */
export function describeRights({ scopes, owner }: Pick<Operator, 'scopes' | 'owner'>, all: readonly string[]): string {
  if (owner) return 'everything, and changes operators'
  if (scopes.length === 0) return 'nothing'
  if (all.every((scope) => scopes.includes(scope))) return 'everything but change operators'
  const writes = scopes.filter((scope) => scope.endsWith(':write'))
  return writes.length === 0 ? 'only looks' : 'looks and changes'
}

export function describePlaces({ realms }: Pick<Operator, 'realms'>): string {
  if (realms === null) return 'all realms'
  return realms.length === 0 ? 'no realm' : realms.join(', ')
}

export interface Reader {
  readonly realm: string
  readonly clientId: string
  readonly owner: boolean
}

/** Why a right cannot be taken from this operator by this reader; undefined if it can. */
export function whyNotLess(
  { realm, clientId, owner, enabled }: Operator,
  reader: Reader,
  operators: readonly Operator[],
): string | undefined {
  if (!reader.owner) return 'Only an owner may change operators.'
  if (realm === reader.realm && clientId === reader.clientId) return 'It would lock you out: another owner can do it.'
  const owners = operators.filter((one) => one.owner && one.enabled)
  if (owner && enabled && owners.length === 1) return 'It is the last owner: make another one first.'
  return undefined
}

export function whyNotMore(reader: Reader): string | undefined {
  return reader.owner ? undefined : 'Only an owner may change operators.'
}

/** Why the reader may not change this client; undefined if it is no operator of its realm. */
export function whyNotClient({ operatorScopes = [] }: Pick<OperationOutput<'clients.get'>, 'operatorScopes'>): string | undefined {
  return operatorScopes.length === 0 || session.value?.owner ? undefined : 'It is an operator of this realm: only an owner may change it.'
}

/** What the reader should know of the owners; undefined where all is well. */
export function warnOfOwners(operators: readonly Operator[]): string | undefined {
  const owners = operators.filter(({ owner, enabled }) => owner && enabled)
  if (owners.length === 1)
    return 'Only one operator is an owner. If its secret is lost, no page and no API makes another one: only a command on the machine of the server does. Make a second owner.'
  return undefined
}

// What an owner sets of the authority of a client over the admin API: the realms that an operator is limited to, and the admin scopes of a
// client in its own realm.
import type { CheckedInput } from '@countersign/admin'
import { ProblemError } from '../errors.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import type { Realm } from '../realms/realm.ts'

type OperatorSettings = Pick<CheckedInput<'clients.update'>['body'], 'operatorRealms' | 'operatorScopes'>

/** The members that are set, for an audit event. */
export function operatorSettings({ operatorRealms, operatorScopes }: OperatorSettings): OperatorSettings {
  return { ...(operatorRealms !== undefined && { operatorRealms }), ...(operatorScopes !== undefined && { operatorScopes }) }
}

/** The columns that are set; a column that is undefined stays as it is. */
export function operatorColumns({ operatorRealms, operatorScopes }: OperatorSettings) {
  return {
    operator_realms: operatorRealms && JSON.stringify([...new Set(operatorRealms)]),
    operator_scopes: operatorScopes && (operatorScopes.length === 0 ? null : JSON.stringify([...new Set(operatorScopes)])),
  }
}

/** @throws ProblemError `invalid-request` */
export function checkOperatorSettings(
  realms: ReadonlyMap<string, Realm>,
  { name }: Pick<Realm, 'name'>,
  { operatorRealms, operatorScopes }: OperatorSettings,
): void {
  if (name === operatorsRealmName && operatorScopes !== undefined)
    throw refused('operatorScopes', 'expected none: what a client of the realm "operators" may do is in its "scopes"')
  if (name !== operatorsRealmName && operatorRealms !== undefined)
    throw refused(
      'operatorRealms',
      'expected none: limits are for clients of the realm "operators"; a client of another realm acts in that one only, by its "operatorScopes"',
    )
  const limits = [...realms.keys()].filter((realm) => realm !== operatorsRealmName)
  if (operatorRealms?.some((realm) => !limits.includes(realm)))
    throw refused('operatorRealms', `expected realms among ${limits.join(', ')}; only an owner, which is not limited, changes operators`)
}

function refused(member: string, detail: string): ProblemError {
  return new ProblemError('invalid-request', { detail: `/${member}: ${detail}`, errors: [{ pointer: `/${member}`, detail }] })
}

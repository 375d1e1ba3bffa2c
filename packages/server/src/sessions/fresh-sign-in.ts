// Which steps need a fresh sign-in, so that an unattended browser is not enough for them. Taking rights away is never among them: revoking,
// disabling, suspending and cutting must be possible at once.
import type { OperationName } from '@countersign/admin'
import { ProblemError } from '../errors.ts'
import type { Attempt } from '../operators/operator-authority.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import { freshUntil, type SessionAccess, type SessionLimits } from './session-standing.ts'

/** @throws ProblemError `sign-in-again` */
export function requireFreshSignIn(
  name: OperationName,
  attempt: Attempt,
  { session }: SessionAccess,
  limits: SessionLimits,
  now: number,
): void {
  if (needsFreshSignIn(name, attempt) && now >= freshUntil(session, limits)) throw new ProblemError('sign-in-again')
}

/** What shows a secret, gives a client a further credential, or lets a person in. */
const givers: ReadonlySet<OperationName> = new Set([
  'clients.create',
  'accessRequests.makeClient',
  'rotation.start',
  'keys.add',
  'keys.setUri',
  'invitations.create',
  'identityProviders.set',
])

export function needsFreshSignIn(name: OperationName, { params, body, bringsSigningKey }: Attempt): boolean {
  const isOfOperators = params['realm'] === operatorsRealmName
  const makesOperator =
    body?.['operatorScopes'] !== undefined ||
    body?.['operatorRealms'] !== undefined ||
    (isOfOperators && (body?.['scopes'] !== undefined || letsActAgain(name, body)))
  // Whether it is more than before is not known here.
  const mayRaiseRole = name === 'people.setRole' && body?.['role'] !== 'viewer'
  const gives = givers.has(name) || mayRaiseRole || makesOperator || bringsSigningKey === true
  return name.endsWith('.delete') || body?.['force'] === true || gives
}

/** The rights of an operator were taken away: an unattended browser must not be enough to give them back. */
function letsActAgain(name: OperationName, body: Attempt['body']): boolean {
  const { enabled, serviceAccountEnabled, status } = body ?? {}
  return name === 'organizations.resume' || enabled === true || serviceAccountEnabled === true || status === 'active'
}

// The realm of the operators decides who may do everything else, so it is changed only by those who may do everything
// already, and never so that nobody is left who can.
import { adminScopes, type OperationName } from '@countersign/admin'
import type { VerifiedToken } from '@countersign/guard'
import { formatBearerChallenge, formatScope } from '@countersign/protocol'
import { ProblemError } from '../refusals.ts'
import { operatorsRealmName } from './operators.ts'

interface Attempt {
  readonly params: Readonly<Record<string, unknown>>
  readonly body?: Readonly<Record<string, unknown>> | undefined
}

/** Asked before every operation that writes. @throws ProblemError `insufficient-scope` or `conflict` */
export function protectOperators(name: OperationName, { params, body }: Attempt, { scopes, clientId }: VerifiedToken): void {
  if (params['realm'] !== operatorsRealmName) return
  if (!adminScopes.every((scope) => scopes.has(scope))) {
    const challenge = formatBearerChallenge({ realm: operatorsRealmName, error: 'insufficient_scope', scope: formatScope(adminScopes) })
    throw new ProblemError('insufficient-scope', {
      detail: 'Only an operator with every scope may change operators.',
      headers: { 'www-authenticate': challenge },
    })
  }
  const suspendsAll = name === 'organizations.update' && body?.['status'] === 'suspended'
  const endsItself =
    name === 'clients.update' && params['client'] === clientId && (body?.['enabled'] === false || body?.['serviceAccountEnabled'] === false)
  if (suspendsAll || endsItself) {
    throw new ProblemError('conflict', {
      detail: 'That would lock you out of the server.',
      remedy: 'Let another operator do it to this one; the organization of the operators stays.',
    })
  }
}

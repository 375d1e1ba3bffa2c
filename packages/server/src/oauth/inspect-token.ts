// Reads the token of an introspection request (RFC 7662 §2.1) or a revocation request (RFC 7009 §2.1).
import type { Guard, TokenVerdict } from '@countersign/guard'
import type { OAuthForm } from '../api/form.ts'
import type { ClientRecord } from '../cache/records.ts'
import type { Clock } from '../clock.ts'
import { OAuthError } from '../errors.ts'
import { badTokens, createVerificationBudget } from '../throttle/verification-budget.ts'

/**
 * Verifies the `token` parameter for an authenticated client.
 * @throws OAuthError `malformed-token-request` if it is missing; `token-service-unavailable` if it cannot be verified now;
 *   `too-many-token-requests` for a token that is not known to be good, once the client has sent too many bad ones
 */
export type InspectToken = (client: Pick<ClientRecord, 'clientId'>, form: OAuthForm) => Promise<TokenVerdict>

/** One for both endpoints of a realm: they share the budget of a client. */
export function createTokenInspector(guard: Guard, clock: Clock): InspectToken {
  const budget = createVerificationBudget(refuse)
  return async ({ clientId }, { token }) => {
    if (token === undefined) {
      throw new OAuthError('malformed-token-request', { description: 'The parameter token is missing. Send the token in the body.' })
    }
    const caller = { realm: guard.realm, clientId }
    if (isVerified(token)) budget.check(caller, token, clock())
    const verdict = await guard.verifyToken(token)
    if (!verdict.valid && verdict.denial.code === 'temporarily-unavailable') {
      throw new OAuthError('token-service-unavailable', { cause: verdict.denial.cause })
    }
    if (isVerified(token)) budget.settle(caller, token, verdict.valid, clock())
    return verdict
  }
}

/** What has not the three parts of a JWS is refused without a signature to verify. */
function isVerified(token: string): boolean {
  return token.split('.', 4).length === 3
}

function refuse(waitMs: number): never {
  throw new OAuthError('too-many-token-requests', {
    reason: 'bad-token-rate-exceeded',
    retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)),
    description: `The client has sent more than ${badTokens.perSecond} ${badTokens.what} a second. Find out where they come from.`,
  })
}

// Whether a guard accepts the tokens of its realm, tried with its own: they have the issuer, keys, profile and audience of the tokens that
// callers send. With another "tokenProfile" or "audience" every call would be 401, as if all callers had the wrong realm.
import { readClaimedIssuer } from './claimed-issuer.ts'
import { InvalidTokenError } from './invalid-token.ts'
import { RemoteGuardError } from './remote-guard-error.ts'
import { createTokenVerifier, type TokenRules } from './verify-token.ts'

/**
 * Checks a token that the realm has just issued. Does not check whether it is revoked.
 * @throws RemoteGuardError with the fault `tokens`; the error of the keys
 */
export async function checkOwnToken(rules: TokenRules, token: string): Promise<void> {
  if (typeof readClaimedIssuer(token) !== 'string') return // No JWT: it tells nothing about those of callers.
  try {
    await createTokenVerifier({ ...rules, rememberedTokens: 2 })(token)
  } catch (error) {
    throw error instanceof InvalidTokenError ? new RemoteGuardError('tokens', error.message, { cause: error, code: error.code }) : error
  }
}

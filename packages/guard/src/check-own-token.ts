// Whether a guard accepts the tokens of its realm, tried with its own: they have the issuer, keys and profile of the tokens that callers
// send. With another "tokenProfile" every call would be 401, as if all callers had the wrong realm.
import { readClaimedIssuer } from './claimed-issuer.ts'
import { InvalidTokenError } from './invalid-token.ts'
import { RemoteGuardError } from './remote-guard-error.ts'
import { createTokenVerifier, type TokenRules } from './verify-token.ts'

export interface OwnTokenCheck {
  readonly rules: TokenRules
  /** Milliseconds since the epoch. */
  readonly clock: () => number
  /**
   * Whether the server has said that tokens of the realm can have the audience of this API. Then the own token may have another one, or
   * none: a realm has several APIs. A server that does not say has one audience for all tokens.
   */
  readonly isAudienceKnown: boolean
}

/**
 * Checks a token that the realm has just issued. Does not check whether it is revoked.
 * @throws RemoteGuardError with the fault `tokens`; the error of the keys
 */
export async function checkOwnToken({ rules, clock, isAudienceKnown }: OwnTokenCheck, token: string): Promise<void> {
  if (typeof readClaimedIssuer(token) !== 'string') return // No JWT: it tells nothing about those of callers.
  const ownRules = isAudienceKnown ? { ...rules, audiences: undefined } : rules
  try {
    await createTokenVerifier({ issuers: [ownRules], clock, rememberedTokens: 2 })(token)
  } catch (error) {
    if (!(error instanceof InvalidTokenError)) throw error
    throw new RemoteGuardError('tokens', error.message, { cause: error, code: error.code, issuer: rules.issuer })
  }
}

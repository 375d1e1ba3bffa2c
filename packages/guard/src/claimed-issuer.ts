// The issuer that a token claims, unverified: it may only choose the guard that verifies the token.
import { deny, type UnexplainedDenial } from './access.ts'
import { readIssuer } from './claims.ts'
import { InvalidTokenError } from './invalid-token.ts'
import { createJwsParser, maxTokenLength } from './jws.ts'

const parseJws = createJwsParser()

/** Returns the `iss` of a token, or the denial that a guard returns for a token without a readable one. Checks nothing else. */
export function readClaimedIssuer(token: string): string | UnexplainedDenial {
  try {
    if (token.length > maxTokenLength) throw new InvalidTokenError('altered', 'The access token is too long.')
    return readIssuer(parseJws(token).payload)
  } catch (error) {
    if (error instanceof InvalidTokenError) return deny(error.code, { detail: error.message, remedy: error.remedy })
    throw error
  }
}

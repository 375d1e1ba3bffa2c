// Errors of token verification: rows 3 to 5 of the table in ARCHITECTURE.md, each with the remedy of its cause in the catalogue.
import { problems } from '@countersign/protocol'

const [wrongRealm, altered, revoked, ahead, wrongAlgorithm, wrongAudience] = problems['invalid-token'].causes
const [expired] = problems['expired-token'].causes

const kinds = {
  'wrong-realm': { code: 'invalid-token', remedy: wrongRealm.remedy },
  'wrong-audience': { code: 'invalid-token', remedy: wrongAudience.remedy },
  altered: { code: 'invalid-token', remedy: altered.remedy },
  ahead: { code: 'invalid-token', remedy: ahead.remedy },
  'wrong-algorithm': { code: 'invalid-token', remedy: wrongAlgorithm.remedy },
  revoked: { code: 'invalid-token', remedy: revoked.remedy },
  expired: { code: 'expired-token', remedy: expired.remedy },
} as const

/** Thrown for a token that must not be accepted. The message is sent to the caller, so it never repeats anything from the token. */
export class InvalidTokenError extends Error {
  override name = 'InvalidTokenError'
  readonly code: 'invalid-token' | 'expired-token'
  readonly remedy: string

  constructor(kind: keyof typeof kinds, message: string) {
    super(message)
    this.code = kinds[kind].code
    this.remedy = kinds[kind].remedy
  }
}

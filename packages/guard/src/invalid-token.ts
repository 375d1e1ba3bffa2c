// Errors of token verification: rows 3 to 5 of the table in ARCHITECTURE.md, each with the remedy of its cause in the catalogue.
import { problems, type DecisionCheck } from '@countersign/protocol'

const [wrongRealm, altered, revoked, ahead, wrongAlgorithm, wrongAudience] = problems['invalid-token'].causes
const [expired] = problems['expired-token'].causes

const kinds = {
  'wrong-realm': { code: 'invalid-token', remedy: wrongRealm.remedy, check: 'token', saw: 'issued by another realm' },
  'wrong-audience': { code: 'invalid-token', remedy: wrongAudience.remedy, check: 'token', saw: 'wrong audience: it is for another API' },
  altered: { code: 'invalid-token', remedy: altered.remedy, check: 'token', saw: undefined },
  ahead: { code: 'invalid-token', remedy: ahead.remedy, check: 'token', saw: 'not valid yet by the clock of the guard' },
  'wrong-algorithm': { code: 'invalid-token', remedy: wrongAlgorithm.remedy, check: 'token', saw: undefined },
  revoked: { code: 'invalid-token', remedy: revoked.remedy, check: 'standing', saw: 'revoked' },
  expired: { code: 'expired-token', remedy: expired.remedy, check: 'expiry', saw: 'expired' },
} as const satisfies Record<string, { check: DecisionCheck; saw: string | undefined; [member: string]: unknown }>

/** What is known of a token that is genuine, and refused all the same. */
export interface GenuineToken {
  readonly clientId: string
  readonly organizationId: string | undefined
  readonly tokenId: string
  readonly keyId: string
}

interface Refused {
  /** In the words of an operator, in place of the message. */
  readonly saw?: string
  /** If everything before the check has passed. */
  readonly token?: GenuineToken
}

/** Thrown for a token that must not be accepted. The message is sent to the caller, so it never repeats anything from the token. */
export class InvalidTokenError extends Error {
  override name = 'InvalidTokenError'
  readonly code: 'invalid-token' | 'expired-token'
  readonly remedy: string
  /** Which check of the decision failed. */
  readonly check: DecisionCheck
  /** What it saw, for operators; as the message, nothing that a caller chose. */
  readonly saw: string
  readonly token: GenuineToken | undefined

  constructor(kind: keyof typeof kinds, message: string, { saw, token }: Refused = {}) {
    super(message)
    const found = kinds[kind]
    this.code = found.code
    this.remedy = found.remedy
    this.check = found.check
    this.saw = saw ?? found.saw ?? message
    this.token = token
  }
}

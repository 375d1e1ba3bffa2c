// Why a sign-in at the identity provider did not succeed: one of a few words, which the sign-in page explains. What the identity provider
// said, or what was wrong with it, is for the log and the audit log.
import type { SignInErrorCode } from '@countersign/admin'
import type { Identity } from './read-identity.ts'

interface RefusalContext extends ErrorOptions {
  /** Who has proven to be that, and may not sign in all the same. */
  readonly identity?: Pick<Identity, 'issuer' | 'subject' | 'name'>
}

export class SignInRefusal extends Error {
  override name = 'SignInRefusal'
  readonly code: SignInErrorCode
  /** For the audit log: one of a fixed list, without anything that came from outside. */
  readonly reason: string
  readonly identity: RefusalContext['identity']

  constructor(code: SignInErrorCode, reason: string = code, { identity, ...options }: RefusalContext = {}) {
    super(`The sign-in at the identity provider was refused: ${reason}`, options)
    this.code = code
    this.reason = reason
    this.identity = identity
  }
}

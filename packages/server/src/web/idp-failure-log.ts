// The log lines about failures at the identity provider. Any outsider can begin a sign-in, so their number is bounded; the audit log counts all.
import type { FastifyRequest } from 'fastify'
import type { Clock } from '../clock.ts'
import { describeCause } from '../idp/explain-failure.ts'
import type { SignInRefusal } from '../idp/sign-in-refusal.ts'
import { createBucket } from '../throttle/bucket.ts'

/** A minute. More are there for who debugs. */
const maxLines = 60

export type LogIdpFailure = (request: FastifyRequest, refusal: SignInRefusal, message: string) => void

export function createIdpFailureLog(clock: Clock): LogIdpFailure {
  const lines = createBucket(maxLines / 60, maxLines)
  return (request, refusal, message) => {
    const level = lines.take(clock()) ? 'warn' : 'debug'
    request.log[level]({ ...describeCause(refusal), signIn: refusal.reason }, message)
  }
}

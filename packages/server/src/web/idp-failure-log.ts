// The log lines about failures at identity providers. Any outsider can begin a sign-in, so their number is bounded: for each organization, so that
// one that fails again and again hides no other, and for all of them. Answers that a stranger made up are counted apart from those of an identity
// provider that is away. The audit log counts all.
import type { FastifyRequest } from 'fastify'
import { BoundedMap } from '../cache/bounded-map.ts'
import type { Clock } from '../clock.ts'
import { describeCause } from '../idp/explain-failure.ts'
import type { SignInRefusal } from '../idp/sign-in-refusal.ts'
import { createBucket, type Bucket } from '../throttle/bucket.ts'
import type { IdpParty } from './idp-party.ts'

/** A minute. More are there for who debugs. */
const maxLines = { ofOne: 20, ofAll: 300 }
const maxCounted = 1000

/** @param party undefined if it is not known which one it would have been */
export type LogIdpFailure = (
  request: Pick<FastifyRequest, 'log'>,
  refusal: SignInRefusal,
  message: string,
  party: Pick<IdpParty, 'organizationId'> | undefined,
) => void

export function createIdpFailureLog(clock: Clock): LogIdpFailure {
  const all = createBucket(maxLines.ofAll / 60, maxLines.ofAll)
  const counted = new BoundedMap<Bucket>(maxCounted)

  function countOf(key: string): Bucket {
    let bucket = counted.get(key)
    if (!bucket) counted.set(key, (bucket = createBucket(maxLines.ofOne / 60, maxLines.ofOne)))
    return bucket
  }

  return (request, refusal, message, party) => {
    const organizationId = party?.organizationId
    const now = clock()
    const level = countOf(keyOf(party, refusal)).take(now) && all.take(now) ? 'warn' : 'debug'
    const ofOrganization = organizationId === undefined ? {} : { organizationId }
    request.log[level]({ ...describeCause(refusal), signIn: refusal.reason, ...ofOrganization }, message)
  }
}

function keyOf(party: Parameters<LogIdpFailure>[3], { code, reason }: SignInRefusal): string {
  if (!party) return 'no party'
  const { organizationId } = party
  // A stranger can also have the token endpoint refuse what it sends. The operators' identity provider has no other one to hide.
  return organizationId === undefined ? `operators: ${reason}` : `${organizationId}: ${code}`
}

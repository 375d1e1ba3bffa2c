// How much one client or one person may ask of the portal, all sessions together, and all of an organization, whose own identity provider can name
// people without end. Each node counts separately.
import { BoundedMap } from '../cache/bounded-map.ts'
import { ProblemError } from '../errors.ts'
import { createBucket, type Bucket } from '../throttle/bucket.ts'

export interface AskerLimits {
  /** Of every request. @param asker the id of the client or the person @param organization the id of its organization @throws ProblemError `rate-limited` */
  countRequest(asker: string, organization: string, now: number): void
  /**
   * Of one that changes something: a change stays in the audit log for ever, and each waits for the lock of changes.
   * @param organization the id of that of the asker @throws ProblemError `rate-limited`
   */
  countChange(asker: string, organization: string, now: number): void
}

/** A page that opens asks for some ten things. */
const requests = { perSecond: 20, atOnce: 200 }
const requestsOfOrganization = { perSecond: 100, atOnce: 1000 }
/** A person presses a button every few seconds. */
const changes = { perSecond: 0.5, atOnce: 30 }
const changesOfOrganization = { perSecond: 5, atOnce: 300 }
const maxAskers = 10_000

export function createAskerLimits(): AskerLimits {
  const waitForRequest = createRate(requests)
  const waitForRequestOfAll = createRate(requestsOfOrganization)
  const waitForChange = createRate(changes)
  const waitForChangeOfAll = createRate(changesOfOrganization)
  return {
    countRequest(asker, organization, now) {
      refuseIfLater(waitForRequest(asker, now))
      refuseIfLater(waitForRequestOfAll(organization, now), tooManyRequests)
    },
    countChange(asker, organization, now) {
      refuseIfLater(waitForChange(asker, now), tooManyChanges)
      refuseIfLater(waitForChangeOfAll(organization, now), tooManyTogether)
    },
  }
}

const waitAndTry = 'Wait for the seconds in "Retry-After", then try again.'
const tooManyChanges = {
  detail: `There were more than ${changes.perSecond * 60} changes within a minute. Nothing was changed by this one.`,
  remedy: waitAndTry,
}
const tooManyRequests = {
  detail: `There were more than ${requestsOfOrganization.perSecond} requests a second by your organization.`,
  remedy: waitAndTry,
}
const tooManyTogether = {
  detail: `There were more than ${changesOfOrganization.perSecond} changes a second by your organization. Nothing was changed by this one.`,
  remedy: waitAndTry,
}

function refuseIfLater(seconds: number, words: Partial<typeof tooManyChanges> = {}): void {
  if (seconds > 0) throw new ProblemError('rate-limited', { ...words, headers: { 'retry-after': String(seconds) } })
}

/** Returns how long to wait, in seconds; 0 if it was counted. */
export function createRate({ perSecond, atOnce }: typeof requests): (key: string, now: number) => number {
  const buckets = new BoundedMap<Bucket>(maxAskers)
  return (key, now) => {
    let bucket = buckets.get(key)
    if (!bucket) buckets.set(key, (bucket = createBucket(perSecond, atOnce)))
    return bucket.take(now) ? 0 : Math.max(1, Math.ceil(bucket.wait(now) / 1000))
  }
}

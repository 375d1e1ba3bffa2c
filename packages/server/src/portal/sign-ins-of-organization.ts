// How often people of one organization sign in at its identity provider: it names people without end, and each sign-in is an event for ever, a session
// for hours, and waits for the lock of changes. Each person is counted before all of them, so that none uses up what the others need.
import { BoundedMap } from '../cache/bounded-map.ts'
import { createBucket, type Bucket } from '../throttle/bucket.ts'
import { createRate } from './asker-limits.ts'

export interface PersonToCount {
  /** The id. */
  readonly organization: string
  readonly subject: string
  /** A fresh sign-in of a person who is signed in. These have a number of their own: a step must not fail because many sign in. */
  readonly isConfirmation: boolean
}

/** More often than this only a program does it, or a person who clicks again and again. */
const ofOne = { perSecond: 0.2, atOnce: 10 }
const ofAll = { perSecond: 2, atOnce: 200 }
const maxOrganizations = 1000
/** A bucket is full again after 50 s, in which 300 of an organization can sign in and 300 confirm. */
const maxSubjects = 1000

/** Returns whether this one may, which was then counted. */
export function createSignInCount(): (person: PersonToCount, now: number) => boolean {
  /** Of each organization apart: the people of one must not push out those of another. */
  const organizations = new BoundedMap<BoundedMap<Bucket>>(maxOrganizations)
  const waitForSignIn = createRate(ofAll)
  const waitForConfirmation = createRate(ofAll)

  function subjectsOf(organization: string): BoundedMap<Bucket> {
    let subjects = organizations.get(organization)
    if (!subjects) organizations.set(organization, (subjects = new BoundedMap(maxSubjects)))
    return subjects
  }

  return ({ organization, subject, isConfirmation }, now) => {
    const subjects = subjectsOf(organization)
    const known = subjects.get(subject)
    const bucket = known ?? createBucket(ofOne.perSecond, ofOne.atOnce)
    if (!bucket.take(now)) return false
    if ((isConfirmation ? waitForConfirmation : waitForSignIn)(organization, now) > 0) return false
    // Only now: ever new people beyond the bound must not push out those who were counted.
    if (!known) subjects.set(subject, bucket)
    return true
  }
}

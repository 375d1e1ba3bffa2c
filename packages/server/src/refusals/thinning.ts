// Which refusals are kept. Under a flood a kind (realm, client or address, code, route) keeps its first of a minute, which is a sample, and
// the rest is counted. Refusals without a known client, or with one that was only named, have a budget of their own: strangers can send any
// number of them, and must not crowd out what clients themselves did. So has each API that asks for decisions, within the budget of all.
import { createBucket } from '../throttle/bucket.ts'
import { createClientBuckets } from '../throttle/client-buckets.ts'
import type { Refusal, RefusalDetail } from './refusal.ts'

export interface ThinningLimits {
  readonly perSecond: number
  readonly burst: number
  /** Kinds of a minute; all others are one kind. Each costs a string of a few hundred characters. */
  readonly kinds: number
}

const limitsOfClients: ThinningLimits = { perSecond: 500, burst: 20_000, kinds: 10_000 }
const limitsOfStrangers: ThinningLimits = { perSecond: 100, burst: 4000, kinds: 2000 }
const limitsOfAsking = { perSecond: 50, burst: 2000 }
const minute = 60_000

type Kind = Pick<Refusal, 'realm' | 'askedBy' | 'clientId' | 'address' | 'code' | 'route'> & {
  readonly detail?: Pick<RefusalDetail, 'isNamed'>
}

export interface Thinning {
  /** `sample` is kept longer than `kept`; `thinned` is only counted. */
  admit(refusal: Kind, now: number): 'sample' | 'kept' | 'thinned'
}

export function createThinning(ofClients = limitsOfClients, ofStrangers = limitsOfStrangers, ofAsking = limitsOfAsking): Thinning {
  const clients = createBudget(ofClients)
  const strangers = createBudget(ofStrangers)
  const asking = createClientBuckets(ofAsking.perSecond, ofAsking.burst)
  return {
    admit({ realm, askedBy, clientId, address, code, route, detail }, now) {
      const { isFirst, take } = clientId === undefined || detail?.isNamed === true ? strangers : clients
      const first = isFirst(JSON.stringify([realm, clientId ?? null, clientId === undefined ? address : null, code, route]), now)
      const isWithinOwn = askedBy === undefined || asking.of(realm, askedBy, now).take(now)
      if (isWithinOwn && take(now)) return first ? 'sample' : 'kept'
      return first ? 'sample' : 'thinned'
    },
  }
}

function createBudget({ perSecond, burst, kinds }: ThinningLimits) {
  const bucket = createBucket(perSecond, burst)
  const ofMinute = new Set<string>()
  let current = 0
  return {
    take: bucket.take,
    isFirst(kind: string, now: number): boolean {
      const started = Math.floor(now / minute)
      if (started !== current) ofMinute.clear()
      current = started
      const counted = ofMinute.size < kinds || ofMinute.has(kind) ? kind : 'other'
      if (ofMinute.has(counted)) return false
      ofMinute.add(counted)
      return true
    },
  }
}

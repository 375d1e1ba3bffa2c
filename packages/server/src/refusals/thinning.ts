// Which refusals are kept. Under a flood a kind (realm, client or address, code, route) keeps its first of a minute, which is a sample, and
// the rest is counted. Refusals without a known client have a budget of their own: strangers can send any number of them, and must not
// crowd out what concerns clients.
import type { Refusal } from './refusal.ts'

export interface ThinningLimits {
  readonly perSecond: number
  readonly burst: number
  /** Kinds of a minute; all others are one kind. Each costs a string of a few hundred characters. */
  readonly kinds: number
}

const limitsOfClients: ThinningLimits = { perSecond: 500, burst: 20_000, kinds: 10_000 }
const limitsOfStrangers: ThinningLimits = { perSecond: 100, burst: 4000, kinds: 2000 }
const minute = 60_000

type Kind = Pick<Refusal, 'realm' | 'clientId' | 'address' | 'code' | 'route'>

export interface Thinning {
  /** `sample` is kept longer than `kept`; `thinned` is only counted. */
  admit(refusal: Kind, now: number): 'sample' | 'kept' | 'thinned'
}

export function createThinning(ofClients = limitsOfClients, ofStrangers = limitsOfStrangers): Thinning {
  const clients = createBudget(ofClients)
  const strangers = createBudget(ofStrangers)
  return {
    admit({ realm, clientId, address, code, route }, now) {
      const { isFirst, take } = clientId === undefined ? strangers : clients
      const first = isFirst(JSON.stringify([realm, clientId ?? null, clientId === undefined ? address : null, code, route]), now)
      if (take(now)) return first ? 'sample' : 'kept'
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

export interface Bucket {
  take(now: number): boolean
  /** Milliseconds until the next one. */
  wait(now: number): number
  isFull(now: number): boolean
}

/** Starts full. A clock that is set back only stops refilling it until it has caught up. */
export function createBucket(perSecond: number, burst: number): Bucket {
  let left = burst
  let filledAt = 0
  const fill = (now: number) => {
    if (now <= filledAt) return
    left = Math.min(burst, left + ((now - filledAt) / 1000) * perSecond)
    filledAt = now
  }
  return {
    take(now) {
      fill(now)
      if (left < 1) return false
      left -= 1
      return true
    },
    wait(now) {
      fill(now)
      return left >= 1 ? 0 : ((1 - left) / perSecond) * 1000
    },
    isFull(now) {
      fill(now)
      return left >= burst
    },
  }
}

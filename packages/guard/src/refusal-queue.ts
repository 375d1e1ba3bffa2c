// The refusals that wait to be reported, bounded whatever callers send. Up to a rate each is kept; above it each kind of refusal keeps its
// first and one a minute. What is not kept is counted.
import type { ProblemCode, RefusalReport } from '@countersign/protocol'
import type { GuardDecision } from './guard-decision.ts'

export interface RefusalLimits {
  readonly queued: number
  readonly perSecond: number
  readonly burst: number
  /** How many kinds are told apart; all others are one kind. */
  readonly kinds: number
}

export const refusalLimits: RefusalLimits = { queued: 2000, perSecond: 100, burst: 3000, kinds: 10_000 }

export interface RefusalQueue {
  add(decision: GuardDecision): void
  /** The oldest samples, then the oldest others. */
  take(most: number): RefusalReport[]
  /** What did not fit into a report; it goes first next time. */
  putBack(refusals: readonly RefusalReport[]): void
  readonly size: number
  /** How many were not kept since the last call. */
  takeLost(): number
}

interface Queued {
  readonly refusal: RefusalReport
  /** Its kind, if it is the one that was kept of it. */
  readonly sampleOf: string | undefined
}

const sampleMs = 60_000
/** Between two searches for kinds that are over, which look at all of them. */
const sweepMs = 1000
const otherKinds = 'other'

/** @param clock milliseconds; never goes back */
export function createRefusalQueue(clock: () => number, limits: RefusalLimits = refusalLimits): RefusalQueue {
  const { queued, perSecond, burst, kinds } = limits
  const keptAt = new Map<string, number>()
  let samples: Queued[] = []
  let others: Queued[] = []
  let lost = 0
  let credit = burst
  let creditAt = clock()
  let sweptAt = -Infinity

  /** Whether the rate is not exceeded. */
  function takeCredit(now: number): boolean {
    credit = Math.min(burst, credit + ((now - creditAt) / 1000) * perSecond)
    creditAt = now
    if (credit < 1) return false
    credit--
    return true
  }

  /** The kind, if none of it was kept for a minute. */
  function dueKind(decision: GuardDecision, now: number): string | undefined {
    const kind = nameOf(kindOf(decision), now)
    const last = keptAt.get(kind)
    if (last !== undefined && now - last < sampleMs) return undefined
    keptAt.set(kind, now)
    return kind
  }

  function nameOf(kind: string, now: number): string {
    if (keptAt.has(kind) || keptAt.size < kinds) return kind
    if (now - sweptAt >= sweepMs) {
      sweptAt = now
      for (const [each, at] of keptAt) if (now - at >= sampleMs) keptAt.delete(each)
    }
    return keptAt.size < kinds ? kind : otherKinds
  }

  /** Samples stay longest, and a kind whose sample is lost gets another. */
  function dropOldest(): void {
    lost++
    const dropped = others.shift() ?? samples.shift()
    if (dropped?.sampleOf !== undefined) keptAt.delete(dropped.sampleOf)
  }

  return {
    add(decision) {
      const { outcome: code } = decision
      if (code === 'allowed') return
      const now = clock()
      const sampleOf = dueKind(decision, now)
      const isKept = takeCredit(now) || sampleOf !== undefined
      if (!isKept) return void lost++
      if (samples.length + others.length >= queued) dropOldest()
      const list = sampleOf === undefined ? others : samples
      list.push({ refusal: toRefusal(decision, code), sampleOf })
    },
    take(most) {
      const taken = samples.slice(0, most)
      samples = samples.slice(taken.length)
      const rest = others.slice(0, most - taken.length)
      others = others.slice(rest.length)
      return [...taken, ...rest].map(({ refusal }) => refusal)
    },
    putBack(refusals) {
      samples = [...refusals.map((refusal) => ({ refusal, sampleOf: undefined })), ...samples]
    },
    get size() {
      return samples.length + others.length
    },
    takeLost() {
      const taken = lost
      lost = 0
      return taken
    },
  }
}

function kindOf({ clientId, address, outcome, method, route }: GuardDecision): string {
  return JSON.stringify([clientId ?? address, outcome, method, route])
}

/** Longer ones are not of our server. */
const maxIdLength = 255

function toRefusal(decision: GuardDecision, code: ProblemCode): RefusalReport {
  const { requestId, at, method, route, address, apiRequestId, callerRequestId, revision, reportOnly, checks, requires } = decision
  const { partnerId, requestorId } = decision
  const [clientId, tokenId] = [bounded(decision.clientId), bounded(decision.tokenId)]
  const ids = { requestId, clientId, tokenId, apiRequestId, callerRequestId, partnerId, requestorId }
  return { ...ids, at, code, method, route, address, revision, reportOnly, checks, requires }
}

function bounded(id: string | null): string | null {
  return id !== null && id.length <= maxIdLength ? id : null
}

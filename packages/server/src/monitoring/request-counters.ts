// Counts requests by kind of endpoint and status class, and their durations, in plain numbers: counting a request costs a few
// additions and allocates nothing. Text is produced only at a scrape.
import { endpointKinds, type EndpointKind } from '../http/endpoints.ts'

/** Responses by status class; `none` for a connection that ended without one. */
export const statusClasses = ['none', '1xx', '2xx', '3xx', '4xx', '5xx'] as const

/** Upper bounds in seconds. */
const bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]

interface Counters {
  readonly byStatus: Float64Array
  /** One element more than `bounds`: the last counts durations above all bounds. */
  readonly byDuration: Float64Array
  seconds: number
}

export interface RequestCounters {
  /** Returns the function that counts requests of one kind; status 0 and no duration for a request without a response. */
  counterOf(kind: EndpointKind): (status: number, milliseconds: number | undefined) => void
  counts(): { readonly endpoint: EndpointKind; readonly status: string; readonly count: number }[]
  durations(): { readonly endpoint: EndpointKind; readonly buckets: readonly Bucket[]; readonly seconds: number }[]
}

interface Bucket {
  readonly bound: string
  /** Requests that took no longer than the bound. */
  readonly count: number
}

export function createRequestCounters(): RequestCounters {
  const countersOf = new Map<EndpointKind, Counters>(
    endpointKinds.map((kind) => [
      kind,
      { byStatus: new Float64Array(statusClasses.length), byDuration: new Float64Array(bounds.length + 1), seconds: 0 },
    ]),
  )

  return {
    counterOf(kind) {
      const counters = countersOf.get(kind)
      if (!counters) throw new TypeError(`There is no kind of endpoint "${kind}"`)
      const { byStatus, byDuration } = counters
      return (status, milliseconds) => {
        byStatus[Math.floor(status / 100)]! += 1
        if (milliseconds === undefined) return
        const seconds = milliseconds / 1000
        let bucket = 0
        while (bucket < bounds.length && seconds > bounds[bucket]!) bucket++
        byDuration[bucket]! += 1
        counters.seconds += seconds
      }
    },
    counts: () =>
      [...countersOf].flatMap(([endpoint, { byStatus }]) =>
        [...byStatus].map((count, i) => ({ endpoint, status: statusClasses[i]!, count })),
      ),
    durations: () =>
      [...countersOf].map(([endpoint, { byDuration, seconds }]) => {
        let count = 0
        const buckets = [...byDuration].map((inBucket, i) => ({ bound: String(bounds[i] ?? '+Inf'), count: (count += inBucket) }))
        return { endpoint, buckets, seconds }
      }),
  }
}

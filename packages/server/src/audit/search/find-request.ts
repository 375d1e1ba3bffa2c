// The events of one request, by the server's id of it: a short range of the primary key, because ids begin with the instant. Most events
// follow their request within a few milliseconds, so the range is read in growing steps.
import { idFrom } from '../../node-ids.ts'
import { successes } from '../../store/migration-021.ts'
import type { Condition } from './audit-filter.ts'
import { boundsOfIndex, merge, walk, type FoundEvents, type Walk } from './walk.ts'

/**
 * The last is the longest time between a request and the stamp of its event: 15 s to receive the request, 15 s until a response that is not
 * read is given up (http/http-server.ts), plus the statements of a change, each of which waits at most 5 s for the database, and 2 ms for a
 * batch. The id of an event is never before that of its request, even if the clock is set back in between (audit-chain.ts). Milliseconds.
 */
const stepsEndAfterMs = [100, 1000, 10_000, 60_000]
const maxRequestMs = stepsEndAfterMs.at(-1)!

/** A server writes a few thousand events a second. */
const shortMs = 1000

interface RequestSearch {
  readonly requestedAt: number
  readonly isFirstPage: boolean
  readonly conditions: readonly Condition[]
}

export async function findRequest(search: Walk, { requestedAt, isFirstPage, conditions }: RequestSearch): Promise<FoundEvents> {
  const whole = within(search, requestedAt, requestedAt + maxRequestMs)
  if (!isFirstPage) return walk(whole, [], conditions)
  let from = requestedAt
  for (const endAfter of stepsEndAfterMs) {
    const to = requestedAt + endAfter
    const found = await walk({ ...within(search, from, to), isShort: endAfter <= shortMs }, [], conditions)
    if (found.next !== null) return walk(whole, [], conditions) // More than one search reads.
    if (found.rows.length > 0)
      return merge([found, await findLater(within(search, to, requestedAt + maxRequestMs), conditions)], search.limit)
    from = to
  }
  return { rows: [], next: null }
}

/** A request has one event of a client, but its changes can follow later, such as the first use of a secret. */
function findLater(rest: Walk, conditions: readonly Condition[]): Promise<FoundEvents> {
  return walk({ ...rest, bounds: boundsOfIndex(rest.bounds), isShort: true }, [successes], conditions)
}

function within(search: Walk, from: number, to: number): Walk {
  const [begin, end] = [idFrom(from), idFrom(to)]
  return { ...search, oldest: search.oldest > begin ? search.oldest : begin, newest: search.newest < end ? search.newest : end }
}

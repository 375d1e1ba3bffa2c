// Ids that sort by time: instant, node and number in hexadecimal digits. A node is one run of one server, so ids of several processes, or
// from before and after a restart, never collide.
import { randomBytes } from 'node:crypto'
import { isRequestId } from '@countersign/protocol'

/** Eight hexadecimal digits, new at every start. */
export function createNodeName(): string {
  return randomBytes(4).toString('hex')
}

/** The prefix of a node's ids at an instant. If the clock was set back, the prefix of an earlier call is returned again. */
export function createIdPrefix(node: string): (at: number) => string {
  let latestAt = 0
  let prefix = `${idFrom(latestAt)}-${node}-`
  return (at) => {
    if (at > latestAt) {
      latestAt = at
      prefix = `${idFrom(at)}-${node}-`
    }
    return prefix
  }
}

/** The only source of request ids. The numbers start again after 2^32 requests, at another instant. */
export function createRequestIds(node: string, clock: () => number): () => string {
  const prefixAt = createIdPrefix(node)
  let last = 0
  return () => prefixAt(clock()) + toDigits((last = (last + 1) >>> 0))
}

/** The number of an id on its node, as eight digits. */
export function toDigits(number: number): string {
  return number.toString(16).padStart(8, '0')
}

/** A lower bound for the ids of events at or after an instant. */
export function idFrom(at: number): string {
  return at.toString(16).padStart(12, '0')
}

export function numberOf(id: string): number {
  return Number.parseInt(id.slice(-8), 16)
}

export function nodeOf(id: string): string {
  return id.slice(13, 21)
}

/** Milliseconds since the epoch; NaN if the text is not an id of this form. */
export function instantOf(id: string): number {
  return isRequestId(id) ? Number.parseInt(id.slice(0, 12), 16) : Number.NaN
}

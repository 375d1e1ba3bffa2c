// Finds connections whose peer does not read what it asked for. Every response has a deadline by its size: a peer that takes nothing
// for a while is found, and so is one that takes less than a least rate, however it spreads its reading. What counts is what the
// kernel has taken from the socket, so bytes that the peer sends, or further requests, do not extend anything.
//
// A stream of events has no size, hence no deadline (decisions/077). Its peer must take something within the same time, and what it has
// not taken is bounded.
import type { Socket } from 'node:net'

interface ReadingLimits {
  /** Longest time in which the peer takes nothing. Milliseconds. */
  readonly stalledMs: number
  /** A response may take this long, plus its size at the least rate. Milliseconds. */
  readonly graceMs: number
  readonly leastBytesPerSecond: number
}

/** Sockets are checked once a second, so a peer that takes nothing is found within 15 seconds. */
export const readingLimits: ReadingLimits = { stalledMs: 13_000, graceMs: 15_000, leastBytesPerSecond: 16_384 }
export const readingCheckMs = 1000

/** A stream with more than this when its next event is due is ended. Bytes that the kernel has not taken. */
export const maxUnreadOfStream = 65_536

type ReadBySize = Pick<Socket, 'bytesWritten' | 'writableLength'>

/** Since a check found bytes that the kernel had not taken. */
interface Backlog {
  readonly since: number
  readonly takenBefore: number
  taken: number
  progressAt: number
}

/** The returned function is to be called with all open sockets, once a second. @param isStream whether a socket carries a stream */
export function createSlowReaderCheck<Peer extends ReadBySize>(
  { stalledMs, graceMs, leastBytesPerSecond }: ReadingLimits,
  now: () => number,
  isStream: (peer: Peer) => boolean = () => false,
): (sockets: Iterable<Peer>) => Peer[] {
  const backlogs = new WeakMap<Peer, Backlog>()

  const isSlow = (socket: Peer): boolean => {
    if (socket.writableLength === 0) {
      backlogs.delete(socket)
      return false
    }
    const at = now()
    const taken = socket.bytesWritten - socket.writableLength
    const backlog = backlogs.get(socket)
    if (backlog === undefined) {
      backlogs.set(socket, { since: at, takenBefore: taken, taken, progressAt: at })
      return false
    }
    if (taken !== backlog.taken) Object.assign(backlog, { taken, progressAt: at })
    if (at - backlog.progressAt >= stalledMs) return true
    if (isStream(socket)) return false
    const least = ((at - backlog.since - graceMs) * leastBytesPerSecond) / 1000
    return taken - backlog.takenBefore < least
  }

  return (sockets) => {
    const slow: Peer[] = []
    for (const socket of sockets) if (isSlow(socket)) slow.push(socket)
    return slow
  }
}

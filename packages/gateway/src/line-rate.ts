// How many lines of a kind the log gets in a second, of one peer and in all. What is left out is counted, and told with the next line.

export interface LineRate {
  /** Whether there may be another line in this second. */
  admit(peer?: string): boolean
}

export interface LineRateOptions {
  readonly perSecond: number
  /** Default: all of them. */
  readonly perPeer?: number
  /** Milliseconds since the epoch. */
  readonly clock: () => number
  readonly onDropped: (count: number) => void
}

export function createLineRate({ perSecond, perPeer = perSecond, clock, onDropped }: LineRateOptions): LineRate {
  let second = 0
  let lines = 0
  let dropped = 0
  /** No more than the lines of a second. */
  const ofPeer = new Map<string, number>()

  return {
    admit(peer = '') {
      const now = Math.floor(clock() / 1000)
      if (now !== second) {
        if (dropped > 0) onDropped(dropped)
        ;[second, lines, dropped] = [now, 0, 0]
        ofPeer.clear()
      }
      const before = ofPeer.get(peer) ?? 0
      if (lines >= perSecond || before >= perPeer) {
        dropped++
        return false
      }
      lines++
      ofPeer.set(peer, before + 1)
      return true
    },
  }
}

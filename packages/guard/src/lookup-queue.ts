// Bounds the lookups that a guard makes at the same time. Requests choose what is looked up (a partner in the path), so the lookups of one
// organization must neither flood the server nor hold up those of the others.
import { lostMs } from './fresh-value.ts'

export interface LookupQueueOptions {
  /** At the same time. */
  readonly maxRunning: number
  readonly maxRunningOfGroup: number
  /** More are refused. */
  readonly maxWaitingOfGroup: number
  /** What waited longer is refused. */
  readonly maxWaitSeconds: number
  /** Milliseconds; never goes back. */
  readonly clock: () => number
}

export interface LookupQueue {
  /** Runs `lookUp` in its turn, or rejects without running it. */
  run<Result>(group: string, lookUp: () => Promise<Result>): Promise<Result>
}

interface Group {
  /** Since when each lookup runs. */
  readonly running: Set<Turn>
  readonly waiting: { readonly since: number; readonly start: (turn: Turn) => void; readonly refuse: (error: Error) => void }[]
}

interface Turn {
  readonly since: number
}

export function createLookupQueue(options: LookupQueueOptions): LookupQueue {
  const { maxRunning, maxRunningOfGroup, maxWaitingOfGroup, maxWaitSeconds, clock } = options
  /** Only groups with lookups; those that got a turn go to the end. */
  const groups = new Map<string, Group>()
  let running = 0

  function begin(group: Group): Turn {
    const turn = { since: clock() }
    group.running.add(turn)
    running++
    return turn
  }

  function end(group: Group, turn: Turn): void {
    if (group.running.delete(turn)) running--
  }

  /** Those that were dropped with the request that began them would hold their places for good. */
  function endLost(): void {
    const lostSince = clock() - lostMs
    for (const group of groups.values()) for (const turn of group.running) if (turn.since <= lostSince) end(group, turn)
    startWaiting()
  }

  function turn(name: string, group: Group): Promise<Turn> | undefined {
    const isFull = () => running >= maxRunning || group.running.size >= maxRunningOfGroup
    if (isFull()) endLost()
    if (!isFull()) return undefined
    if (group.waiting.length >= maxWaitingOfGroup)
      throw new Error(`More than ${maxWaitingOfGroup} lookups wait for the authorization server (${name})`)
    return new Promise<Turn>((start, refuse) => group.waiting.push({ since: clock(), start, refuse }))
  }

  function startWaiting(): void {
    for (const [name, group] of groups) {
      if (running >= maxRunning) return
      while (group.running.size < maxRunningOfGroup) {
        const next = group.waiting.shift()
        if (!next) break
        if (clock() - next.since >= maxWaitSeconds * 1000) {
          next.refuse(new Error(`A lookup waited for the authorization server for more than ${maxWaitSeconds} s (${name})`))
          continue
        }
        groups.delete(name)
        groups.set(name, group)
        next.start(begin(group))
        break
      }
      forgetIdle(name, group)
    }
  }

  function forgetIdle(name: string, group: Group): void {
    if (group.running.size === 0 && group.waiting.length === 0) groups.delete(name)
  }

  return {
    async run(name, lookUp) {
      const group = groups.get(name) ?? { running: new Set(), waiting: [] }
      groups.set(name, group)
      const waiting = turn(name, group)
      const own = waiting ? await waiting : begin(group)
      try {
        return await lookUp()
      } finally {
        end(group, own)
        startWaiting()
        forgetIdle(name, group)
      }
    },
  }
}

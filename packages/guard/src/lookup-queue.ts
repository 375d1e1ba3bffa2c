// Bounds the lookups that a guard makes at the same time. Requests choose what is looked up (a partner in the path), so the lookups of one
// organization must neither flood the server nor hold up those of the others.

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
  running: number
  readonly waiting: { readonly since: number; readonly start: () => void; readonly refuse: (error: Error) => void }[]
}

export function createLookupQueue(options: LookupQueueOptions): LookupQueue {
  const { maxRunning, maxRunningOfGroup, maxWaitingOfGroup, maxWaitSeconds, clock } = options
  /** Only groups with lookups; those that got a turn go to the end. */
  const groups = new Map<string, Group>()
  let running = 0

  function turn(name: string, group: Group): Promise<void> | undefined {
    if (running < maxRunning && group.running < maxRunningOfGroup) return undefined
    if (group.waiting.length >= maxWaitingOfGroup)
      throw new Error(`More than ${maxWaitingOfGroup} lookups wait for the authorization server (${name})`)
    return new Promise<void>((start, refuse) => group.waiting.push({ since: clock(), start, refuse }))
  }

  function startWaiting(): void {
    for (const [name, group] of groups) {
      if (running >= maxRunning) return
      while (group.running < maxRunningOfGroup) {
        const next = group.waiting.shift()
        if (!next) break
        if (clock() - next.since >= maxWaitSeconds * 1000) {
          next.refuse(new Error(`A lookup waited for the authorization server for more than ${maxWaitSeconds} s (${name})`))
          continue
        }
        group.running++
        running++
        groups.delete(name)
        groups.set(name, group)
        next.start()
        break
      }
      forgetIdle(name, group)
    }
  }

  function forgetIdle(name: string, group: Group): void {
    if (group.running === 0 && group.waiting.length === 0) groups.delete(name)
  }

  return {
    async run(name, lookUp) {
      const group = groups.get(name) ?? { running: 0, waiting: [] }
      groups.set(name, group)
      const waiting = turn(name, group)
      if (waiting) await waiting
      else {
        group.running++
        running++
      }
      try {
        return await lookUp()
      } finally {
        group.running--
        running--
        startWaiting()
        forgetIdle(name, group)
      }
    },
  }
}

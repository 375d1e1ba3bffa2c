// A module for a server under test (node --import, with --expose-gc): answers a message with the memory of the process after everything
// that can be collected was collected.
import { setTimeout as pause } from 'node:timers/promises'

export interface SettledMemory {
  readonly residentMebibytes: number
  readonly heapMebibytes: number
}

process.on('message', async () => {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })
    await pause(100) // Pages are given back by other threads.
  }
  const { rss, heapUsed } = process.memoryUsage()
  process.send?.({ residentMebibytes: rss / 1024 / 1024, heapMebibytes: heapUsed / 1024 / 1024 } satisfies SettledMemory)
})
process.channel?.unref()

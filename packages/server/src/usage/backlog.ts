// Counts that wait in memory to be written: batches, one after the other; what could not be written is added to what came meanwhile.
import { setImmediate as otherRequests } from 'node:timers/promises'

export interface Backlog<Entry> {
  readonly size: number
  get(key: string): Entry | undefined
  set(key: string, entry: Entry): void
  /** Writes all that was noted before the call. Never fails. */
  write(): Promise<void>
}

interface BacklogOptions<Entry> {
  readonly batchSize: number
  /** Writes all of a batch or nothing. */
  readonly writeBatch: (batch: readonly Entry[]) => Promise<void>
  /** Adds an entry that was not written. */
  readonly putBack: (entry: Entry) => void
  readonly onFailure: (error: Error) => void
}

export function createBacklog<Entry>({ batchSize, writeBatch, putBack, onFailure }: BacklogOptions<Entry>): Backlog<Entry> {
  let waiting = new Map<string, Entry>()
  let lastWrite: Promise<void> = Promise.resolve()

  async function writeAll(): Promise<void> {
    const rest = [...waiting.values()]
    waiting = new Map()
    while (rest.length > 0) {
      const batch = rest.splice(0, batchSize)
      try {
        await writeBatch(batch)
      } catch (error) {
        for (const entry of [...batch, ...rest]) putBack(entry)
        return onFailure(error as Error)
      }
      // SQLite writes without answering other requests.
      if (rest.length > 0) await otherRequests()
    }
  }

  return {
    get size() {
      return waiting.size
    },
    get: (key) => waiting.get(key),
    set: (key, entry) => void waiting.set(key, entry),
    write: () => (lastWrite = lastWrite.then(writeAll)),
  }
}

// While the store does not answer, finds out whether the disk of the spool takes events: a node without requests, or one that gets none
// because it is not ready, would not notice when it fills up, and when it has room again.
import type { SinkWatch } from './watch-sinks.ts'

interface DiskWatchOptions {
  /** Writes to the disk of the spool and leaves nothing. */
  readonly probe: () => Promise<void>
  readonly sinks: Pick<SinkWatch, 'failure' | 'noteFailure' | 'noteWritable'>
  /** Whether the store has not confirmed a commit for some seconds. */
  readonly isStoreAway: () => boolean
}

export interface DiskWatch {
  /** Called by a timer. Never fails. */
  check(): Promise<void>
  close(): void
}

const intervalMs = 5000

export function watchSpoolDisk({ probe, sinks, isStoreAway }: DiskWatchOptions): DiskWatch {
  /** No event was tried: the failure ends when the store answers. */
  let isFoundByProbe = false

  async function check(): Promise<void> {
    if (!isStoreAway() && isFoundByProbe) end()
    if (!isStoreAway() && sinks.failure() === undefined) return
    try {
      await probe()
      end()
    } catch (error) {
      if (!isStoreAway()) return
      isFoundByProbe ||= sinks.failure() === undefined
      sinks.noteFailure(error as Error)
    }
  }

  function end(): void {
    isFoundByProbe = false
    sinks.noteWritable()
  }

  const timer = setInterval(() => void check(), intervalMs).unref()
  return { check, close: () => clearInterval(timer) }
}

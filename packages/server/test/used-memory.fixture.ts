// What the process of a test uses, after what is not needed any more was collected.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Bytes: of the heap and of buffers, and resident. */
export async function usedMemory(): Promise<{ readonly used: number; readonly rss: number }> {
  // What is freed by one collection may be what another one has to wait for.
  for (let round = 0; round < 5; round++) {
    collectGarbage()
    await new Promise<void>((resolve) => void setImmediate(resolve))
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  return { used: heapUsed + external, rss }
}

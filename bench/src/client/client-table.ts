import type { ClientFigures } from './measure-client.ts'

/** For `console.table`. */
export function clientTable({ medians }: ClientFigures): Record<string, { median: string }> {
  return {
    'getToken(), warm: ns': { median: medians.callNanoseconds.toFixed(0) },
    'await getToken(), warm: ns': { median: medians.awaitNanoseconds.toFixed(0) },
    'allocated per call: bytes': { median: medians.allocatedBytesPerCall.toFixed(1) },
    'heap growth per million calls: bytes': { median: medians.heapGrowthBytesPerMillionCalls.toFixed(0) },
    'concurrent callers, cold: token requests': { median: String(medians.coldTokenRequests) },
    'concurrent callers, cold: ms': { median: medians.coldMilliseconds.toFixed(0) },
  }
}

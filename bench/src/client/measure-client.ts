// Measures getToken() with a cached token, and the number of token requests of many concurrent callers without one.
import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createTokenProvider, type TokenProvider } from '@countersign/client'
import { medianOfEach } from '../median.ts'
import { startNumberedTokenEndpoint, type NumberedTokenEndpoint } from './numbered-token-endpoint.ts'

export interface ClientOptions {
  readonly rounds: number
  readonly callsPerTurn: number
  readonly concurrentCallers: number
}

interface Round {
  /** Per call, without awaiting the returned promise. */
  readonly callNanoseconds: number
  /** Per `await getToken()`, the usual form. */
  readonly awaitNanoseconds: number
  /** Allocations per call, garbage included. */
  readonly allocatedBytesPerCall: number
  /** Growth by awaited calls that remains after a garbage collection. */
  readonly heapGrowthBytesPerMillionCalls: number
  /** Of all concurrent callers together, on a cold cache. */
  readonly coldTokenRequests: number
  /** Until the last caller has its token. */
  readonly coldMilliseconds: number
}

export interface ClientFigures {
  readonly medians: Round
  readonly rounds: readonly Round[]
}

export async function measureClient(options: ClientOptions): Promise<ClientFigures> {
  const endpoint = await startNumberedTokenEndpoint()
  try {
    await measureRound(endpoint, options) // Warms up.
    const rounds: Round[] = []
    for (let round = 0; round < options.rounds; round++) rounds.push(await measureRound(endpoint, options))
    return { medians: medianOfEach(rounds), rounds }
  } finally {
    await endpoint.close()
  }
}

async function measureRound(endpoint: NumberedTokenEndpoint, { callsPerTurn, concurrentCallers }: ClientOptions): Promise<Round> {
  const { tokenUrl } = endpoint
  const tokens = createTokenProvider({ tokenUrl, clientId: 'api-client-acme', clientSecret: 'csk_for_measuring' })
  return {
    ...(await measureCold(endpoint, tokens, concurrentCallers)),
    ...measureCalls(tokens, callsPerTurn),
    ...(await measureAwaitedCalls(tokens, callsPerTurn)),
  }
}

async function measureCold(endpoint: NumberedTokenEndpoint, tokens: TokenProvider, concurrentCallers: number) {
  const requestsBefore = endpoint.requestCount
  const startedAt = performance.now()
  const received = await Promise.all(Array.from({ length: concurrentCallers }, () => tokens.getToken()))
  const coldMilliseconds = performance.now() - startedAt
  if (new Set(received).size !== 1) throw new Error('Concurrent callers received different tokens')
  return { coldTokenRequests: endpoint.requestCount - requestsBefore, coldMilliseconds }
}

function measureCalls(tokens: TokenProvider, calls: number) {
  const allocatedBefore = allocatedBytes()
  const startedAt = performance.now()
  for (let i = 0; i < calls; i++) void tokens.getToken()
  const callNanoseconds = nanosecondsPerCall(startedAt, calls)
  return { callNanoseconds, allocatedBytesPerCall: (allocatedBytes() - allocatedBefore) / calls }
}

async function measureAwaitedCalls(tokens: TokenProvider, calls: number) {
  collectGarbage()
  const heapBefore = process.memoryUsage().heapUsed
  const startedAt = performance.now()
  for (let i = 0; i < calls; i++) await tokens.getToken()
  const awaitNanoseconds = nanosecondsPerCall(startedAt, calls)
  collectGarbage()
  const heapGrowth = process.memoryUsage().heapUsed - heapBefore
  return { awaitNanoseconds, heapGrowthBytesPerMillionCalls: heapGrowth / (calls / 1e6) }
}

function nanosecondsPerCall(startedAt: number, calls: number): number {
  return ((performance.now() - startedAt) * 1e6) / calls
}

/** All bytes ever allocated on the heap. Missing in the types of Node. */
function allocatedBytes(): number {
  return (getHeapStatistics() as unknown as { total_allocated_bytes: number }).total_allocated_bytes
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

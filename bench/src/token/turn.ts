// One turn of one server: token requests on a fixed number of connections for a fixed time.
import { quantile } from '../median.ts'
import { openConnection, type Connection } from './connection.ts'
import type { Contestant } from './contestant.ts'

export interface Turn {
  readonly requests: number
  /** Of the server process, all its threads. */
  readonly cpuSeconds: number
  /** Of a database in processes of its own; 0 without one. */
  readonly databaseSeconds: number
  readonly tokensPerCpuSecond: number
  readonly tokensPerSecond: number
  readonly p50Milliseconds: number
  readonly p99Milliseconds: number
  /** Resident memory at the end of the turn. */
  readonly memoryMebibytes: number
}

interface TurnOptions {
  readonly seconds: number
  readonly connections: number
}

/** The uncounted beginning of a turn, in which connections are opened and caches warm up again. */
const leadInShare = 0.1

/** CPU time is read while no request is pending, so that it covers every counted request from beginning to end. */
export async function takeTurn(contestant: Contestant, { seconds, connections: count }: TurnOptions): Promise<Turn> {
  const connections = await Promise.all(Array.from({ length: count }, () => openConnection(contestant)))
  await keepBusy(connections, seconds * leadInShare)
  const before = await contestant.readUsage()
  const startedAt = performance.now()
  const latencies = await keepBusy(connections, seconds)
  const elapsedSeconds = (performance.now() - startedAt) / 1000
  const after = await contestant.readUsage()
  for (const connection of connections) connection.close()

  const requests = latencies.length
  const cpuSeconds = after.cpuSeconds - before.cpuSeconds
  return {
    requests,
    cpuSeconds,
    databaseSeconds: (after.databaseSeconds ?? 0) - (before.databaseSeconds ?? 0),
    tokensPerCpuSecond: requests / cpuSeconds,
    tokensPerSecond: requests / elapsedSeconds,
    p50Milliseconds: quantile(latencies, 0.5),
    p99Milliseconds: quantile(latencies, 0.99),
    memoryMebibytes: after.memoryMebibytes,
  }
}

/** Returns the latency of every request, in milliseconds. */
async function keepBusy(connections: readonly Connection[], seconds: number): Promise<number[]> {
  const latencies: number[] = []
  const until = performance.now() + seconds * 1000
  await Promise.all(
    connections.map(async (connection) => {
      for (let sentAt = performance.now(); sentAt < until; sentAt = performance.now()) {
        await connection.exchange()
        latencies.push(performance.now() - sentAt)
      }
    }),
  )
  return latencies
}

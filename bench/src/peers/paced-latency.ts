// Latency at a given rate: requests are sent by a clock, not by the response before, so that a slow moment delays all that were due in it.
import { setTimeout as pause } from 'node:timers/promises'
import { quantile } from '../median.ts'
import { openConnection } from '../token/connection.ts'
import type { Listening } from '../token/server-process.ts'

export interface PacedLatency {
  /** Requests per second. */
  readonly rate: number
  readonly p50Milliseconds: number
  readonly p99Milliseconds: number
}

interface PaceOptions {
  readonly rate: number
  readonly seconds: number
  readonly connections: number
}

export async function measurePacedLatency(listening: Listening, { rate, seconds, connections: count }: PaceOptions): Promise<PacedLatency> {
  const connections = await Promise.all(Array.from({ length: count }, () => openConnection(listening)))
  const latencies: number[] = []
  const startedAt = performance.now()
  await Promise.all(
    connections.map(async (connection, first) => {
      for (let number = first; number < rate * seconds; number += count) {
        const dueAt = startedAt + (number / rate) * 1000
        const isLate = performance.now() > dueAt
        if (!isLate) await pause(dueAt - performance.now())
        // Lateness of our own timer is not the server's.
        const from = isLate ? dueAt : performance.now()
        await connection.exchange()
        latencies.push(performance.now() - from)
      }
    }),
  )
  for (const connection of connections) connection.close()
  return { rate, p50Milliseconds: quantile(latencies, 0.5), p99Milliseconds: quantile(latencies, 0.99) }
}

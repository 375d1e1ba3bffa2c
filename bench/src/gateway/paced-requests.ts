// Requests at a given rate over keep-alive connections: sent by a clock, not by the response before, so that a slow moment delays all that were
// due in it. Every response must be 200.
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { quantile } from '../median.ts'

export interface PacedRequests {
  readonly port: number
  /** With the line breaks at its end. */
  readonly head: string
  readonly rate: number
  readonly seconds: number
  readonly connections: number
}

export interface PacedAnswers {
  readonly requests: number
  readonly p50Milliseconds: number
  readonly p99Milliseconds: number
}

export async function sendPaced({ port, head, rate, seconds, connections: count }: PacedRequests): Promise<PacedAnswers> {
  const connections = await Promise.all(Array.from({ length: count }, () => open(port)))
  const latencies: number[] = []
  const startedAt = performance.now()
  await Promise.all(
    connections.map(async (connection, first) => {
      for (let number = first; number < rate * seconds; number += count) {
        const dueAt = startedAt + (number / rate) * 1000
        const early = dueAt - performance.now()
        const isLate = early < 0
        if (!isLate) await pause(early)
        // Lateness of our own timer is not the server's.
        const from = isLate ? dueAt : performance.now()
        await connection.exchange(head)
        latencies.push(performance.now() - from)
      }
    }),
  )
  for (const connection of connections) connection.close()
  return { requests: latencies.length, p50Milliseconds: quantile(latencies, 0.5), p99Milliseconds: quantile(latencies, 0.99) }
}

async function open(port: number) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true }).setEncoding('latin1')
  await once(socket, 'connect')
  let received = ''
  let answer = Promise.withResolvers<void>()
  socket.on('data', (text: string) => {
    received += text
    const [, headers, body = ''] = /^([^]*?)\r\n\r\n([^]*)$/.exec(received) ?? []
    if (headers === undefined || body.length < Number(/content-length: *(\d+)/i.exec(headers)?.[1] ?? 0)) return
    if (headers.startsWith('HTTP/1.1 200 ')) answer.resolve()
    else answer.reject(new Error(`Expected 200, found ${headers.split('\r\n', 1)[0]}`))
  })
  socket.on('error', (error) => answer.reject(error))
  socket.on('close', () => answer.reject(new Error('The connection was closed')))
  return {
    exchange(head: string): Promise<void> {
      received = ''
      answer = Promise.withResolvers()
      socket.write(head)
      return answer.promise
    },
    close() {
      answer.promise.catch(() => {})
      socket.destroy()
    },
  }
}

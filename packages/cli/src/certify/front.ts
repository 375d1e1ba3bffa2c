// A small HTTP server on loopback: it reads a request completely, lets a function answer it, and can reset the connection instead.
import { randomInt } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'

export interface FrontRequest {
  readonly method: string
  /** Path and query. */
  readonly target: string
  readonly headers: IncomingMessage['headers']
  /** Names and values in turn, as they were sent. */
  readonly rawHeaders: readonly string[]
  /** At most {@link maxBodyBytes} of it. */
  readonly body: string
}

export interface FrontResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type FrontAnswer = FrontResponse | 'reset'

export interface Front {
  readonly url: string
  close(): Promise<void>
}

const maxBodyBytes = 64 * 1024

export async function openFront(answer: (request: FrontRequest) => Promise<FrontAnswer>): Promise<Front> {
  const server = createServer((incoming, outgoing) => {
    respond().catch(() => incoming.socket.destroy())

    async function respond(): Promise<void> {
      const { method = '', url = '', headers, rawHeaders } = incoming
      const answered = await answer({ method, target: url, headers, rawHeaders, body: await readBody(incoming) })
      if (answered === 'reset') return void incoming.socket.resetAndDestroy()
      outgoing.writeHead(answered.status, answered.headers).end(method === 'HEAD' ? undefined : answered.body)
    }
  })
  // A connection that it closed while a request is on its way would look like a fault that no scenario plays.
  server.keepAliveTimeout = 0
  await listen(server)
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/**
 * At a port below those that systems give out (from 32,768 on Linux): another program that still calls a server that has ended would
 * otherwise reach a scenario, and its calls would be taken for those of the backend.
 */
async function listen(server: Server): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    server.listen({ host: '127.0.0.1', port: randomInt(10_000, 32_000), backlog: 1024 })
    try {
      return void (await once(server, 'listening'))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || attempt === 20) throw error
    }
  }
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    if (length < maxBodyBytes) chunks.push(chunk)
    length += chunk.length
  }
  return Buffer.concat(chunks).subarray(0, maxBodyBytes).toString('latin1')
}

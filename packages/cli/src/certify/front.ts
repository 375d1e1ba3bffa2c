// A small HTTP or HTTPS server on loopback: it reads a request completely, lets a function answer it, and can reset the connection instead.
import { randomInt } from 'node:crypto'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server, Socket } from 'node:net'
import { once } from 'node:events'
import type { Certificate } from './certificates.ts'

export interface FrontRequest {
  readonly method: string
  /** Path and query. */
  readonly target: string
  readonly headers: IncomingMessage['headers']
  /** Names and values in turn, as they were sent. */
  readonly rawHeaders: readonly string[]
  /** At most {@link maxBodyBytes} of it. */
  readonly body: string
  /** When the client can have begun to send it, of a steady clock, in milliseconds: a handshake of TLS may take long. */
  readonly begunAt: number
}

export interface FrontResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type FrontAnswer = FrontResponse | 'reset'

export interface Front {
  readonly url: string
  /** How many connections there were, whether or not they had a request. */
  readonly connections: () => number
  /** Ends the connections, and has this certificate for new ones. For a front with a certificate. */
  present(certificate: Certificate): void
  close(): Promise<void>
}

interface Connection {
  readonly socket: Socket
  /** Until its first request. */
  begunAt: number | undefined
}

const maxBodyBytes = 64 * 1024

/** @param certificate for HTTPS */
export async function openFront(answer: (request: FrontRequest) => Promise<FrontAnswer>, certificate?: Certificate): Promise<Front> {
  /** By the port of the client. Below TLS, because a connection of TLS cannot be reset. */
  const sockets = new Map<number, Connection>()
  let connections = 0
  const listener: RequestListener = (incoming, outgoing) => {
    respond().catch(() => incoming.socket.destroy())

    async function respond(): Promise<void> {
      const { method = '', url = '', headers, rawHeaders } = incoming
      const connection = sockets.get(incoming.socket.remotePort ?? 0)
      const begunAt = connection?.begunAt ?? performance.now()
      if (connection !== undefined) connection.begunAt = undefined
      const answered = await answer({ method, target: url, headers, rawHeaders, body: await readBody(incoming), begunAt })
      if (answered === 'reset') {
        connection?.socket.resetAndDestroy()
        return void incoming.socket.destroy()
      }
      outgoing.writeHead(answered.status, answered.headers).end(method === 'HEAD' ? undefined : answered.body)
    }
  }
  const secureServer = certificate && createTlsServer(certificate, listener)
  const server = secureServer ?? createServer(listener)
  server.on('connection', (socket) => {
    connections += 1
    const { remotePort = 0 } = socket
    sockets.set(remotePort, { socket, begunAt: performance.now() })
    socket.once('close', () => sockets.delete(remotePort))
  })
  // A connection that it closed while a request is on its way would look like a fault that no scenario plays.
  server.keepAliveTimeout = 0
  await listen(server)
  return {
    url: `${secureServer ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    present(next) {
      secureServer?.setSecureContext(next)
      server.closeAllConnections()
    },
    async close() {
      server.close()
      server.closeAllConnections()
      for (const { socket } of sockets.values()) socket.destroy() // Also in the middle of a handshake.
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

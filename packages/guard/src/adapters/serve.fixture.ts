// An app of node:http on the loopback interface, as the contract suite sends requests to it.
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { RunningApp } from './contract-app.fixture.ts'

export async function serve(listener: RequestListener): Promise<RunningApp> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return running(server)
}

/** @param close of a framework that closes its server itself */
export function running(server: Server, close: () => Promise<unknown> = () => closeServer(server)): RunningApp {
  const { port } = server.address() as AddressInfo
  return {
    port,
    server,
    async send(request) {
      const { pathname, search } = new URL(request.url)
      const { method, headers, body, signal } = request
      // Request.clone() and new Request(url, request) would lose the body of a stream that never ends.
      return fetch(`http://127.0.0.1:${port}${pathname}${search}`, {
        method,
        headers,
        signal,
        redirect: 'manual',
        ...(body && { body, duplex: 'half' }),
      })
    },
    async close() {
      server.closeAllConnections()
      await close()
    },
  }
}

async function closeServer(server: Server): Promise<void> {
  server.close()
  await once(server, 'close')
}

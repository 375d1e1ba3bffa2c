// What stands where the gateway should be, and does not decide.
import { createServer, type Server, type Socket } from 'node:net'

/** Bytes that it answers to anything; none: it keeps silent. "cut" ends the connection in the middle. */
const answers = {
  fails: 'HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n',
  'is overloaded': 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n',
  redirects: 'HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n',
  'is cut off': 'HTTP/1.1 200 OK\r\nx-auth-client-id: forged\r\nx-auth-',
  'says yes to everything': 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
  'speaks no HTTP': '200 OK\r\n\r\n',
  'keeps silent': '',
} as const

export type Failure = keyof typeof answers
export const failures = Object.keys(answers) as Failure[]

/** @returns a function that ends it, and `asked`, which resolves when a proxy asked */
export async function startFailingGateway(
  port: number,
  failure: Failure,
): Promise<{ readonly asked: Promise<void>; stop(): Promise<void> }> {
  const sockets = new Set<Socket>()
  const { promise: asked, resolve: noteAsked } = Promise.withResolvers<void>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket
      .on('error', () => {})
      .on('close', () => sockets.delete(socket))
      .on('data', () => {
        noteAsked()
        if (answers[failure] !== '') socket.end(answers[failure])
      })
  })
  server.listen(port, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return {
    asked,
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

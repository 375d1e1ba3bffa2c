// Graceful shutdown without a failed request: the server stops accepting, sends `Connection: close` with every response, and
// closes a connection only after it was idle for a while. Closing an idle connection at once could meet a request that its
// client is just sending, and the client could not know whether it was processed.
import type { Server } from 'node:http'
import { Server as NetServer, type Socket } from 'node:net'
import type { Connections } from './connections.ts'

/** A connection without a request under way is closed after being idle for this long. Milliseconds. */
const idleMs = 1000
const lookIntervalMs = 50

/**
 * Stops a listening server; requests still under way at the deadline are aborted.
 * @returns the number of aborted requests, once the last connection is closed
 */
export async function drain(server: Server, connections: Connections, deadlineMilliseconds: number): Promise<number> {
  await untilAccepted()
  // Not the server's own close(), which closes idle connections at once.
  const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()))
  connections.announceEnd()
  const looking = setInterval(createQuietCloser(connections), lookIntervalMs)
  let cut = 0
  const deadline = setTimeout(() => {
    cut = connections.underWay()
    for (const socket of connections.open.keys()) socket.destroy()
    server.closeAllConnections()
  }, deadlineMilliseconds)
  await closed
  clearInterval(looking)
  clearTimeout(deadline)
  return cut
}

/** Accepts the connections that the kernel has already established: closing the listener would reset them. */
function untilAccepted(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
}

function createQuietCloser({ open }: Connections): () => void {
  const heard = new WeakMap<Socket, { readonly bytes: number; readonly at: number }>()
  return () => {
    const now = performance.now()
    for (const [socket, { unanswered }] of open) {
      const before = heard.get(socket)
      if (unanswered > 0 || before?.bytes !== socket.bytesRead) heard.set(socket, { bytes: socket.bytesRead, at: now })
      else if (now - before.at >= idleMs) socket.destroySoon()
    }
  }
}

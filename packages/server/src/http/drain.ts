// The end of a server without a failed request: it stops accepting, says "Connection: close" with every answer, and closes
// a connection only when nothing was heard on it for a while. Closing an idle one at once would meet the request that its
// client is just sending, and the client could not know whether it was done.
import type { Server } from 'node:http'
import { Server as NetServer, type Socket } from 'node:net'
import type { Connections } from './connections.ts'

/** A connection without a request under way is closed after it was quiet for so long. Milliseconds. */
const quietMs = 1000
const lookIntervalMs = 50

/**
 * Ends a server that listens; what is still under way after the deadline is cut.
 * @returns how many requests had to be cut, once the last connection is closed
 */
export async function drain(server: Server, connections: Connections, deadlineMilliseconds: number): Promise<number> {
  await untilAccepted()
  // Not its own close(), which would close idle connections at once.
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

/** What the system has connected for us in the meantime is taken first: with the listener it would be reset. */
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
      else if (now - before.at >= quietMs) socket.destroySoon()
    }
  }
}

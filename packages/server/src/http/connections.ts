// The connections of the server and their unanswered requests. The number of unanswered requests on one connection is bounded,
// and when the server stops, every connection is told that it closes.
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Requests that a client may send on one connection without waiting for responses. */
const maxUnanswered = 100

/**
 * Key of the function on a response that is called when its request is over, answered or not. It is not another listener of
 * "close": V8 may place the array that an emitter makes for a second listener in its old generation, and that array keeps the
 * whole request alive until the next full collection.
 */
export const whenOver = Symbol('when over')

declare module 'node:http' {
  interface ServerResponse {
    [whenOver]?: () => void
  }
}

export interface Connection {
  unanswered: number
  /** The listener of "close" of every response. */
  readonly onClose: (this: ServerResponse) => void
  /** Response to the latest request. */
  latest?: ServerResponse
}

export interface Connections {
  readonly open: ReadonlyMap<Socket, Connection>
  /** Connections that Node closed at once because there were too many. */
  refused(): number
  /** Unanswered requests on all connections. */
  underWay(): number
  /** From now on every response carries `Connection: close` (RFC 9112 §9.6), also those under way. */
  announceEnd(): void
}

/** Wraps the request handler of the server. */
export function trackConnections(server: Server, handler: RequestListener): Connections {
  const open = new Map<Socket, Connection>()
  let refused = 0
  let isEnding = false

  server.on('setSecureContext' in server ? 'secureConnection' : 'connection', (socket: Socket) => {
    const connection: Connection = {
      unanswered: 0,
      onClose() {
        connection.unanswered--
        this[whenOver]?.()
      },
    }
    open.set(socket, connection)
    socket.once('close', () => open.delete(socket))
  })
  server.on('drop', () => void refused++)

  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request
    const connection = open.get(socket)
    if (connection === undefined || socket.destroyed) return
    if (++connection.unanswered > maxUnanswered) {
      socket.destroy()
      ignoreRest(socket)
      return
    }
    connection.latest = response
    response.on('close', connection.onClose)
    if (isEnding) response.shouldKeepAlive = false
    handler(request, response)
  })

  return {
    open,
    refused: () => refused,
    underWay: () => open.values().reduce((sum, { unanswered }) => sum + unanswered, 0),
    announceEnd() {
      isEnding = true
      // Node closes the connection after the response with that header and drops the requests behind it: so only the latest
      // response may carry it.
      for (const { unanswered, latest } of open.values()) if (unanswered > 0 && latest) latest.shouldKeepAlive = false
    },
  }
}

/**
 * Node reads all requests of a chunk before it checks whether the responses can still be sent, and goes on after the connection
 * was closed. Returning 2 to its parser means that the rest is not HTTP any more (as after an upgrade), so parsing stops. If
 * another version of Node ignores that value, requests of closed connections are still dropped one by one.
 */
function ignoreRest(socket: Socket & { parser?: { onIncoming?: () => number } | null }): void {
  if (socket.parser) socket.parser.onIncoming = () => 2
}

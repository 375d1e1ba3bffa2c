// The connections of the server and what is not answered yet on each. What one may have sent before it was answered is
// bounded, and when the server stops every connection learns that it ends.
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Requests that one connection may have sent before it was answered. */
const maxUnanswered = 100

/**
 * Where a response has what is called when its request is over, answered or not. Not one more listener of its "close": the array
 * that an emitter makes for a second listener is one that V8 may place among its old objects, and then it holds on to the whole
 * request until the next full collection.
 */
export const whenOver = Symbol('when over')

declare module 'node:http' {
  interface ServerResponse {
    [whenOver]?: () => void
  }
}

export interface Connection {
  unanswered: number
  /** Listens to the "close" of every response. */
  readonly onClose: (this: ServerResponse) => void
  /** To the latest request. */
  latest?: ServerResponse
}

export interface Connections {
  readonly open: ReadonlyMap<Socket, Connection>
  /** Connections that the system had to refuse because there were too many. */
  refused(): number
  /** Requests that are not answered yet, on all of them. */
  underWay(): number
  /** From now on every answer says that it is the last one of its connection (RFC 9112 §9.6), also those under way. */
  announceEnd(): void
}

/** Puts itself between the server and the handler of its requests. */
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
      // Node closes after the answer that says so, and the requests behind it would go unanswered: only the latest may.
      for (const { unanswered, latest } of open.values()) if (unanswered > 0 && latest) latest.shouldKeepAlive = false
    },
  }
}

/**
 * Node reads all requests of a chunk before it looks whether anybody takes the answers, and goes on after the connection was
 * closed. An answer of 2 to its parser means that what follows is no HTTP any more (as after an upgrade), so it stops. Should
 * another version of Node not ask, requests of closed connections are still dropped one by one.
 */
function ignoreRest(socket: Socket & { parser?: { onIncoming?: () => number } | null }): void {
  if (socket.parser) socket.parser.onIncoming = () => 2
}

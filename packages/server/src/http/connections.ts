// The connections of a server, the addresses of their peers and their unanswered requests. A connection whose peer has gone before its
// address could be taken is closed: its requests could be neither limited nor recorded by address. The number of unanswered requests on
// one connection is bounded, a peer that does not read its responses loses its connection, and when the server stops, every connection
// is told that it closes.
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { ignoreRest, plainSocketOf, reset } from './end-socket.ts'
import { createSlowReaderCheck, readingCheckMs, readingLimits } from './slow-readers.ts'

/** Requests that a client may send on one connection without waiting for responses. */
const maxUnanswered = 100

/**
 * Key of the function on a response that is called when its request is over, answered or not. It is not another listener of
 * "close": V8 may place the array that an emitter makes for a second listener in its old generation, and that array keeps the
 * whole request alive until the next full collection.
 */
export const whenOver = Symbol('when over')

/** Key of the bytes that a response carried as a stream of events. */
export const streamedBytes = Symbol('streamed bytes')

declare module 'node:http' {
  interface ServerResponse {
    [whenOver]?: () => void
    [streamedBytes]?: number
  }
}

export interface Connection {
  unanswered: number
  /** The listener of "close" of every response. */
  readonly onClose: (this: ServerResponse) => void
  /** Response to the latest request. */
  latest?: ServerResponse
  /** Set while it carries a stream of events: called when its peer does not read. */
  onSlowStream?: () => void
}

export interface Connections {
  readonly open: ReadonlyMap<Socket, Connection>
  /**
   * Address of the peer, also after the connection was closed: it was taken when the connection was accepted, because the system forgets
   * it when the peer resets the connection. Undefined for a socket that was not accepted here.
   */
  addressOf(socket: Socket): string | undefined
  /** Connections that Node closed at once because there were too many. */
  refused(): number
  /** Connections closed because a response was not read in time. */
  slow(): number
  /** Unanswered requests on all connections. */
  underWay(): number
  /**
   * Gives the connection of a response to a stream of events, which no other response can follow. False if other requests on it are
   * unanswered: their responses would wait in memory until the stream ends. @param onSlow called before a peer that does not read is cut off
   */
  beginStream(response: ServerResponse, onSlow: () => void): boolean
  /** From now on every response carries `Connection: close` (RFC 9112 §9.6), also those under way. */
  announceEnd(): void
}

/** Wraps the request handler of the server. The server must create its responses with PacedResponse. */
export function trackConnections(server: Server, handler: RequestListener): Connections {
  const open = new Map<Socket, Connection>()
  const addresses = new WeakMap<Socket, string>()
  const findSlow = createSlowReaderCheck<Socket>(
    readingLimits,
    () => performance.now(),
    (socket) => open.get(socket)?.onSlowStream !== undefined,
  )
  let refused = 0
  let slow = 0
  let isEnding = false

  const closeSlow = () => {
    for (const socket of findSlow(open.keys())) {
      slow++
      open.get(socket)?.onSlowStream?.()
      reset(socket)
    }
  }
  let checking: NodeJS.Timeout | undefined
  server.on('listening', () => (checking = setInterval(closeSlow, readingCheckMs).unref()))
  server.on('close', () => clearInterval(checking))

  /** @returns whether there is an address; a socket of TLS has that of the socket that it was made of */
  const takeAddress = (socket: Socket): boolean => {
    const address = addresses.get(plainSocketOf(socket)) ?? socket.remoteAddress
    if (address === undefined) socket.destroy()
    else addresses.set(socket, address)
    return address !== undefined
  }
  const begin = (socket: Socket) => {
    if (!takeAddress(socket)) return
    const connection: Connection = {
      unanswered: 0,
      onClose() {
        connection.unanswered--
        this[whenOver]?.()
      },
    }
    open.set(socket, connection)
    socket.once('close', () => open.delete(socket))
  }
  server.on('connection', takeAddress)
  server.on('setSecureContext' in server ? 'secureConnection' : 'connection', begin)
  server.on('drop', () => void refused++)

  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request
    const connection = open.get(socket)
    if (connection === undefined || socket.destroyed) return
    if (connection.onSlowStream) {
      // The stream has announced that it is the last response (RFC 9112 §9.6): what follows is not read.
      socket.pause()
      ignoreRest(socket)
      return
    }
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
    addressOf: (socket) => addresses.get(socket),
    refused: () => refused,
    slow: () => slow,
    underWay: () => open.values().reduce((sum, { unanswered, onSlowStream }) => sum + (onSlowStream ? 0 : unanswered), 0),
    beginStream(response, onSlow) {
      const connection = open.get(response.req.socket)
      if (!connection) return true // A request that was injected.
      if (connection.unanswered > 1) return false
      connection.onSlowStream = onSlow
      response.shouldKeepAlive = false
      return true
    },
    announceEnd() {
      isEnding = true
      // Node closes the connection after the response with that header and drops the requests behind it: so only the latest
      // response may carry it.
      for (const { unanswered, latest } of open.values()) if (unanswered > 0 && latest) latest.shouldKeepAlive = false
    },
  }
}

// How to end a connection in ways that Node does not offer. Each relies on what Node keeps inside a socket.
import { Socket } from 'node:net'

/** The socket that a socket of TLS was made of. */
export function plainSocketOf(socket: Socket & { readonly _parent?: unknown }): Socket {
  return socket._parent instanceof Socket ? socket._parent : socket
}

/**
 * Closes at once: after destroy() the kernel would keep what the peer has not read, and the peer would learn of the end only when it
 * has read that. A socket of TLS cannot be reset itself.
 */
export function reset(socket: Socket): void {
  plainSocketOf(socket).resetAndDestroy()
  socket.destroy()
}

/**
 * Node reads all requests of a chunk before it checks whether the responses can still be sent, and goes on after the connection
 * was closed. Returning 2 to its parser means that the rest is not HTTP any more (as after an upgrade), so parsing stops. If
 * another version of Node ignores that value, requests of closed connections are still dropped one by one.
 */
export function ignoreRest(socket: Socket & { parser?: { onIncoming?: () => number } | null }): void {
  if (socket.parser) socket.parser.onIncoming = () => 2
}

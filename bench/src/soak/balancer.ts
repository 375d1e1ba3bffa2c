// A minimal load balancer of connections: round robin, with the next server if one refuses the connection. When a server dies, the
// connections of its clients are reset.
import { connect, createServer, type Socket } from 'node:net'

export interface Balancer {
  /** Forwards nothing until `heal`, and accepts connections: lost packets, which neither side is told of. Open connections last. */
  freeze(): void
  heal(): void
  close(): Promise<void>
}

const patienceMs = 15_000

/** @param ports on loopback */
export async function startBalancer(port: number, ports: readonly number[]): Promise<Balancer> {
  const open = new Set<Socket>()
  let turn = 0
  let isFrozen = false
  /** Connections since the freeze, each until its peer has given up for certain: a socket that is not read does not tell. */
  const waiting = new Map<Socket, NodeJS.Timeout>()

  function keepWaiting(near: Socket): void {
    const giveUp = () => near.destroy()
    waiting.set(near.pause().on('error', giveUp), setTimeout(giveUp, patienceMs))
    near.once('close', () => {
      clearTimeout(waiting.get(near))
      waiting.delete(near)
    })
  }

  function serve(near: Socket, attemptsLeft = ports.length): void {
    const far = connect(ports[turn++ % ports.length]!, '127.0.0.1')
    open.add(far.once('close', () => open.delete(far)))
    far.once('connect', () => {
      near.pipe(far).pipe(near)
      far.on('close', () => near.resetAndDestroy())
    })
    far.on('error', () => {
      if (far.connecting || far.bytesRead + far.bytesWritten === 0) {
        if (attemptsLeft > 1) return serve(near, attemptsLeft - 1)
      }
      near.resetAndDestroy()
    })
    near.on('error', () => far.destroy()).once('close', () => far.destroy())
  }

  const server = createServer({ noDelay: true }, (near) => {
    open.add(near.once('close', () => open.delete(near)))
    if (isFrozen) keepWaiting(near)
    else serve(near)
  })
  // All guards of a soak may connect at once.
  await new Promise<void>((resolve) => server.listen({ port, host: '127.0.0.1', backlog: 4096 }, resolve))
  return {
    freeze() {
      isFrozen = true
      for (const socket of open) socket.pause()
    },
    heal() {
      isFrozen = false
      for (const socket of open) if (!waiting.has(socket)) socket.resume()
      for (const [near, timer] of waiting) {
        clearTimeout(timer)
        serve(near)
      }
      waiting.clear()
    },
    async close() {
      for (const socket of open) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

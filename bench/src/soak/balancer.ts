// A minimal load balancer of connections: round robin, with the next server if one refuses the connection. When a server dies, the
// connections of its clients are reset.
import { connect, createServer, type Socket } from 'node:net'

export interface Balancer {
  close(): Promise<void>
}

/** @param ports on loopback */
export async function startBalancer(port: number, ports: readonly number[]): Promise<Balancer> {
  const open = new Set<Socket>()
  let turn = 0

  function serve(near: Socket, attemptsLeft = ports.length): void {
    const far = connect(ports[turn++ % ports.length]!, '127.0.0.1')
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
    serve(near)
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    async close() {
      for (const near of open) near.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

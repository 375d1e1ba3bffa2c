// Ports for servers that listen later, or again after a stop. Test processes run at the same time, so a port that is free now is reserved
// for this process as long as it lives.
import { randomInt } from 'node:crypto'
import { createServer, type ListenOptions } from 'node:net'

/** A port below those of outgoing connections: one of those could take it while the server is stopped. */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000)
    if (await take(port)) return port
  }
}

/** A port whose successor is free and reserved too. */
export async function findFreePorts(): Promise<number> {
  for (;;) {
    const port = await findFreePort()
    if (await take(port + 1)) return port
  }
}

async function take(port: number): Promise<boolean> {
  return (await reserve(port)) && (await listens({ host: '127.0.0.1', port }, 'closed'))
}

/** By a name in the abstract namespace of Linux, which the kernel frees when the process ends, however it ends. Elsewhere nothing is reserved. */
async function reserve(port: number): Promise<boolean> {
  return process.platform !== 'linux' || listens({ path: `\0countersign-test-port-${port}` }, 'kept')
}

async function listens(where: ListenOptions, afterwards: 'kept' | 'closed'): Promise<boolean> {
  const server = createServer().unref()
  const works = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false)).listen(where, () => resolve(true))
  })
  if (works && afterwards === 'closed') await new Promise((resolve) => server.close(resolve))
  return works
}

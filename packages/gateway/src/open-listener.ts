// Opens a listener at its address. A unix socket is for the user and the group of the gateway (mode 0660) from the moment that it exists: who may
// open it may ask, as a trusted peer may.
import { accessSync, constants, lstatSync, statSync, unlinkSync } from 'node:fs'
import { connect, type AddressInfo, type Server } from 'node:net'
import { dirname } from 'node:path'
import { GatewayConfigurationError } from './configuration.ts'
import { isLocalSocket, type ListenAddress } from './listen-address.ts'

/** What is taken from 0777 leaves 0660. */
const maskOfSockets = 0o117

/** @throws GatewayConfigurationError if a socket cannot be made at its path; the error of the server if it cannot listen */
export async function openListener(server: Server, address: ListenAddress): Promise<void> {
  if (isLocalSocket(address)) {
    expectFolder(address.path)
    await removeStale(address.path)
  }
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  const listen = () => {
    server.listen(address, () => {
      server.off('error', reject)
      resolve()
    })
  }
  if (isLocalSocket(address)) withMask(maskOfSockets, listen)
  else listen()
  await promise
}

/** Such as "127.0.0.1:9000" or "unix:/run/gateway.sock". */
export function addressOf(server: Server): string {
  const found = server.address() as AddressInfo | string
  if (typeof found === 'string') return `unix:${found}`
  const { address, family, port } = found
  return `${family === 'IPv6' ? `[${address}]` : address}:${port}`
}

/** The socket is made within `listen`: nothing else of the process makes a file meanwhile. */
function withMask(mask: number, listen: () => void): void {
  const before = process.umask(mask)
  try {
    listen()
  } finally {
    process.umask(before)
  }
}

/** The system would say "permission denied" of a folder that does not exist, too. */
function expectFolder(path: string): void {
  const folder = dirname(path)
  try {
    if (statSync(folder).isDirectory()) accessSync(folder, constants.W_OK | constants.X_OK)
    else throw new Error('it is a file')
  } catch {
    throw new GatewayConfigurationError(`"unix:${path}": expected a folder "${folder}" in which the gateway may make a file`)
  }
}

/** A gateway that was killed leaves its socket, at which no other could listen. */
async function removeStale(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (!found) return
  if (!found.isSocket()) throw new GatewayConfigurationError(`"unix:${path}": expected no file there, or a socket that no process uses`)
  if (await isAnswered(path)) throw new GatewayConfigurationError(`"unix:${path}": another process already listens there`)
  unlinkSync(path)
}

/** Only "refused" says that there is no listener. */
async function isAnswered(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect({ path }, () => resolve(true))
  socket.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED'))
  const isTaken = await promise
  socket.destroy()
  return isTaken
}

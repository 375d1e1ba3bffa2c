// A debugger reads every key in the memory of a server, and every program of its machine may connect to one. A server that is reached from
// elsewhere has none: neither by an option of Node nor by SIGUSR1, at which Node opens one in a running process.
import { url as inspectorUrl } from 'node:inspector'
import { isLoopbackHost } from '@countersign/protocol'
import { CommandError } from './output.ts'

/** @param publicUrl of the server; at a loopback address it is one for development, which may be debugged @throws CommandError */
export function refuseInspector(publicUrl: string): void {
  if (isLoopbackHost(new URL(publicUrl).hostname)) return
  if (inspectorUrl() !== undefined)
    throw new CommandError('Node.js has opened a debugger ("--inspect"), which can read every key of the server.', {
      next: 'Remove the option from the command line and from NODE_OPTIONS. To debug a server, use one whose "publicUrl" is at localhost.',
    })
  process.on('SIGUSR1', () => {})
}

// The real servers of a run: one with the clock of this machine, and others whose clocks differ, each started when a scenario needs it.
import { startSandboxServer, type SandboxServer } from './sandbox-server.ts'

export interface SandboxServers {
  withClockOffset(milliseconds: number): Promise<SandboxServer>
  /** Of the next sandbox: no two sandboxes of the servers have the same. */
  nextNumber(): number
  close(): Promise<void>
}

export function createSandboxServers(): SandboxServers {
  const servers = new Map<number, Promise<SandboxServer>>()
  let number = 0
  return {
    withClockOffset(milliseconds) {
      const known = servers.get(milliseconds)
      if (known !== undefined) return known
      const server = startSandboxServer(milliseconds)
      servers.set(milliseconds, server)
      return server
    },
    nextNumber: () => ++number,
    async close() {
      const started = await Promise.allSettled(servers.values())
      await Promise.all(started.map((one) => (one.status === 'fulfilled' ? one.value.close() : undefined)))
    },
  }
}

// A server that a command runs for a moment, to change the store itself.
import type { Configuration, CountersignServer } from '@countersign/server'
import { CommandError } from './output.ts'
import { refuseMissingStore } from './serve.ts'

/** @param ifInUse the next step if a server has the store open, on SQLite @throws CommandError, StoreError */
export async function withServer(
  config: string,
  ifInUse: string,
  work: (server: CountersignServer, configuration: Configuration) => Promise<void>,
): Promise<void> {
  const { createServer, loadConfiguration } = await import('@countersign/server')
  const configuration = loadConfiguration(config)
  await refuseMissingStore(configuration.store, config)
  const server = await createServer({ configuration, logStream: process.stderr }).catch((error: unknown) => {
    throw isStoreInUse(error) ? explainRunningServer(error, ifInUse) : error
  })
  try {
    await work(server, configuration)
  } finally {
    await server.close()
  }
}

function isStoreInUse(error: unknown): error is Error {
  return error instanceof Error && error.name === 'StoreError' && (error.cause as Error | undefined)?.name === 'StoreInUseError'
}

function explainRunningServer(cause: Error, next: string): CommandError {
  const holder = (cause.cause as { holder?: string }).holder
  return new CommandError(`A server${holder === undefined ? '' : ` (process ${holder})`} has the store open, and only one process can.`, {
    reason: 'conflict',
    next,
    cause,
  })
}

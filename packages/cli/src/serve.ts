// countersign serve: one server from one configuration file.
import { Command } from 'commander'
import { exitCodes } from './exit-codes.ts'
import { CommandError } from './output.ts'
import { refuseInspector } from './refuse-inspector.ts'

export function serveCommand(): Command {
  return new Command('serve')
    .description('Start the server')
    .requiredOption('--config <file>', 'configuration file; "countersign init" writes one')
    .option('--json', 'print the public URL and the realms as JSON')
    .addHelpText('after', '\nExample:\n  countersign serve --config countersign.yaml')
    .action(async ({ config, json }: { config: string; json?: boolean }) => {
      const onReload = catchReloadSignal()
      outliveOutput()
      const { createServer, loadConfiguration } = await import('@countersign/server')
      const configuration = loadConfiguration(config)
      refuseInspector(configuration.publicUrl)
      await refuseMissingStore(configuration.store, config)
      // Standard output is reserved for the output of the command, so that a program can read it.
      const server = await createServer({ configuration, logStream: process.stderr })
      stopOnDefect(
        (error) => server.app.log.fatal({ err: error }, 'unexpected error (a defect): stopping the server'),
        () => server.shutDown(),
      )
      try {
        if (!(await server.hasOwner())) server.app.log.warn(noOwner)
        await server.listen()
      } catch (error) {
        // Connections to PostgreSQL would keep a process that serves nothing.
        await server.close()
        throw error
      }
      stopOnSignal(() => server.shutDown())
      onReload(() => void server.reload())
      const realms = [...configuration.realms.values()].map(({ name, tokenUrl }) => ({ name, tokenUrl }))
      if (json) console.log(JSON.stringify({ publicUrl: configuration.publicUrl, realms }))
      else console.log([`Serving ${configuration.publicUrl} on ${configuration.listen}`, ...listRealms(realms)].join('\n'))
    })
}

const maxListed = 20

/** Standard output of a service often goes to a journal: not a thousand lines at each start. */
export function listRealms(realms: readonly { readonly name: string; readonly tokenUrl: string }[]): string[] {
  const lines = realms.slice(0, maxListed).map(({ name, tokenUrl }) => `  ${name}: ${tokenUrl}`)
  return realms.length <= maxListed ? lines : [...lines, `  and ${realms.length - maxListed} more: "countersign realm list"`]
}

/** Operators without the role may still administer the rest. */
export const noOwner =
  'no enabled operator has every scope and a valid secret, so operators cannot be administered; create one with "countersign operator create"'

/** A new, empty store in place of a lost or misspelt one would lock out all clients and operators. */
export async function refuseMissingStore(location: string, config: string): Promise<void> {
  const { checkStore, inspectStore } = await import('@countersign/server')
  const { state, kind, name } = await inspectStore(location)
  if (state === 'used' || name === ':memory:') return
  // A setting, such as another search path, may make it look empty.
  if (kind === 'postgres') await checkStore(location)
  const what = kind === 'postgres' ? 'database' : 'store'
  const next = `Correct "store" in "${config}" or restore your backup; "countersign init" creates a new one.`
  throw new CommandError(`The ${what} "${name}" ${state === 'missing' ? 'does not exist' : 'is empty'}.`, { reason: 'local', next })
}

/** A server goes on if nothing reads what it prints: other commands end with the reader of their output. */
export function outliveOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.removeAllListeners('error').on('error', () => {})
}

/**
 * Takes SIGHUP from now on, because it ends a process by default, also one that still starts. The returned function registers what is
 * reloaded; a signal that arrived before counts.
 */
export function catchReloadSignal(): (reload: () => void) => void {
  let isDue = false
  let onSignal: () => void = () => (isDue = true)
  process.on('SIGHUP', () => onSignal())
  return (reload) => {
    onSignal = reload
    if (isDue) reload()
  }
}

/** Stops once, on the first signal; a second signal ends the process with its default action. */
export function stopOnSignal(stop: () => Promise<void>): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void endAfter(stop, 0))
}

/** After an unexpected error the state of the server is unknown: it answers pending requests and exits. */
export function stopOnDefect(report: (error: unknown) => void, stop: () => Promise<void>): void {
  let isStopping = false
  // An unhandled rejection is reported here too.
  process.on('uncaughtException', (error) => {
    report(error)
    if (!isStopping) void endAfter(stop, exitCodes.internal.code)
    isStopping = true
  })
}

/** Nearly every supervisor waits at least 30 seconds before it kills. Milliseconds. */
const maxStopMs = 30_000

async function endAfter(stop: () => Promise<void>, exitCode: number): Promise<void> {
  setTimeout(() => {
    console.error(`The server did not stop within ${maxStopMs / 1000} seconds; terminating it.`)
    process.exit(exitCodes.other.code)
  }, maxStopMs).unref()
  try {
    await stop()
    process.exit(exitCode)
  } catch (error) {
    console.error(error)
    process.exit(exitCodes.internal.code)
  }
}

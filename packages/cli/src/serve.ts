// countersign serve: one server from one configuration file.
import { Command } from 'commander'
import type { FoundStore } from '@countersign/server'
import { CommandError } from './output.ts'

export function serveCommand(): Command {
  return new Command('serve')
    .description('Start the server that a configuration file describes')
    .requiredOption('--config <file>', 'the configuration file; "countersign init" writes one')
    .option('--json', 'print what is served as JSON')
    .addHelpText('after', '\nExample:\n  countersign serve --config countersign.yaml')
    .action(async ({ config, json }: { config: string; json?: boolean }) => {
      const { createServer, inspectStore, loadConfiguration } = await import('@countersign/server')
      const configuration = loadConfiguration(config)
      refuseMissingStore(await inspectStore(configuration.store), config)
      // Standard output is for what the command says, so that a program can read it.
      const server = await createServer({ configuration, logStream: process.stderr })
      stopOnDefect(
        (error) => server.app.log.fatal({ err: error }, 'a defect: the server stops'),
        () => server.shutDown(),
      )
      if (!(await server.hasOperator()))
        server.app.log.warn(`nobody can administer this server: no operator is enabled; "countersign operator create" makes one`)
      await server.listen()
      stopOnSignal(() => server.shutDown())
      if (configuration.tls) process.on('SIGHUP', () => server.reloadCertificate())
      const realms = [...configuration.realms.values()].map(({ name, tokenUrl }) => ({ name, tokenUrl }))
      if (json) console.log(JSON.stringify({ publicUrl: configuration.publicUrl, realms }))
      else
        console.log(
          [
            `Serving ${configuration.publicUrl} on ${configuration.listen}`,
            ...realms.map(({ name, tokenUrl }) => `  ${name}: ${tokenUrl}`),
          ].join('\n'),
        )
    })
}

/** A new, empty store in place of one that is lost or misspelt would let nobody in, and the operator out. */
export function refuseMissingStore({ state, kind, name }: FoundStore, config: string): void {
  if (state === 'used' || name === ':memory:') return
  const what = kind === 'postgres' ? 'database' : 'store'
  const next = `Correct "store" in "${config}" or restore your backup; "countersign init" creates a new one.`
  throw new CommandError(`The ${what} "${name}" ${state === 'missing' ? 'does not exist' : 'is empty'}.`, { next })
}

/** Stops once, on the first signal; a second one ends the process as it would have anyway. */
export function stopOnSignal(stop: () => Promise<void>): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void endAfter(stop, 0))
}

/** What nobody expected leaves the server in a state that nobody knows: it answers what is under way and ends. */
function stopOnDefect(report: (error: unknown) => void, stop: () => Promise<void>): void {
  let isStopping = false
  // A rejection that nobody handles comes here too.
  process.on('uncaughtException', (error) => {
    report(error)
    if (!isStopping) void endAfter(stop, 1)
    isStopping = true
  })
}

/** What a supervisor waits before it kills is 30 seconds at least nearly everywhere. Milliseconds. */
const maxStop = 30_000

async function endAfter(stop: () => Promise<void>, exitCode: number): Promise<void> {
  setTimeout(() => {
    console.error(`The server did not stop within ${maxStop / 1000} seconds, and is ended.`)
    process.exit(1)
  }, maxStop).unref()
  try {
    await stop()
    process.exit(exitCode)
  } catch (error) {
    console.error(error)
    process.exit(1)
  }
}

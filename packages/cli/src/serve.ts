// countersign serve: one server from one configuration file.
import { existsSync } from 'node:fs'
import { Command } from 'commander'
import { CommandError } from './output.ts'

export function serveCommand(): Command {
  return new Command('serve')
    .description('Start the server that a configuration file describes')
    .requiredOption('--config <file>', 'the configuration file; "countersign init" writes one')
    .option('--json', 'print what is served as JSON')
    .addHelpText('after', '\nExample:\n  countersign serve --config countersign.yaml')
    .action(async ({ config, json }: { config: string; json?: boolean }) => {
      const { createServer, loadConfiguration } = await import('@countersign/server')
      const configuration = loadConfiguration(config)
      refuseMissingStore(configuration.store, config)
      // Standard output is for what the command says, so that a program can read it.
      const server = await createServer({ configuration, logStream: process.stderr })
      await server.listen()
      stopOnSignal(() => server.close())
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
function refuseMissingStore(store: string, config: string): void {
  const [, file = ':memory:'] = /^sqlite:(.+)$/.exec(store) ?? []
  if (file === ':memory:' || existsSync(file)) return
  const next = `Correct "store" in "${config}" or restore your backup; "countersign init" creates a new one.`
  throw new CommandError(`The store "${file}" does not exist.`, { next })
}

/** Stops once, on the first signal; a second one ends the process as it would have anyway. */
export function stopOnSignal(stop: () => Promise<void>): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      stop().then(
        () => process.exit(0),
        (error: unknown) => {
          console.error(error)
          process.exit(1)
        },
      )
    })
  }
}

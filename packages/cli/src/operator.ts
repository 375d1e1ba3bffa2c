// countersign operator: what whoever holds the store and its keys can do when no operator can get in any more.
import { Command } from 'commander'
import { adminScopes } from '@countersign/admin'
import { describeOperator } from './init.ts'
import { CommandError, printResult } from './output.ts'
import { refuseMissingStore } from './serve.ts'

export function operatorCommand(): Command {
  const command = new Command('operator')
    .description('Create an operator without being one, by the store itself')
    .addHelpText('after', '\nExample:\n  countersign operator create --config countersign.yaml')
  command
    .command('create')
    .description('Create an operator by the store and its keys; the audit log shows it as done by "setup"')
    .requiredOption('--config <file>', 'the configuration file of the server')
    .option('--name <name>', 'who or what it is', 'Operator')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
This is the way in when all operators are lost, for whoever may read the configuration, the keys and the store. A server on
SQLite has to be stopped for it. An operator who can still get in makes another, who may do everything, by

  countersign client create --realm operators --organization operators --client-id deputy \\
    --scope "${adminScopes.join(' ')}"

Example:
  countersign operator create --config countersign.yaml --name "Deputy"`,
    )
    .action(createOperator)
  return command
}

async function createOperator({ config, name, json }: { config: string; name: string; json?: boolean }): Promise<void> {
  const { createServer, inspectStore, loadConfiguration } = await import('@countersign/server')
  const configuration = loadConfiguration(config)
  refuseMissingStore(await inspectStore(configuration.store), config)
  const server = await createServer({ configuration, logStream: process.stderr }).catch((error: unknown) => {
    throw isStoreInUse(error) ? explainRunningServer(error) : error
  })
  try {
    const operator = await server.createOperator({ name })
    printResult(json, operator, () => `The operator; the secret is shown only now:\n${describeOperator(operator, configuration.publicUrl)}`)
  } finally {
    await server.close()
  }
}

export function isStoreInUse(error: unknown): error is Error {
  return error instanceof Error && error.name === 'StoreError' && (error.cause as Error | undefined)?.name === 'StoreInUseError'
}

function explainRunningServer(cause: Error): CommandError {
  const holder = (cause.cause as { holder?: string }).holder
  return new CommandError(`A server has the store open${holder === undefined ? '' : `, process ${holder}`}, and only one can.`, {
    next: 'As an operator of that server: "countersign client create --realm operators --organization operators --client-id NAME --scope ..." (without --scope it may only look). If nobody can get in, stop it, run this again, and start it.',
    cause,
  })
}

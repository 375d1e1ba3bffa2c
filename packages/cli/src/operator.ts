// countersign operator: creates an operator with access to the store and the keys, for when no operator can log in any more.
import { Command } from 'commander'
import { adminScopes, expectedVisible, isVisibleText } from '@countersign/admin'
import { describeOperator } from './init.ts'
import { CommandError, printResult } from './output.ts'
import { refuseMissingStore } from './serve.ts'

export function operatorCommand(): Command {
  const command = new Command('operator')
    .description('Create an operator directly in the store, without operator credentials')
    .addHelpText('after', '\nExample:\n  countersign operator create --config countersign.yaml')
  command
    .command('create')
    .description('Create an operator directly in the store; the audit log records it as done by "setup"')
    .requiredOption('--config <file>', 'configuration file of the server')
    .option('--name <name>', 'display name of the operator', 'Operator')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
For use when all operator credentials are lost. Requires read access to the configuration and the keys, and write access to
the store. Stop a server on SQLite first. An operator with every scope can create another one through the server:

  countersign client create --realm operators --organization operators --client-id deputy \\
    --scope "${adminScopes.join(' ')}"

Example:
  countersign operator create --config countersign.yaml --name "Deputy"`,
    )
    .action(createOperator)
  return command
}

async function createOperator({ config, name, json }: { config: string; name: string; json?: boolean }): Promise<void> {
  if (!isVisibleText(name) || [...name].length > 200)
    throw new CommandError(`"--name" must have 1 to 200 characters, ${expectedVisible}.`, { next: 'Write the name without them.' })
  const { createServer, inspectStore, loadConfiguration } = await import('@countersign/server')
  const configuration = loadConfiguration(config)
  refuseMissingStore(await inspectStore(configuration.store), config)
  const server = await createServer({ configuration, logStream: process.stderr }).catch((error: unknown) => {
    throw isStoreInUse(error) ? explainRunningServer(error) : error
  })
  try {
    const operator = await server.createOperator({ name })
    printResult(
      json,
      operator,
      () => `Operator created. The secret is shown only once:\n${describeOperator(operator, configuration.publicUrl)}`,
    )
  } finally {
    await server.close()
  }
}

export function isStoreInUse(error: unknown): error is Error {
  return error instanceof Error && error.name === 'StoreError' && (error.cause as Error | undefined)?.name === 'StoreInUseError'
}

function explainRunningServer(cause: Error): CommandError {
  const holder = (cause.cause as { holder?: string }).holder
  return new CommandError(`A server${holder === undefined ? '' : ` (process ${holder})`} has the store open, and only one process can.`, {
    reason: 'conflict',
    next: 'As an operator of that server, run "countersign client create --realm operators --organization operators --client-id NAME --scope ..." (without --scope the new operator is read-only). If no operator can log in, stop the server, run this command again, and start the server.',
    cause,
  })
}

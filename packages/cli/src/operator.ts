// countersign operator: who may do what where; and what helps with access to the store and the keys when no operator can log in any more.
import { Command } from 'commander'
import { adminScopes, expectedVisible, isVisibleText } from '@countersign/admin'
import { describeOperator } from './init.ts'
import { addRights } from './operator-rights.ts'
import { CommandError, printResult } from './output.ts'
import { withServer } from './server-on-store.ts'

export function operatorCommand(): Command {
  const command = new Command('operator')
    .description('List operators and limit them to realms; or, directly in the store, create one or lower cuts of operators')
    .addHelpText(
      'after',
      `
An operator is a client of the realm "operators". With every scope and no limits it is an owner, and only owners change operators.
A client of another realm can be an operator of that realm: "countersign client operator --help".

Examples:
  countersign operator list
  countersign operator limit deputy --realm nt24-idp
  countersign operator create --config countersign.yaml`,
    )
  addRights(command)
  command
    .command('create')
    .description('Create an operator directly in the store; the audit log records it as done by "setup"')
    .requiredOption('--config <file>', 'configuration file of the server')
    .option('--name <name>', 'display name of the operator', 'Operator')
    .option('--realm <name...>', 'realms that the operator is limited to; without them it is an owner')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
For use when all operator credentials are lost. Requires read access to the configuration and the keys, and write access to
the store. Stop a server on SQLite first. An operator with every scope can create another one through the server:

  countersign client create --realm operators --organization operators --client-id deputy \\
    --scope "${adminScopes.join(' ')}"

With --limit-to REALM that one is limited, too.

Example:
  countersign operator create --config countersign.yaml --name "Deputy"`,
    )
    .action(createOperator)
  command
    .command('lower-cuts')
    .description('Lower the cuts of operators that lie in the future; the audit log records it as done by "setup"')
    .requiredOption('--config <file>', 'configuration file of the server')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
For use when the tokens of operators are rejected because they were cut while the clock of the server was ahead. Requires the
right time, read access to the configuration and the keys, and write access to the store. Stop a server on SQLite first.

Example:
  countersign operator lower-cuts --config countersign.yaml`,
    )
    .action(lowerCuts)
  return command
}

interface CreateOptions {
  readonly config: string
  readonly name: string
  readonly realm?: string[]
  readonly json?: boolean
}

const stopFirst = 'Stop the server, run this command again, and start the server.'

async function lowerCuts({ config, json }: { config: string; json?: boolean }): Promise<void> {
  await withServer(config, stopFirst, async (server) => {
    const lowered = await server.lowerOperatorCuts()
    const names = [...lowered.organizations, ...lowered.clients]
    const latest = lowered.latestCut === null ? 'there is none' : `the latest one is at ${lowered.latestCut}`
    printResult(json, lowered, () =>
      names.length === 0 ? `Nothing to lower: no cut of operators lies in the future; ${latest}.` : `Lowered: ${names.join(', ')}.`,
    )
  })
}

async function createOperator({ config, name, realm: realms, json }: CreateOptions): Promise<void> {
  if (!isVisibleText(name) || [...name].length > 200)
    throw new CommandError(`"--name" must have 1 to 200 characters, ${expectedVisible}.`, { next: 'Write the name without them.' })
  const next =
    'As an operator of that server, run "countersign client create --realm operators --organization operators --client-id NAME --scope ..." (without --scope the new operator is read-only). If no operator can log in, stop the server, run this command again, and start the server.'
  await withServer(config, next, async (server, { publicUrl, realms: configured }) => {
    const unknown = realms?.find((name) => !configured.has(name))
    if (unknown !== undefined)
      throw new CommandError(`The configuration has no realm "${unknown}".`, { next: `Use one of ${[...configured.keys()].join(', ')}.` })
    const operator = await server.createOperator({ name, realms })
    printResult(json, operator, () => `Operator created. The secret is shown only once:\n${describeOperator(operator, publicUrl)}`)
  })
}

#!/usr/bin/env node
// The countersign command: which commands there are. What each does is in the file of its name.
import { Command, type CommanderError } from 'commander'
import { clientCommand } from './client.ts'
import { demoCommand } from './demo/demo-command.ts'
import { initCommand } from './init.ts'
import { organizationCommand } from './organization.ts'
import { CommandError, reportFailure } from './output.ts'
import { serveCommand } from './serve.ts'
import { tokenCommand } from './token.ts'

const program = new Command('countersign')
  .description('Machine-to-machine authentication for partner APIs')
  .version('0.1.0')
  .addCommand(demoCommand())
  .addCommand(initCommand())
  .addCommand(serveCommand())
  .addCommand(organizationCommand())
  .addCommand(clientCommand())
  .addCommand(tokenCommand())
  .addHelpText(
    'after',
    `
First steps:
  countersign demo                                  four systems, ready to try
  countersign init && countersign serve --config countersign.yaml
  countersign organization create --realm partners --slug acme --name "Acme"
  countersign client create --realm partners --organization acme
  countersign token get --token-url http://localhost:8080/realms/partners/oauth2/token --client-id api-client-acme \\
    --client-secret-file -

Commands that talk to a server find it by --server or COUNTERSIGN_SERVER, and the operator by COUNTERSIGN_CLIENT_ID and
COUNTERSIGN_CLIENT_SECRET. Without them they use the running demo.`,
  )

/** Makes wrong usage a failure like any other, which names the command whose help is of use. Help itself ends as it does. */
function throwWrongUsage(command: Command, path: string): void {
  command.configureOutput({ outputError: () => {} }).exitOverride(({ code, message }: CommanderError) => {
    if (!/^commander\.(?:help|version)/.test(code))
      throw new CommandError(message.replace('error: ', ''), { next: `Run "${path} --help" for its options and examples.` })
  })
  for (const subcommand of command.commands) throwWrongUsage(subcommand, `${path} ${subcommand.name()}`)
}

// What this command writes are secrets, keys and stores: for the user alone.
process.umask(0o077)
throwWrongUsage(program, program.name())
try {
  await program.parseAsync()
} catch (error) {
  reportFailure(error, process.argv.includes('--json'))
}

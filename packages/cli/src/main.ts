#!/usr/bin/env node
// The countersign command: which commands there are. What each does is in the file of its name.
import { Command } from 'commander'
import { clientCommand } from './client.ts'
import { demoCommand } from './demo/demo-command.ts'
import { initCommand } from './init.ts'
import { organizationCommand } from './organization.ts'
import { reportFailure } from './output.ts'
import { serveCommand } from './serve.ts'
import { tokenCommand } from './token.ts'

const program = new Command('countersign')
  .description('Machine-to-machine authentication for partner APIs')
  .version('0.1.0')
  .showHelpAfterError('Run the same command with --help to see its options.')
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
  countersign token get --token-url http://localhost:8080/realms/partners/oauth2/token --client-id api-client-acme

Commands that talk to a server find it by --server or COUNTERSIGN_SERVER, and the operator by COUNTERSIGN_CLIENT_ID and
COUNTERSIGN_CLIENT_SECRET. Without them they use the running demo.`,
  )

try {
  await program.parseAsync()
} catch (error) {
  reportFailure(error, process.argv.includes('--json'))
}

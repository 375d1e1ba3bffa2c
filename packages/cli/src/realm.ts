// countersign realm: the realms of a server, which its configuration file defines.
import { Command } from 'commander'
import { describeSummary } from './describe-summary.ts'
import { addList, addOperation } from './operator-command.ts'
import type { SessionOptions } from './operator-session.ts'

export function realmCommand(): Command {
  const command = new Command('realm')
    .description('List realms, and say what needs attention in one')
    .addHelpText('after', '\nExamples:\n  countersign realm list\n  countersign realm summary --realm nt24-idp')
  addList(command, {
    usage: 'list',
    operation: 'realms.list',
    example: 'realm list',
    options: (list) => list,
    input: (_options: SessionOptions) => ({ params: {} }),
    columns: {
      NAME: ({ name }) => name,
      PROFILE: ({ tokenProfile }) => tokenProfile,
      DPA: ({ requiredDpaVersion }) => requiredDpaVersion ?? 'none',
      CAPABILITIES: ({ capabilities }) => Object.keys(capabilities).join(' '),
      TIERS: ({ rateLimitTiers }) => rateLimitTiers.join(' '),
      'TOKEN URL': ({ tokenUrl }) => tokenUrl,
    },
  })
  addOperation(command, {
    usage: 'summary',
    operation: 'realms.summary',
    description:
      'Say what needs attention in a realm, the most urgent first, each with the command that helps: rotations that will cut off a client or can be ended, secrets that expire or are due, agreements that organizations are refused for, guards that learn of no changes. And its numbers',
    example: 'realm summary --realm nt24-idp',
    input: ({ realm }) => ({ params: { realm } }),
    text: describeSummary,
  })
  return command
}

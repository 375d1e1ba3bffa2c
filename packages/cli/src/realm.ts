// countersign realm: the realms of a server, which its configuration file defines.
import { Command } from 'commander'
import { addList } from './operator-command.ts'
import type { SessionOptions } from './operator-session.ts'

export function realmCommand(): Command {
  const command = new Command('realm').description('List realms').addHelpText('after', '\nExample:\n  countersign realm list')
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
  return command
}

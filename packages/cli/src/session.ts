// countersign session: who is signed in to the console and the portal, and ending a session.
import { Command } from 'commander'
import { addList, addOperation } from './operator-command.ts'
import type { SessionOptions } from './operator-session.ts'

type Filters = SessionOptions & { readonly mount?: string; readonly realm?: string }

export function sessionCommand(): Command {
  const command = new Command('session')
    .description('List who is signed in to the console and the portal, and end sessions')
    .addHelpText('after', '\nExample:\n  countersign session list --mount portal --realm nt24-idp')

  addList(command, {
    usage: 'list',
    operation: 'sessions.list',
    description: 'List who is signed in to the console and the portal, most recent sign-in first',
    example: 'session list --mount portal --realm nt24-idp',
    options: (list) => list.option('--mount <mount>', 'filter by pages: "console" or "portal"').option('--realm <name>', 'filter by realm'),
    input: ({ mount, realm }: Filters) => ({ params: {}, query: { mount: mount as 'console' | undefined, realm } }),
    columns: {
      'SIGNED IN': ({ signedInAt }) => signedInAt,
      WHO: ({ name, clientId }) => clientId ?? name,
      KIND: ({ kind }) => kind,
      PAGES: ({ mount }) => mount,
      REALM: ({ realm }) => realm,
      ORGANIZATION: ({ organization }) => organization.slug,
      'LAST SEEN': ({ seenAt }) => seenAt,
      ADDRESS: ({ address }) => address,
      PROGRAM: ({ userAgent }) => userAgent,
      ID: ({ id }) => id,
    },
    shorten: ['PROGRAM', 'ADDRESS', 'ORGANIZATION', 'LAST SEEN'],
    none: () => 'None. Only clients and persons with an open session in the console or the portal are listed.',
  })

  addOperation(command, {
    usage: 'end <session>',
    operation: 'sessions.end',
    description: 'End a session: the next request of its pages is refused. "session list" prints the id',
    example: 'session end 4f0d6f0e-7d0e-4a52-9a0d-2f1e6b0f6f57 --reason "laptop lost"',
    options: (end) => end,
    input: (_options: SessionOptions, session) => ({ params: { session } }),
    text: ({ id }) => `Session ${id} ended.`,
  })
  return command
}

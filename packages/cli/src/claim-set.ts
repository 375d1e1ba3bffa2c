// countersign claim-set: grants that clients share.
import { Command } from 'commander'
import type { OperationOutput } from '@countersign/admin'
import { describeGrant, editGrant, namesGrant, withGrant, withRemovals, type GrantDocument, type GrantOptions } from './grant-options.ts'
import { addList, addOperation, inRealm, type RealmOptions } from './operator-command.ts'
import { openAdminClient } from './operator-session.ts'
import { nothingToChange } from './organization.ts'
import { formatFacts } from './output.ts'

type Options = RealmOptions & GrantOptions & { readonly description?: string }

export function claimSetCommand(): Command {
  const command = new Command('claim-set')
    .description('Manage claim sets: audiences, roles and claims that the tokens of several clients have')
    .addHelpText(
      'after',
      `
Examples:
  countersign claim-set create partners --realm nt24-idp --role realm:partner --claim tier=basic
  countersign client update api-client-acme --realm nt24-idp --claim-set partners
  countersign token preview api-client-acme --realm nt24-idp`,
    )
  const ofSet = ({ realm }: RealmOptions, claimSet: string) => ({ params: { realm, claimSet } })

  addOperation(command, {
    usage: 'create <claim-set>',
    operation: 'claimSets.create',
    example: 'claim-set create partners --realm nt24-idp --role realm:partner --role nt24-integration-api:orders:read --claim tier=basic',
    options: (create) => withGrant(inRealm(create)).option('--description <text>', 'text for people, in no token'),
    input: ({ realm, description, ...options }: Options, name) => ({
      params: { realm },
      body: { name, description, grant: editGrant(null, options) },
    }),
    text: describe,
  })

  addList(command, {
    usage: 'list',
    operation: 'claimSets.list',
    example: 'claim-set list --realm nt24-idp',
    input: ({ realm }: RealmOptions) => ({ params: { realm } }),
    columns: { NAME: ({ name }) => name, CLIENTS: ({ clients }) => String(clients), DESCRIPTION: ({ description }) => description },
  })

  addOperation(command, {
    usage: 'show <claim-set>',
    operation: 'claimSets.get',
    example: 'claim-set show partners --realm nt24-idp',
    input: ofSet,
    text: describe,
  })

  addOperation(command, {
    usage: 'update <claim-set>',
    description: 'Add and remove audiences, roles and claims of a claim set. The next token of every client that uses it has the change',
    operation: 'claimSets.update',
    example: "claim-set update partners --realm nt24-idp --role realm:auditor --remove-claim tier --reason 'ticket 4711'",
    options: (update) => withRemovals(inRealm(update)).option('--description <text>', 'text for people, in no token'),
    input: async (options: Options, claimSet) => {
      const { realm, description } = options
      if (!namesGrant(options) && description === undefined) throw nothingToChange('--role, --audience, --claim or another option')
      const { grant, version } = await openAdminClient(options).call('claimSets.get', ofSet(options, claimSet))
      const edited = namesGrant(options) ? editGrant(grant as GrantDocument, options) : undefined
      return { params: { realm, claimSet }, body: { description, grant: edited }, ifMatch: version }
    },
    text: describe,
  })

  addOperation(command, {
    usage: 'delete <claim-set>',
    operation: 'claimSets.delete',
    example: "claim-set delete partners --realm nt24-idp --reason 'ticket 4711'",
    input: ofSet,
    text: () => 'The claim set is deleted.',
  })

  return command
}

function describe(set: OperationOutput<'claimSets.get'>): string {
  return formatFacts([
    ['name', set.name],
    ['realm', set.realm],
    ...(set.description === '' ? [] : [['description', set.description] as const]),
    ['clients', String(set.clients)],
    ...describeGrant(set.grant as GrantDocument),
    ['version', String(set.version)],
  ])
}

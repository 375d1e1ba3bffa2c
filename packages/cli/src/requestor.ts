// countersign requestor: the natural persons of an organization, whom commands name in the header Requestor-ID.
import { Command } from 'commander'
import type { OperationOutput } from '@countersign/admin'
import { addList, addOperation, ofOrganization, type RealmOptions } from './operator-command.ts'
import { nothingToChange } from './organization.ts'
import { formatFacts } from './output.ts'

type Options = RealmOptions & { readonly organization: string }
type PermissionOptions = Options & { readonly permission?: string[]; readonly none?: boolean }

export function requestorCommand(): Command {
  const command = new Command('requestor')
    .description('Register natural persons and what they may do')
    .addHelpText('after', '\nExample:\n  countersign requestor create --realm nt24-idp --organization acme --permission payments:create')
  const permission = ['--permission <name...>', 'what the person may do, for example payments:create'] as const
  const ofRequestor = ({ realm, organization }: Options, requestor: string) => ({ params: { realm, organization, requestor } })

  addOperation(command, {
    usage: 'create',
    operation: 'requestors.create',
    example: 'requestor create --realm nt24-idp --organization acme --permission payments:create',
    options: (create) =>
      ofOrganization(create)
        .option('--id <uuid>', 'the id that the API knows the person by; a new one if left out')
        .option(...permission),
    input: ({ realm, organization, id, permission: permissions }: PermissionOptions & { id?: string }) => ({
      params: { realm, organization },
      body: { id, permissions },
    }),
    text: describe,
  })

  addList(command, {
    usage: 'list',
    operation: 'requestors.list',
    example: 'requestor list --realm nt24-idp --organization acme',
    options: ofOrganization,
    input: ({ realm, organization }: Options) => ({ params: { realm, organization } }),
    columns: { ID: ({ id }) => id, PERMISSIONS: ({ permissions }) => permissions.join(' ') || 'none' },
  })

  addOperation(command, {
    usage: 'show <requestor>',
    operation: 'requestors.get',
    example: 'requestor show 0b9c1f5e-6f2c-4d0e-9f57-0c5b8a4e1d33 --realm nt24-idp --organization acme',
    options: ofOrganization,
    input: (options: Options, requestor) => ofRequestor(options, requestor),
    text: describe,
  })

  addOperation(command, {
    usage: 'update <requestor>',
    description: 'Set what a requestor may do: all permissions from now on',
    operation: 'requestors.update',
    example: 'requestor update 0b9c1f5e-6f2c-4d0e-9f57-0c5b8a4e1d33 --realm nt24-idp --organization acme --permission payments:create',
    options: (update) =>
      ofOrganization(update)
        .option(...permission)
        .option('--none', 'no permission at all'),
    input: (options: PermissionOptions, requestor) => {
      const permissions = options.none ? [] : options.permission
      if (!permissions) throw nothingToChange('--permission or --none')
      return { ...ofRequestor(options, requestor), body: { permissions } }
    },
    text: describe,
  })

  addOperation(command, {
    usage: 'delete <requestor>',
    operation: 'requestors.delete',
    example: 'requestor delete 0b9c1f5e-6f2c-4d0e-9f57-0c5b8a4e1d33 --realm nt24-idp --organization acme',
    options: ofOrganization,
    input: (options: Options, requestor) => ofRequestor(options, requestor),
    text: () => 'The requestor is deleted.',
  })

  return command
}

function describe({ id, permissions, version }: OperationOutput<'requestors.get'>): string {
  return formatFacts([
    ['requestor', id],
    ['permissions', permissions.join(' ') || 'none'],
    ['version', `${version}, that of its organization`],
  ])
}

// countersign person: the people of an organization, who sign in to the portal or, as operators, at their company.
import { Command } from 'commander'
import type { OperationOutput, PortalRole } from '@countersign/admin'
import { addList, addOperation, ofOrganization, type RealmOptions } from './operator-command.ts'
import { formatFacts } from './output.ts'
import { roleOption } from './role-option.ts'

type Options = RealmOptions & { readonly organization: string }

export function personCommand(): Command {
  const command = new Command('person')
    .description('List and remove the people who sign in to the portal, and set their roles')
    .addHelpText('after', '\nExample:\n  countersign person list --realm nt24-idp --organization acme')

  addList(command, {
    usage: 'list',
    operation: 'people.list',
    example: 'person list --realm nt24-idp --organization acme\n  countersign person list --realm operators --organization operators',
    options: ofOrganization,
    input: ({ realm, organization }: Options) => ({ params: { realm, organization } }),
    columns: {
      ID: ({ id }) => id,
      NAME: ({ name }) => name,
      ADDRESS: ({ address }) => address ?? '',
      ROLE: ({ role }) => role ?? 'by groups',
      'SIGNS IN BY': signInOf,
      'LAST SIGN-IN': ({ lastSignedInAt }) => lastSignedInAt ?? 'never',
    },
  })

  addOperation(command, {
    usage: 'set-role <person>',
    operation: 'people.setRole',
    example: 'person set-role 5f0c6a0e-8f55-4b6e-9a43-6a1f5d1f7c11 --realm nt24-idp --organization acme --role viewer',
    options: (set) => ofOrganization(set).addOption(roleOption()),
    input: ({ realm, organization, role }: Options & { role: PortalRole }, person) => ({
      params: { realm, organization, person },
      body: { role },
    }),
    text: describe,
  })

  addOperation(command, {
    usage: 'remove <person>',
    operation: 'people.remove',
    example: "person remove 5f0c6a0e-8f55-4b6e-9a43-6a1f5d1f7c11 --realm nt24-idp --organization acme --reason 'left the company'",
    options: ofOrganization,
    input: ({ realm, organization }: Options, person) => ({ params: { realm, organization, person } }),
    text: () => 'The person is removed. Passkeys and sessions of the person do not work any more.',
  })

  return command
}

type Person = OperationOutput<'people.setRole'>

function signInOf({ signIn, passkeys }: Person): string {
  return signIn === 'idp' ? 'company' : passkeys === 1 ? 'a passkey' : `${passkeys} passkeys`
}

function describe(person: Person): string {
  return formatFacts([
    ['person', person.id],
    ['name', person.name],
    ['role', person.role ?? 'by groups'],
    ['signs in by', signInOf(person)],
  ])
}

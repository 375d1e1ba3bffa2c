// countersign invitation: invitations of people to the portal of an organization.
import { Command } from 'commander'
import type { OperationOutput, PortalRole } from '@countersign/admin'
import { addList, addOperation, ofOrganization, type RealmOptions } from './operator-command.ts'
import { formatFacts } from './output.ts'
import { roleOption } from './role-option.ts'

type Options = RealmOptions & { readonly organization: string }

export function invitationCommand(): Command {
  const command = new Command('invitation')
    .description('Invite people to the portal')
    .addHelpText('after', '\nExample:\n  countersign invitation create --realm nt24-idp --organization acme --role admin')

  addOperation(command, {
    usage: 'create',
    description:
      'Invite a person to the portal. Prints a link for one person, once; it can be accepted for 7 days. With it, the person makes a passkey and gets the role',
    operation: 'invitations.create',
    example: 'invitation create --realm nt24-idp --organization acme --role admin',
    options: (create) => ofOrganization(create).addOption(roleOption()),
    input: ({ realm, organization, role }: Options & { role: PortalRole }) => ({ params: { realm, organization }, body: { role } }),
    text: (invitation, { realm, organization }) => describe(invitation, realm, organization),
  })

  addList(command, {
    usage: 'list',
    operation: 'invitations.list',
    example: 'invitation list --realm nt24-idp --organization acme',
    options: ofOrganization,
    input: ({ realm, organization }: Options) => ({ params: { realm, organization } }),
    columns: {
      ID: ({ id }) => id,
      ROLE: ({ role }) => role,
      STATE: ({ state }) => state,
      'INVITED BY': ({ invitedBy, inviterSignIn }) => (inviterSignIn === 'idp' ? `${invitedBy} (by the company)` : invitedBy),
      CREATED: ({ createdAt }) => createdAt,
      ENDS: ({ endsAt }) => endsAt,
      PERSON: ({ person }) => person?.name ?? '',
    },
  })

  addOperation(command, {
    usage: 'withdraw <invitation>',
    description: 'Withdraw an invitation: its link does not work any more. One that was accepted cannot be withdrawn',
    operation: 'invitations.withdraw',
    example:
      "invitation withdraw 5f0c6a0e-8f55-4b6e-9a43-6a1f5d1f7c11 --realm nt24-idp --organization acme --reason 'sent to the wrong person'",
    options: ofOrganization,
    input: ({ realm, organization }: Options, invitation) => ({ params: { realm, organization, invitation } }),
    text: () => 'The invitation is withdrawn.',
  })

  return command
}

function describe({ id, role, url, endsAt }: OperationOutput<'invitations.create'>, realm: string, organization: string): string {
  const facts = formatFacts([
    ['invitation', id],
    ['role', role],
    ['ends', endsAt],
  ])
  if (url === null)
    return `${facts}\n\nThe link is not shown again: it was in the first response to this key. Withdraw the invitation, and create another:\n  countersign invitation withdraw ${id} --realm ${realm} --organization ${organization}`
  return `${facts}\n\n${url}\n\nThe link is shown only once. The first person who accepts it gets the role: send it by a channel that you trust.`
}

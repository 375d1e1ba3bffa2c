// countersign capability: switches features of an organization that its realm declares.
import { Command } from 'commander'
import { addOperation, ofOrganization, type RealmOptions } from './operator-command.ts'
import { describeOrganization } from './organization.ts'
import { parseCapabilityValue } from './values.ts'

type Options = RealmOptions & { readonly organization: string }

export function capabilityCommand(): Command {
  const command = new Command('capability')
    .description('Set and remove capabilities of organizations')
    .addHelpText('after', '\nExample:\n  countersign capability set rateLimitTier premium --realm nt24-idp --organization acme')

  addOperation(command, {
    usage: 'set <capability> <value>',
    operation: 'capabilities.set',
    example: "capability set allowMarketplaceLedKyc true --realm nt24-idp --organization acme --reason 'ticket 4711'",
    options: ofOrganization,
    input: ({ realm, organization }: Options, capability, value) => ({
      params: { realm, organization, capability: capability },
      body: { value: parseCapabilityValue(value) },
    }),
    text: describeOrganization,
  })

  addOperation(command, {
    usage: 'remove <capability>',
    operation: 'capabilities.remove',
    example: "capability remove allowMarketplaceLedKyc --realm nt24-idp --organization acme --reason 'ticket 4711'",
    options: ofOrganization,
    input: ({ realm, organization }: Options, capability) => ({ params: { realm, organization, capability: capability } }),
    text: describeOrganization,
  })

  return command
}

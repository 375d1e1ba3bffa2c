// countersign organization: the companies that may call the APIs of a realm.
import { Command } from 'commander'
import type { OperationOutput } from '@countersign/admin'
import { forOperators, openAdminClient, type SessionOptions } from './operator-session.ts'
import { CommandError, formatFacts, formatTable, printResult } from './output.ts'

type Organization = OperationOutput<'organizations.get'>
type RealmOptions = SessionOptions & { readonly realm: string }

export function organizationCommand(): Command {
  const command = new Command('organization')
    .description('Create, show and list organizations')
    .addHelpText('after', '\nExample:\n  countersign organization create --realm nt24-idp --slug globex --name "Globex"')

  forOperators(command.command('create'))
    .description('Create an organization')
    .requiredOption('--realm <name>', 'the realm that it belongs to')
    .requiredOption('--slug <slug>', 'its short name: lower-case letters, digits and "-"')
    .requiredOption('--name <name>', 'its full name')
    .option('--capability <name=value...>', 'a capability, for example allowMarketplaceLedKyc=true', [])
    .addHelpText(
      'after',
      '\nExample:\n  countersign organization create --realm nt24-idp --slug globex --name "Globex" --capability rateLimitTier=standard',
    )
    .action(async (options: RealmOptions & { slug: string; name: string; capability: string[] }) => {
      const { realm, slug, name, capability } = options
      const body = { slug, name, capabilities: parseCapabilities(capability) }
      const organization = await openAdminClient(options).call('organizations.create', { params: { realm }, body })
      printResult(
        options.json,
        organization,
        (created) => `${describe(created)}\n\nNext: give it a client:\n  countersign client create --realm ${realm} --organization ${slug}`,
      )
    })

  forOperators(command.command('show'))
    .description('Show an organization with its partners, capabilities, DPA and clients')
    .argument('<organization>', 'its slug or its id')
    .requiredOption('--realm <name>', 'the realm that it belongs to')
    .addHelpText('after', '\nExample:\n  countersign organization show acme --realm nt24-idp')
    .action(async (organization: string, options: RealmOptions) => {
      const { realm } = options
      printResult(options.json, await openAdminClient(options).call('organizations.get', { params: { realm, organization } }), describe)
    })

  forOperators(command.command('list'))
    .description('List the organizations of a realm')
    .requiredOption('--realm <name>', 'the realm')
    .option('--limit <count>', 'how many at most, up to 200', '50')
    .option('--after <slug>', 'start behind this slug')
    .addHelpText('after', '\nExample:\n  countersign organization list --realm nt24-idp --json')
    .action(async (options: RealmOptions & { limit: string; after?: string }) => {
      const { realm, limit, after } = options
      const page = await openAdminClient(options).call('organizations.list', { params: { realm }, query: { limit, after } })
      printResult(options.json, page, ({ items, next }) => {
        const table = formatTable(
          ['SLUG', 'NAME', 'STATUS', 'ID'],
          items.map(({ slug, name, status, id }) => [slug, name, status, id]),
        )
        return next === null ? table : `${table}\n\nThere are more: add --after ${next}`
      })
    })

  return command
}

function parseCapabilities(pairs: readonly string[]): Record<string, string | boolean> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, name, value] = /^([^=]+)=(.+)$/.exec(pair) ?? []
      if (name === undefined || value === undefined)
        throw new CommandError(`"--capability ${pair}" is not NAME=VALUE.`, {
          next: 'Write for example "--capability allowMarketplaceLedKyc=true".',
        })
      return [name, value === 'true' || value === 'false' ? value === 'true' : value]
    }),
  )
}

function describe(organization: Organization): string {
  const { slug, name, id, realm, status, dpa, capabilities, partners, requestors, clients } = organization
  const list = (values: readonly string[]) => (values.length === 0 ? 'none' : values.join('\n'.padEnd(15)))
  return formatFacts([
    ['organization', `${name} (${slug})`],
    ['id', id],
    ['realm', realm],
    ['status', status],
    [
      'DPA',
      `${dpa.status}${dpa.acceptedVersion === null ? '' : `, accepted ${dpa.acceptedVersion}`}${dpa.requiredVersion === null ? '' : `, required ${dpa.requiredVersion}`}`,
    ],
    ['capabilities', list(Object.entries(capabilities).map(([capability, value]) => `${capability} = ${String(value)}`))],
    ['partners', list(partners.map((partner) => `${partner.id}  ${partner.name}`))],
    ['requestors', list(requestors.map((requestor) => `${requestor.id}  ${requestor.permissions.join(' ')}`))],
    ['clients', list(clients)],
  ])
}

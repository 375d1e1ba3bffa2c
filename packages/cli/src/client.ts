// countersign client: the backends of an organization, each with credentials of its own.
import { Command } from 'commander'
import type { OperationOutput } from '@countersign/admin'
import { forOperators, openAdminClient, type SessionOptions } from './operator-session.ts'
import { formatFacts, printResult } from './output.ts'

type RealmOptions = SessionOptions & { readonly realm: string }

export function clientCommand(): Command {
  const command = new Command('client')
    .description('Create, show and disable clients')
    .addHelpText('after', '\nExample:\n  countersign client create --realm nt24-idp --organization acme')

  forOperators(command.command('create'))
    .description('Create a client; its secret is printed once and kept nowhere')
    .requiredOption('--realm <name>', 'the realm')
    .requiredOption('--organization <organization>', 'the slug or the id of the organization that it belongs to')
    .option('--client-id <id>', 'its client id; "api-client-{slug}" if left out')
    .option('--name <name>', 'what it is, for people')
    .option('--scope <scopes>', 'the scopes that it may have, separated by spaces; those of the realm if left out')
    .addHelpText(
      'after',
      '\nExample:\n  countersign client create --realm nt24-idp --organization acme --client-id acme-staging --scope "profile orders:read"',
    )
    .action(async (options: RealmOptions & { organization: string; clientId?: string; name?: string; scope?: string }) => {
      const { realm, organization, clientId, name = `${organization} backend`, scope } = options
      const scopes = scope?.split(' ').filter((token) => token !== '')
      const created = await openAdminClient(options).call('clients.create', {
        params: { realm },
        body: { organization, clientId, name, scopes },
      })
      printResult(
        options.json,
        created,
        ({ client, clientSecret }) =>
          `${describe(client)}\nsecret           ${clientSecret}\n\nThe secret is shown only now: hand it over by a safe channel and keep no copy.`,
      )
    })

  forOperators(command.command('show'))
    .description('Show a client; never its secret')
    .argument('<client-id>')
    .requiredOption('--realm <name>', 'the realm')
    .addHelpText('after', '\nExample:\n  countersign client show api-client-acme --realm nt24-idp')
    .action(async (client: string, options: RealmOptions) => {
      printResult(options.json, await openAdminClient(options).call('clients.get', { params: { realm: options.realm, client } }), describe)
    })

  forOperators(command.command('disable'))
    .description('Disable a client: no new tokens, and those it has are refused')
    .argument('<client-id>')
    .requiredOption('--realm <name>', 'the realm')
    .addHelpText('after', '\nExample:\n  countersign client disable api-client-acme --realm nt24-idp')
    .action(async (client: string, options: RealmOptions) => {
      const disabled = await openAdminClient(options).call('clients.update', {
        params: { realm: options.realm, client },
        body: { enabled: false },
      })
      printResult(options.json, disabled, describe)
    })

  return command
}

function describe(client: OperationOutput<'clients.get'>): string {
  return formatFacts([
    ['client id', client.clientId],
    ['name', client.name],
    ['realm', client.realm],
    ['organization', `${client.organization.name} (${client.organization.slug})`],
    ['enabled', client.enabled ? 'yes' : 'no'],
    ['service account', client.serviceAccountEnabled ? 'on' : 'off'],
    ['scopes', client.scopes.join(' ') || 'none'],
    ['secrets', client.secrets.map(({ lastFour, createdAt }) => `…${lastFour} of ${createdAt.slice(0, 10)}`).join(', ') || 'none'],
  ])
}

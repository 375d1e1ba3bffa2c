// countersign client: the backends of an organization, each with credentials of its own.
import { Command } from 'commander'
import type { OperationInput, OperationOutput } from '@countersign/admin'
import { addList, addOperation, inRealm, type RealmOptions } from './operator-command.ts'
import { nothingToChange } from './organization.ts'
import { formatFacts } from './output.ts'
import { given, inQuery, parseDuration, parseInstant, parseSwitch, parseWords } from './values.ts'

type Method = 'client_secret_basic' | 'client_secret_post'
type Settings = RealmOptions & {
  readonly name?: string
  readonly scope?: string
  readonly accessTokenLifetime?: string
  readonly authenticationMethod?: Method[]
  readonly serviceAccount?: string
}

export function clientCommand(): Command {
  const command = new Command('client')
    .description('Create, show, list, change, disable and delete clients')
    .addHelpText('after', '\nExample:\n  countersign client create --realm nt24-idp --organization acme')

  addOperation(command, {
    usage: 'create',
    description: 'Create a client; its secret is printed once and kept nowhere',
    operation: 'clients.create',
    example: 'client create --realm nt24-idp --organization acme --client-id acme-staging --scope "profile orders:read"',
    options: (create) =>
      withSettings(inRealm(create))
        .requiredOption('--organization <organization>', 'the slug or the id of the organization that it belongs to')
        .option('--client-id <id>', 'its client id; "api-client-{slug}" if left out')
        .option('--secret-expires-at <instant>', 'when its first secret ends; it does not if left out'),
    input: (options: Settings & { organization: string; clientId?: string; secretExpiresAt?: string }) => {
      const { realm, organization, clientId, name = `${organization} backend` } = options
      const secretExpiresAt = given(parseInstant, '--secret-expires-at', options.secretExpiresAt)
      return { params: { realm }, body: { ...readSettings(options), organization, clientId, name, secretExpiresAt } }
    },
    text: ({ client, clientSecret }) =>
      `${describe(client)}\n${describeSecret(clientSecret, `For a new one: countersign secret rotate ${client.clientId} --realm ${client.realm}`)}`,
  })

  addList(command, {
    usage: 'list',
    operation: 'clients.list',
    example: 'client list --realm nt24-idp --organization acme',
    options: (list) =>
      inRealm(list)
        .option('--organization <organization>', 'only those of this organization')
        .option('--enabled <on|off>', 'only those that are enabled, or that are not')
        .option('--search <text>', 'only those with this text in their client id or name')
        .option('--sort <member>', 'clientId or createdAt; with "-" before it the greatest first'),
    input: (options: RealmOptions & { organization?: string; enabled?: string; search?: string; sort?: 'clientId' }) => {
      const { realm, organization, search, sort } = options
      return {
        params: { realm },
        query: { organization, search, sort, enabled: inQuery(given(parseSwitch, '--enabled', options.enabled)) },
      }
    },
    columns: {
      'CLIENT ID': ({ clientId }) => clientId,
      NAME: ({ name }) => name,
      ORGANIZATION: ({ organization }) => organization.slug,
      ENABLED: ({ enabled }) => (enabled ? 'yes' : 'no'),
    },
  })

  addOperation(command, {
    usage: 'show <client-id>',
    operation: 'clients.get',
    example: 'client show api-client-acme --realm nt24-idp',
    input: ({ realm }, client) => ({ params: { realm, client: client } }),
    text: describe,
  })

  addOperation(command, {
    usage: 'update <client-id>',
    description: 'Rename a client, set its scopes, methods and lifetime, or switch its service account',
    operation: 'clients.update',
    example: 'client update api-client-acme --realm nt24-idp --service-account off',
    options: (update) => withSettings(inRealm(update)),
    input: (options: Settings, client) => {
      const body = readSettings(options)
      if (Object.values(body).every((value) => value === undefined)) throw nothingToChange('--name, --scope or another option')
      return { params: { realm: options.realm, client: client }, body }
    },
    text: describe,
  })

  const switches = [
    ['enable', 'Enable a client: it gets tokens again', true],
    ['disable', 'Disable a client: no new tokens, and those it has are refused', false],
  ] as const
  for (const [name, description, enabled] of switches) {
    addOperation(command, {
      usage: `${name} <client-id>`,
      description,
      operation: 'clients.update',
      example: `client ${name} api-client-acme --realm nt24-idp`,
      input: ({ realm }, client) => ({ params: { realm, client: client }, body: { enabled } }),
      text: describe,
    })
  }

  addOperation(command, {
    usage: 'delete <client-id>',
    operation: 'clients.delete',
    example: 'client delete api-client-acme --realm nt24-idp',
    input: ({ realm }, client) => ({ params: { realm, client: client } }),
    text: () => 'The client is deleted.',
  })

  return command
}

function withSettings(command: Command): Command {
  return command
    .option('--name <name>', 'what it is, for people')
    .option('--scope <scopes>', 'the scopes that it may have, separated by spaces')
    .option('--access-token-lifetime <duration>', 'how long its tokens live, for example "5m"; "realm" for the lifetime of the realm')
    .option('--authentication-method <method...>', 'client_secret_basic, client_secret_post or both')
    .option('--service-account <on|off>', 'whether it gets tokens by client_credentials')
}

function readSettings({ name, scope, accessTokenLifetime: lifetime, authenticationMethod, serviceAccount }: Settings) {
  return {
    name,
    scopes: scope === undefined ? undefined : parseWords(scope),
    accessTokenLifetime: lifetime === 'realm' ? null : given(parseDuration, '--access-token-lifetime', lifetime),
    authenticationMethods: authenticationMethod,
    serviceAccountEnabled: given(parseSwitch, '--service-account', serviceAccount),
  } satisfies OperationInput<'clients.update'>['body']
}

/**
 * The line of a secret that is shown once. It is null where the answer to the same request was given before.
 * @param whereLost how to get another one
 */
export function describeSecret(clientSecret: string | null, whereLost: string): string {
  return clientSecret === null
    ? `secret           lost with the first answer: no secret is shown twice. ${whereLost}`
    : `secret           ${clientSecret}\n\nThe secret is shown only now: hand it over by a safe channel and keep no copy.`
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
    ['methods', client.authenticationMethods.join(' ')],
    ['token lifetime', client.accessTokenLifetime === null ? 'that of the realm' : `${client.accessTokenLifetime} s`],
    ['version', String(client.version)],
    ['secrets', client.secrets.map(({ lastFour, createdAt }) => `…${lastFour} of ${createdAt.slice(0, 10)}`).join(', ') || 'none'],
  ])
}

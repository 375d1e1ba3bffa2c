// countersign client: the backends of an organization, each with credentials of its own.
import { Command } from 'commander'
import { shellWord, type OperationInput, type OperationOutput } from '@countersign/admin'
import {
  clientAuthenticationMethodNames,
  keyMethodName,
  type ClientAuthenticationMethodName,
  type SigningAlgorithmName,
} from '@countersign/protocol'
import { addClientOperator, describeOperatorRights } from './client-operator.ts'
import { addGrantCommand, describeTokenMembers } from './client-grant.ts'
import { addKeyCommands, readKey } from './client-key.ts'
import { addList, addOperation, inRealm, type RealmOptions } from './operator-command.ts'
import { describeCut, describeLowered, nothingToChange } from './organization.ts'
import { formatFacts } from './output.ts'
import { given, inQuery, parseDuration, parseInstant, parseSwitch, parseWords } from './values.ts'

type Settings = RealmOptions & {
  readonly name?: string
  readonly scope?: string
  readonly accessTokenLifetime?: string
  readonly signingAlgorithm?: SigningAlgorithmName | 'realm'
  readonly authenticationMethod?: ClientAuthenticationMethodName[]
  readonly serviceAccount?: string
  readonly defaultScope?: string
  readonly claimSet?: string
  readonly subject?: string
  readonly headerType?: string
}

type NewClient = Settings & {
  readonly organization: string
  readonly clientId?: string
  readonly secretExpiresAt?: string
  readonly key?: string
  readonly jwksUri?: string
  readonly limitTo?: string
}

type Filters = RealmOptions & {
  readonly organization?: string
  readonly enabled?: string
  readonly signingAlgorithm?: SigningAlgorithmName
  readonly claimSet?: string
  readonly search?: string
  readonly sort?: 'clientId'
}

export function clientCommand(): Command {
  const command = new Command('client')
    .description('Create, show, list, change, disable and delete clients')
    .addHelpText('after', '\nExample:\n  countersign client create --realm nt24-idp --organization acme')

  addOperation(command, {
    usage: 'create',
    description: 'Create a client. Its secret is printed once and cannot be shown again',
    operation: 'clients.create',
    example: 'client create --realm nt24-idp --organization acme --client-id acme-staging --scope "profile orders:read"',
    options: (create) =>
      withSettings(inRealm(create))
        .requiredOption('--organization <organization>', 'slug or id of the organization')
        .option('--client-id <id>', 'client id; "api-client-{slug}" by default, with a number if that is taken')
        .option('--limit-to <realms>', 'realms that a new operator is limited to, separated by spaces; only with --realm operators')
        .option('--secret-expires-at <instant>', 'expiry of the first secret; none by default')
        .option('--key <file>', 'public key (JWK, JWK Set or PEM) by which the client authenticates, instead of a secret')
        .option('--jwks-uri <url>', 'URL where the client publishes its public keys, instead of a secret'),
    input: (options: NewClient) => {
      const { realm, organization, clientId, jwksUri, key, name = `${organization} backend` } = options
      const secretExpiresAt = given(parseInstant, '--secret-expires-at', options.secretExpiresAt)
      const operatorRealms = options.limitTo === undefined ? undefined : parseWords(options.limitTo)
      const named = { organization, clientId, name, secretExpiresAt, jwksUri, operatorRealms }
      return { params: { realm }, body: { ...readSettings(options), ...named, ...(key !== undefined && { key: readKey(key) }) } }
    },
    text: ({ client, clientSecret }) =>
      `${describe(client)}\n${clientSecret === null && client.secrets.length === 0 ? describeKeys(client) : describeSecret(clientSecret, `For a new secret, run: countersign secret rotate ${shellWord(client.clientId)} --realm ${client.realm}`)}`,
  })

  addList(command, {
    usage: 'list',
    operation: 'clients.list',
    example: 'client list --realm nt24-idp --organization acme',
    options: (list) =>
      inRealm(list)
        .option('--organization <organization>', 'filter by organization')
        .option('--enabled <on|off>', 'filter by state: enabled (on) or disabled (off)')
        .option('--signing-algorithm <name>', 'filter by signature algorithm: clients with this one of their own')
        .option('--claim-set <name>', 'filter by claim set')
        .option('--search <text>', 'filter by text in the client id or the name')
        .option('--sort <member>', 'sort key: clientId or createdAt; prefix with "-" for descending order'),
    input: (options: Filters) => {
      const { realm, organization, signingAlgorithm, claimSet, search, sort } = options
      return {
        params: { realm },
        query: {
          organization,
          signingAlgorithm,
          claimSet,
          search,
          sort,
          enabled: inQuery(given(parseSwitch, '--enabled', options.enabled)),
        },
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
    description: 'Change the name, scopes, authentication methods, token lifetime, signature algorithm or service account of a client',
    operation: 'clients.update',
    example: "client update api-client-acme --realm nt24-idp --service-account off --reason 'ticket 4711'",
    options: (update) => withSettings(inRealm(update)),
    input: (options: Settings, client) => {
      const body = readSettings(options)
      if (Object.values(body).every((value) => value === undefined)) throw nothingToChange('--name, --scope or another option')
      return { params: { realm: options.realm, client: client }, body }
    },
    text: describe,
  })

  addGrantCommand(command, describe)

  const switches = [
    ['enable', 'Enable a client: it can get tokens again', true],
    ['disable', 'Disable a client: it gets no new tokens, and the tokens that it has are rejected', false],
  ] as const
  for (const [name, description, enabled] of switches) {
    addOperation(command, {
      usage: `${name} <client-id>`,
      description,
      operation: 'clients.update',
      example: `client ${name} api-client-acme --realm nt24-idp --reason 'ticket 4711'`,
      input: ({ realm }, client) => ({ params: { realm, client: client }, body: { enabled } }),
      text: describe,
    })
  }

  addClientOperator(command)

  addOperation(command, {
    usage: 'delete <client-id>',
    operation: 'clients.delete',
    example: "client delete api-client-acme --realm nt24-idp --reason 'ticket 4711'",
    input: ({ realm }, client) => ({ params: { realm, client: client } }),
    text: () => 'The client is deleted.',
  })

  addOperation(command, {
    usage: 'lower-cut <client-id>',
    operation: 'clients.lowerCut',
    example: "client lower-cut api-client-acme --realm nt24-idp --reason 'The clock of the server was ahead'",
    input: ({ realm }, client) => ({ params: { realm, client } }),
    text: (client) => `${describeLowered(client.clientId, client)}\n\n${describe(client)}`,
  })

  addKeyCommands(command)
  return command
}

function withSettings(command: Command): Command {
  return command
    .option('--name <name>', 'display name')
    .option('--scope <scopes>', 'scopes that the client can request, separated by spaces')
    .option('--access-token-lifetime <duration>', 'lifetime of the access tokens, for example "5m"; "realm" for the default of the realm')
    .option(
      '--signing-algorithm <name>',
      'signature algorithm of the tokens, one that the realm has, such as RS256; "realm" for that of the realm',
    )
    .option(
      '--authentication-method <method...>',
      `accepted authentication methods, one or more of: ${clientAuthenticationMethodNames.join(', ')}`,
    )
    .option('--service-account <on|off>', 'allow or deny the client_credentials grant')
    .option('--default-scope <scopes>', 'scopes of a token if none are requested; "all" for all of the client')
    .option('--claim-set <name>', 'claim set of the client; "none" for none')
    .option('--subject <subject>', 'subject ("sub") of the tokens; "id" for the id of the client')
    .option('--header-type <type>', 'type ("typ") in the header of the tokens: "at+jwt"; "profile" for that of the token profile')
}

function readSettings(options: Settings) {
  const { name, scope, accessTokenLifetime: lifetime, signingAlgorithm, authenticationMethod, serviceAccount } = options
  const { defaultScope, claimSet, subject, headerType } = options
  return {
    name,
    scopes: scope === undefined ? undefined : parseWords(scope),
    accessTokenLifetime: lifetime === 'realm' ? null : given(parseDuration, '--access-token-lifetime', lifetime),
    signingAlgorithm: signingAlgorithm === 'realm' ? null : signingAlgorithm,
    authenticationMethods: authenticationMethod,
    serviceAccountEnabled: given(parseSwitch, '--service-account', serviceAccount),
    defaultScopes: defaultScope === 'all' ? null : defaultScope === undefined ? undefined : parseWords(defaultScope),
    claimSet: claimSet === 'none' ? null : claimSet,
    subject: subject === 'id' ? null : subject,
    headerType: headerType === 'profile' ? null : (headerType as 'at+jwt' | undefined),
  } satisfies OperationInput<'clients.update'>['body']
}

/**
 * The line of a secret that is shown once. It is null if an earlier response to the same request has shown it.
 * @param whereLost how to get another secret
 */
export function describeSecret(clientSecret: string | null, whereLost: string): string {
  return clientSecret === null
    ? `secret           not shown again: it was in the first response to this key. ${whereLost}`
    : `secret           ${clientSecret}\n\nThe secret is shown only once. Hand it over through a secure channel and keep no copy.`
}

function describeKeys({ clientId, realm }: OperationOutput<'clients.get'>): string {
  return `secret           none: the client authenticates by its keys\n\nNext: register a key, unless it has one, and see the KEY ID by which the client names it:\n  countersign client key add ${clientId} public.pem --realm ${realm}\n  countersign client key list ${clientId} --realm ${realm}`
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
    ...describeOperatorRights(client),
    ['methods', client.authenticationMethods.join(' ')],
    ['token lifetime', client.accessTokenLifetime === null ? 'default of the realm' : `${client.accessTokenLifetime} s`],
    ['algorithm', client.signingAlgorithm ?? 'default of the realm'],
    ...describeTokenMembers(client),
    ...describeCut(client),
    ['version', String(client.version)],
    ...(client.authenticationMethods.includes(keyMethodName)
      ? [['keys', `shown by: countersign client key list ${shellWord(client.clientId)} --realm ${client.realm}`] as const]
      : []),
    ['secrets', client.secrets.map(({ lastFour, createdAt }) => `…${lastFour} of ${createdAt.slice(0, 10)}`).join(', ') || 'none'],
  ])
}

// countersign identity-provider: the identity provider of an organization, at which its people sign in to the portal.
import { Command, Option } from 'commander'
import { portalRoles, type OperationOutput, type PortalRole } from '@countersign/admin'
import { addOperation, inRealm, type RealmOptions } from './operator-command.ts'
import { CommandError, formatFacts } from './output.ts'
import { refuseOpenFile } from './secret-file.ts'
import { parseWords, readText } from './values.ts'

interface SetOptions extends RealmOptions {
  readonly name: string
  readonly issuer: string
  readonly clientId: string
  readonly secretFile?: string
  readonly role?: readonly string[]
  readonly everyone?: PortalRole | typeof none
  readonly claim?: string
  readonly scope?: string
}

const none = 'none'

export function identityProviderCommand(): Command {
  const command = new Command('identity-provider')
    .description('Let the people of an organization sign in to the portal at their company (OpenID Connect)')
    .addHelpText(
      'after',
      `
In this order:
  countersign identity-provider show acme --realm nt24-idp      the addresses that their identity provider needs
  countersign identity-provider set acme --realm nt24-idp ...   what it gives for them: issuer, client id and secret
docs/portal.md leads through it.`,
    )

  addOperation(command, {
    usage: 'show <organization>',
    operation: 'identityProviders.get',
    example: 'identity-provider show acme --realm nt24-idp',
    input: ({ realm }, organization) => ({ params: { realm, organization } }),
    text: describe,
  })

  addOperation(command, {
    usage: 'set <organization>',
    operation: 'identityProviders.set',
    example:
      "identity-provider set acme --realm nt24-idp --name 'Acme SSO' --issuer https://login.acme.example --client-id portal --secret-file idp-secret.txt --role api-admins=admin --everyone viewer",
    options: (set) =>
      inRealm(set)
        .requiredOption('--name <name>', 'name of the identity provider')
        .requiredOption('--issuer <url>', 'issuer, exactly as in the discovery document')
        .requiredOption('--client-id <id>', 'id of the client that it has for the portal')
        .option('--secret-file <file>', 'file with the secret of that client, "-" for standard input; without it the present secret stays')
        .option('--role <group=role...>', `role of the members of a group: ${portalRoles.join(', ')}; "none" for no group`)
        .addOption(new Option('--everyone <role>', 'role of all people who sign in there').choices([...portalRoles, none]))
        .option('--claim <claim>', 'claim with the groups of a person; "groups" at first')
        .option('--scope <scopes>', 'scopes to ask for besides "openid"; "profile email" at first')
        .addHelpText(
          'after',
          '\nOptions that are left out keep what is stored, as long as issuer and client id stay the same. "--role" replaces all groups.',
        ),
    input: (options: SetOptions, organization) => {
      const { realm, name, issuer, clientId, secretFile, role, everyone, claim, scope } = options
      return {
        params: { realm, organization },
        body: {
          name,
          issuer,
          clientId,
          clientSecret: secretFile === undefined ? undefined : readSecret(secretFile),
          roles: role === undefined ? undefined : parseRoles(role),
          everyone: everyone === none ? null : everyone,
          claim,
          scopes: scope === undefined ? undefined : parseWords(scope),
        },
      }
    },
    text: describe,
  })

  addOperation(command, {
    usage: 'remove <organization>',
    operation: 'identityProviders.remove',
    example: "identity-provider remove acme --realm nt24-idp --reason 'they have left'",
    input: ({ realm }, organization) => ({ params: { realm, organization } }),
    text: () => 'The identity provider is removed. The people who signed in there are signed out.',
  })

  return command
}

function readSecret(file: string): string {
  if (file !== '-') refuseOpenFile(file)
  return readText(file).replace(/\r?\n$/, '')
}

/** @throws CommandError */
function parseRoles(texts: readonly string[]): Record<string, PortalRole> {
  return texts.length === 1 && texts[0] === none ? {} : Object.fromEntries(texts.map(parseRole))
}

/** The name of a group may contain "=". @throws CommandError */
function parseRole(text: string): [group: string, role: PortalRole] {
  const at = text.lastIndexOf('=')
  const role = portalRoles.find((one) => one === text.slice(at + 1))
  if (at > 0 && role) return [text.slice(0, at), role]
  throw new CommandError(`"--role ${text}" is not a group with a role.`, {
    reason: 'usage',
    next: `Write GROUP=ROLE; a role is one of ${portalRoles.join(', ')}.`,
  })
}

function describe({ signInUrl, callbackUrl, logoutUrl, provider }: OperationOutput<'identityProviders.get'>): string {
  const off = 'none: the portal is off'
  const addresses = formatFacts([
    ['redirect URI', callbackUrl ?? off],
    ['logout URI', logoutUrl ?? off],
    ['people sign in at', signInUrl ?? off],
  ])
  if (!provider) return `The organization has no identity provider. Theirs needs:\n\n${addresses}`
  const { name, issuer, clientId, claim, scopes, roles, everyone, changedAt } = provider
  const facts = formatFacts([
    ['name', name],
    ['issuer', issuer],
    ['client id', clientId],
    ['scopes', ['openid', ...scopes].join(' ')],
    ['claim', claim],
    [
      'roles',
      Object.entries(roles)
        .map(([group, role]) => `${group}=${role}`)
        .join(', ') || 'none by groups',
    ],
    ['everyone', everyone ?? 'no role'],
    ['changed', changedAt],
  ])
  return `${facts}\n\n${addresses}`
}

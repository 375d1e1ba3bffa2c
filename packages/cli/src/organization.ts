// countersign organization: the companies that may call the APIs of a realm.
import { Command } from 'commander'
import { shellWord, type OperationOutput } from '@countersign/admin'
import { addDue, describeImpact } from './cut-offs.ts'
import { addList, addOperation, askForName, inRealm, type RealmOptions } from './operator-command.ts'
import { openAdminClient } from './operator-session.ts'
import { CommandError, formatFacts, printNote, printResult } from './output.ts'
import { parseCapabilityValue } from './values.ts'

type Organization = OperationOutput<'organizations.get'>

type SuspendOptions = RealmOptions & { readonly dryRun?: boolean; readonly yes?: boolean }

export function organizationCommand(): Command {
  const command = new Command('organization')
    .description('Create, show, list, change, suspend and delete organizations')
    .addHelpText('after', '\nExample:\n  countersign organization create --realm nt24-idp --slug globex --name "Globex"')
  const key = ({ realm }: RealmOptions, organization: string) => ({ realm, organization })

  addOperation(command, {
    usage: 'create',
    operation: 'organizations.create',
    example: 'organization create --realm nt24-idp --slug globex --name "Globex" --capability rateLimitTier=standard',
    options: (create) =>
      inRealm(create)
        .requiredOption('--slug <slug>', 'short name: lower-case letters, digits and "-"')
        .requiredOption('--name <name>', 'full name')
        .option('--capability <name=value...>', 'capability to set, for example allowMarketplaceLedKyc=true', []),
    input: ({ realm, slug, name, capability }: RealmOptions & { slug: string; name: string; capability: string[] }) => ({
      params: { realm },
      body: { slug, name, capabilities: parseCapabilities(capability) },
    }),
    text: (created) =>
      `${describeOrganization(created)}\n\nNext: create a client for it:\n  countersign client create --realm ${created.realm} --organization ${created.slug}`,
  })

  addList(command, {
    usage: 'list',
    operation: 'organizations.list',
    example: 'organization list --realm nt24-idp --status suspended',
    options: (list) =>
      inRealm(list)
        .option('--status <status>', 'filter by status: "active" or "suspended"')
        .option('--search <text>', 'filter by text in the slug or the name')
        .option('--sort <member>', 'sort key: slug, name or createdAt; prefix with "-" for descending order'),
    input: ({ realm, status, search, sort }: RealmOptions & { status?: 'active'; search?: string; sort?: 'slug' }) => ({
      params: { realm },
      query: { status, search, sort },
    }),
    columns: { SLUG: ({ slug }) => slug, NAME: ({ name }) => name, STATUS: ({ status }) => status, ID: ({ id }) => id },
  })

  addOperation(command, {
    usage: 'show <organization>',
    operation: 'organizations.get',
    example: 'organization show acme --realm nt24-idp',
    input: (options, organization) => ({ params: key(options, organization) }),
    text: describeOrganization,
  })

  addOperation(command, {
    usage: 'update <organization>',
    description: 'Rename an organization or set capabilities; other capabilities stay as they are',
    operation: 'organizations.update',
    example: 'organization update acme --realm nt24-idp --name "Acme International" --if-version 3',
    options: (update) =>
      inRealm(update)
        .option('--name <name>', 'new name')
        .option('--capability <name=value...>', 'capability to set, for example rateLimitTier=premium'),
    input: (options: RealmOptions & { name?: string; capability?: string[] }, organization) => {
      const { name, capability } = options
      if (name === undefined && capability === undefined) throw nothingToChange('--name or --capability')
      return { params: key(options, organization), body: { name, capabilities: capability && parseCapabilities(capability) } }
    },
    text: describeOrganization,
  })

  addDue(command)

  addOperation(command, {
    usage: 'suspend <organization>',
    description:
      'Suspend an organization: its tokens are rejected and its clients get no new ones until it is resumed. With --dry-run, show what that would stop and change nothing; at a terminal that is shown before the command asks',
    operation: 'organizations.suspend',
    example:
      "organization suspend acme --realm nt24-idp --dry-run\n  countersign organization suspend acme --realm nt24-idp --reason 'Unpaid since March'",
    options: (suspend) =>
      inRealm(suspend)
        .option('--dry-run', 'show which clients, routes and partners would be cut off; change nothing')
        .option('--yes', 'at a terminal, skip the question'),
    instead: (options: SuspendOptions, organization) => (options.dryRun ? showImpact(options, organization!) : undefined),
    input: async (options: SuspendOptions, organization) => {
      if (process.stdin.isTTY && !options.yes) await askWithImpact(options, organization)
      return { params: key(options, organization), body: {} }
    },
    text: describeOrganization,
  })

  addOperation(command, {
    usage: 'resume <organization>',
    operation: 'organizations.resume',
    example: "organization resume acme --realm nt24-idp --reason 'ticket 4711'",
    input: (options, organization) => ({ params: key(options, organization) }),
    text: describeOrganization,
  })

  addOperation(command, {
    usage: 'delete <organization>',
    operation: 'organizations.delete',
    example: "organization delete acme --realm nt24-idp --reason 'ticket 4711'",
    input: (options, organization) => ({ params: key(options, organization) }),
    text: () => 'The organization is deleted.',
  })

  addOperation(command, {
    usage: 'cut-tokens <organization>',
    operation: 'organizations.cutTokens',
    example: "organization cut-tokens acme --realm nt24-idp --reason 'A log with tokens was published'",
    input: (options, organization) => ({ params: key(options, organization) }),
    text: (organization) => `All tokens of "${organization.slug}" issued before now are invalid.`,
  })

  addOperation(command, {
    usage: 'lower-cut <organization>',
    operation: 'organizations.lowerCut',
    example: "organization lower-cut acme --realm nt24-idp --reason 'The clock of the server was ahead'",
    input: (options, organization) => ({ params: key(options, organization) }),
    text: (organization) => `${describeLowered(organization.slug, organization)}\n\n${describeOrganization(organization)}`,
  })

  return command
}

async function readImpact(options: SuspendOptions, organization: string) {
  return openAdminClient(options).call('organizations.impact', { params: { realm: options.realm, organization } })
}

async function showImpact(options: SuspendOptions, organization: string): Promise<void> {
  printResult(options.json, await readImpact(options, organization), (impact) =>
    impact.organization.status === 'suspended'
      ? `"${impact.organization.slug}" is already suspended. Nothing was changed.\n\n${describeImpact(impact)}`
      : `${describeImpact(impact)}\n\nNothing was changed. ${howToSuspend(impact)}`,
  )
}

/** An organization of guards is named as one where the command is, too: the lines above it may be out of sight. */
export function howToSuspend({ realm, organization: { slug }, guards }: OperationOutput<'organizations.impact'>): string {
  const command = `countersign organization suspend ${shellWord(slug)} --realm ${shellWord(realm)} --reason 'why'`
  return guards.length === 0
    ? `To suspend it: ${command}`
    : `To suspend it, ALTHOUGH ITS CLIENTS ARE GUARDS OF APIs, which then answer 503 to every caller: ${command}`
}

async function askWithImpact(options: SuspendOptions, organization: string): Promise<void> {
  const impact = await readImpact(options, organization)
  printNote(`${describeImpact(impact)}\n`)
  const guards = impact.guards.length > 0 ? ', and APIs of which its clients are guards answer 503 to every caller' : ''
  await askForName(`Suspending it stops all of that${guards}. Type "${organization}" to confirm: `, organization)
}

export function nothingToChange(options: string): CommandError {
  return new CommandError('There is nothing to change.', { next: `Name what to change by ${options}.` })
}

function parseCapabilities(pairs: readonly string[]): Record<string, string | boolean> {
  const values = new Map<string, string | boolean>()
  for (const pair of pairs) {
    const [, name, value] = /^([^=]+)=(.+)$/.exec(pair) ?? []
    if (name === undefined || value === undefined)
      throw new CommandError(`"--capability ${pair}" is not NAME=VALUE.`, {
        next: 'Write for example "--capability allowMarketplaceLedKyc=true".',
      })
    if (values.has(name)) throw new CommandError(`"--capability ${name}=…" is given twice.`, { next: 'Leave one of the two out.' })
    values.set(name, parseCapabilityValue(value))
  }
  return Object.fromEntries(values)
}

/** A line about a cut that lies in the future. */
export function describeCut({ tokensNotBefore }: { readonly tokensNotBefore?: string | null | undefined }): [string, string][] {
  const isAhead = typeof tokensNotBefore === 'string' && Date.parse(tokensNotBefore) > Date.now() + clocksDifferMs
  return isAhead ? [['tokens', `all rejected until ${tokensNotBefore}, unless "lower-cut" ends that`]] : []
}

/** What holds after "lower-cut". */
export function describeLowered(
  name: string,
  { lowered, tokensNotBefore }: OperationOutput<'clients.lowerCut' | 'organizations.lowerCut'>,
): string {
  if (lowered) return `Lowered: tokens of "${name}" from before ${tokensNotBefore} stay invalid, later ones are accepted.`
  if (typeof tokensNotBefore !== 'string') return `Nothing to lower: there is no cut of "${name}".`
  return `Nothing to lower: the cut of "${name}" at ${tokensNotBefore} has passed. Tokens from before it are invalid, later ones are accepted.`
}

/** A cut that was just made is up to two seconds ahead of the server's clock. */
const clocksDifferMs = 10_000

/** @param command lists what is too much to be in the organization */
function listOrTotal<Item>(
  { total, list }: { readonly total: number; readonly list?: readonly Item[] | undefined },
  describe: (item: Item) => string,
  command: string,
): string {
  if (!list) return `${total}; list them with "countersign ${command}"`
  return listed(list.map(describe))
}

function listed(values: readonly string[]): string {
  return values.length === 0 ? 'none' : values.join('\n'.padEnd(15))
}

export function describeOrganization(organization: Organization): string {
  const { slug, name, id, realm, status, version, dpa, capabilities, partners, requestors, clients } = organization
  return formatFacts([
    ['organization', `${name} (${slug})`],
    ['id', id],
    ['realm', realm],
    ['status', status],
    ...describeCut(organization),
    ['version', String(version)],
    [
      'DPA',
      `${dpa.status}${dpa.acceptedVersion === null ? '' : `, accepted ${dpa.acceptedVersion}`}${dpa.requiredVersion === null ? '' : `, required ${dpa.requiredVersion}`}`,
    ],
    ['capabilities', listed(Object.entries(capabilities).map(([capability, value]) => `${capability} = ${String(value)}`))],
    [
      'partners',
      listOrTotal(partners, (partner) => `${partner.id}  ${partner.name}`, `partner of --realm ${realm} --organization ${slug}`),
    ],
    [
      'requestors',
      listOrTotal(
        requestors,
        ({ id, permissions }) => `${id}  ${permissions.join(' ')}`,
        `requestor list --realm ${realm} --organization ${slug}`,
      ),
    ],
    ['clients', listOrTotal(clients, (clientId) => clientId, `client list --realm ${realm} --organization ${slug}`)],
  ])
}

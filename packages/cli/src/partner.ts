// countersign partner: the sellers of a realm, and the organizations that are authorized for them.
import { Command } from 'commander'
import { maxPartnersPerRequest, type OperationOutput } from '@countersign/admin'
import type { PartnerLine } from '@countersign/admin/partner-lines'
import { addList, addOperation, inRealm, ofOrganization, type RealmOptions } from './operator-command.ts'
import { forOperators, openAdminClient } from './operator-session.ts'
import { describeOrganization } from './organization.ts'
import { CommandError, formatFacts, printResult } from './output.ts'
import { addReason, withReason, type ReasonOptions } from './reason-option.ts'
import { parsePartners } from './partner-file.ts'
import { inQuery, readText } from './values.ts'

const anId = '5f0c6a0e-8f55-4b6e-9a43-6a1f5d1f7c11'
type SearchOptions = { readonly search?: string }
type BulkOptions = RealmOptions & ReasonOptions & { readonly organization: string; readonly file?: string; readonly name?: string }

export function partnerCommand(): Command {
  const command = new Command('partner')
    .description('Register partners, and authorize organizations to act for them')
    .addHelpText('after', `\nExample:\n  countersign partner authorize ${anId} --name "Alder Retail" --realm nt24-idp --organization acme`)

  addOperation(command, {
    usage: 'register <partner>',
    operation: 'partners.register',
    example: `partner register ${anId} --realm nt24-idp --name "Alder Retail"`,
    options: (register) =>
      inRealm(register)
        .requiredOption('--name <name>', 'name of the partner')
        .option('--only-new', 'fail if the id is registered, in place of renaming that partner'),
    input: ({ realm, name, onlyNew }: RealmOptions & { name: string; onlyNew?: boolean }, partner) => ({
      params: { realm, partner },
      body: { name, ...(onlyNew && { onlyNew }) },
    }),
    text: describe,
  })

  addList(command, {
    usage: 'list',
    operation: 'partners.list',
    example: 'partner list --realm nt24-idp --search retail',
    options: (list) => inRealm(list).option('--search <text>', 'filter by text in the name or the id'),
    input: ({ realm, search }: RealmOptions & SearchOptions) => ({ params: { realm }, query: { search } }),
    columns: { ID: ({ id }) => id, NAME: ({ name }) => name, ORGANIZATIONS: ({ organizations }) => String(organizations) },
  })

  addList(command, {
    usage: 'of',
    description: 'List the partners that an organization may act for',
    operation: 'partners.ofOrganization',
    example: 'partner of --realm nt24-idp --organization acme --search retail',
    options: (of) => ofOrganization(of).option('--search <text>', 'filter by text in the name or the id'),
    input: ({ realm, organization, search }: BulkOptions & SearchOptions) => ({ params: { realm, organization }, query: { search } }),
    columns: { ID: ({ id }) => id, NAME: ({ name }) => name },
  })

  addOperation(command, {
    usage: 'show <partner>',
    operation: 'partners.get',
    example: `partner show ${anId} --realm nt24-idp`,
    input: ({ realm }, partner) => ({ params: { realm, partner: partner } }),
    text: describe,
  })

  addList(command, {
    usage: 'organizations <partner>',
    operation: 'partners.organizations',
    example: `partner organizations ${anId} --realm nt24-idp`,
    options: inRealm,
    input: ({ realm }: RealmOptions, partner) => ({ params: { realm, partner: partner! } }),
    columns: {
      SLUG: ({ slug }) => slug,
      NAME: ({ name }) => name,
      STATUS: ({ status }) => status,
      'AUTHORIZED AT': ({ authorizedAt }) => authorizedAt,
      ID: ({ id }) => id,
    },
    shorten: ['ID', 'NAME'],
    none: () => 'None. No organization may act for this partner.',
  })

  addOperation(command, {
    usage: 'delete <partner>',
    description: 'Delete a partner. Fails while organizations are authorized for it, unless --force is given',
    operation: 'partners.delete',
    example: `partner delete ${anId} --realm nt24-idp --reason 'ticket 4711'`,
    options: (remove) => inRealm(remove).option('--force', 'remove all authorizations for the partner first'),
    input: ({ realm, force }: RealmOptions & { force?: boolean }, partner) => ({
      params: { realm, partner: partner },
      query: { force: inQuery(force) },
    }),
    text: () => 'The partner is deleted.',
  })

  addBulk(command, 'authorize', 'Authorize an organization for partners. New partners are registered with their name')
    .option('--name <name>', 'name of a single partner that is not registered yet')
    .action((ids: string[], options: BulkOptions) => authorize(ids, options))
  addBulk(command, 'withdraw', "Revoke an organization's authorization for partners").action((ids: string[], options: BulkOptions) =>
    withdraw(ids, options),
  )

  return command
}

function addBulk(parent: Command, name: string, description: string): Command {
  const command = ofOrganization(forOperators(parent.command(`${name} [partners...]`)).description(description))
  return withReason(command, 'partners.change')
    .option('--file <file>', 'file with one partner per line, "id,name"; "-" for standard input')
    .addHelpText(
      'after',
      `\nExamples:\n  countersign partner ${name} ${anId} --realm nt24-idp --organization acme --reason 'ticket 4711'\n  countersign partner ${name} --file partners.csv --realm nt24-idp --organization acme\n\nAll partners of a command are changed, or none. A file with more than ${maxPartnersPerRequest} partners is sent in batches of that size, each all or nothing.`,
    )
}

async function authorize(ids: readonly string[], options: BulkOptions): Promise<void> {
  const { realm, organization, name } = options
  const partners = readPartners(ids, options)
  const [only, ...others] = partners
  if (only && others.length === 0) {
    const params = { realm, organization, partner: only.id }
    const input = addReason({ params, body: { name: name ?? only.name } }, options)
    const output = await openAdminClient(options).call('partners.authorize', input)
    return printResult(options.json, output, describeOrganization)
  }
  if (name !== undefined) throw new CommandError('"--name" is for a single partner only.', { next: 'Use --file with lines "id,name".' })
  await changeInParts(options, partners, 'Authorized', (authorize) => ({ authorize: authorize.map(({ id, name }) => ({ id, name })) }))
}

async function withdraw(ids: readonly string[], options: BulkOptions): Promise<void> {
  const { realm, organization } = options
  const partners = readPartners(ids, options)
  const [only, ...others] = partners
  if (only && others.length === 0) {
    const input = addReason({ params: { realm, organization, partner: only.id } }, options)
    const output = await openAdminClient(options).call('partners.withdraw', input)
    return printResult(options.json, output, describeOrganization)
  }
  await changeInParts(options, partners, 'Withdrew', (part) => ({ withdraw: part.map(({ id }) => id) }))
}

function readPartners(ids: readonly string[], { file }: BulkOptions): readonly PartnerLine[] {
  if (ids.length > 0 === (file !== undefined))
    throw new CommandError(file === undefined ? 'No partner is given.' : 'Partners are given both as arguments and by --file.', {
      next: 'Pass the ids of partners as arguments, or a file with --file.',
    })
  return file === undefined ? ids.map((id) => ({ id, name: undefined })) : parsePartners(file, readText(file))
}

async function changeInParts(
  options: BulkOptions,
  partners: readonly PartnerLine[],
  verb: string,
  body: (part: readonly PartnerLine[]) => { authorize?: { id: string; name: string | undefined }[]; withdraw?: string[] },
): Promise<void> {
  const { realm, organization } = options
  const admin = openAdminClient(options)
  for (let start = 0; start < partners.length; start += maxPartnersPerRequest) {
    const part = partners.slice(start, start + maxPartnersPerRequest)
    try {
      await admin.call('partners.change', addReason({ params: { realm, organization }, body: body(part) }, options))
    } catch (error) {
      if (start > 0) console.error(`The first ${start} partners were changed, the others were not.`)
      throw error
    }
  }
  printResult(options.json, { organization, partners: partners.length }, () => `${verb} ${partners.length} partners of "${organization}".`)
}

function describe({ id, name, realm, organizations, createdAt }: OperationOutput<'partners.get'>): string {
  return formatFacts([
    ['partner', name],
    ['id', id],
    ['realm', realm],
    ['organizations', String(organizations)],
    ['registered', createdAt],
  ])
}

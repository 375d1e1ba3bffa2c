// countersign access-request: what integrators ask for, and the answers.
import { Command, Option } from 'commander'
import { accessRequestKinds, accessRequestStates, shellWord, type AccessRequestKind, type OperationOutput } from '@countersign/admin'
import { addList, addOperation, inRealm, ofOrganization, type RealmOptions } from './operator-command.ts'
import { CommandError, formatFacts } from './output.ts'
import { describeSecret } from './client.ts'

type OfOrganization = RealmOptions & { readonly organization: string }
type Answer = OfOrganization & { readonly answer?: string; readonly name?: string }
type Filters = RealmOptions & { readonly state?: (typeof accessRequestStates)[number]; readonly organization?: string }
type Described = OperationOutput<'accessRequests.create'>

const anId = '0b9c1f5e-6f2c-4d0e-9f57-0c5b8a4e1d33'
const ofAcme = '--realm nt24-idp --organization acme'

export function accessRequestCommand(): Command {
  const command = new Command('access-request')
    .description('List and answer what integrators ask for: partners, capabilities, scopes and clients')
    .addHelpText('after', `\nExample:\n  countersign access-request approve ${anId} ${ofAcme} --answer 'From Monday on'`)
  const ofRequest = ({ realm, organization }: OfOrganization, accessRequest: string) => ({ realm, organization, accessRequest })

  addList(command, {
    usage: 'list',
    operation: 'accessRequests.list',
    example: 'access-request list --realm nt24-idp --state open',
    options: (list) =>
      inRealm(list)
        .addOption(new Option('--state <state>', 'filter by state').choices(accessRequestStates))
        .option('--organization <organization>', 'filter by organization'),
    input: ({ realm, state, organization }: Filters) => ({ params: { realm }, query: { state, organization } }),
    columns: {
      ID: ({ id }) => id,
      ORGANIZATION: ({ organization }) => organization.slug,
      STATE: ({ state }) => state,
      'ASKS FOR': describeWhat,
      'ASKED AT': ({ askedAt }) => askedAt,
      NOTE: ({ note }) => note ?? '',
    },
  })

  addList(command, {
    usage: 'of',
    description: 'List the access requests of an organization, most recent first',
    operation: 'accessRequests.ofOrganization',
    example: `access-request of ${ofAcme}`,
    options: ofOrganization,
    input: ({ realm, organization }: OfOrganization) => ({ params: { realm, organization } }),
    columns: {
      ID: ({ id }) => id,
      STATE: ({ state }) => state,
      'ASKS FOR': describeWhat,
      'ASKED AT': ({ askedAt }) => askedAt,
      ANSWER: ({ answer }) => answer ?? '',
    },
  })

  addOperation(command, {
    usage: 'create <kind> <what>',
    description:
      'Record what an organization asked for elsewhere. The kind is partner (with the id of the partner), capability or scope (with its name), or client (with the name of the new client)',
    operation: 'accessRequests.create',
    example: `access-request create scope orders:write ${ofAcme} --client api-client-acme --note 'For returns'`,
    options: (create) =>
      ofOrganization(create)
        .option('--client <client-id>', 'client that the scope is for')
        .option('--note <text>', 'note on what it is needed for'),
    input: ({ realm, organization, client, note }: OfOrganization & { client?: string; note?: string }, kind, what) => ({
      params: { realm, organization },
      body: { kind: parseKind(kind), what, client, note },
    }),
    text: describe,
  })

  addOperation(command, {
    usage: 'approve <access-request>',
    description:
      'Approve an access request, and do what it asks for: authorize the partner, set the capability to true, or add the scope to the client. An approved client is created by the integrator',
    operation: 'accessRequests.approve',
    example: `access-request approve ${anId} ${ofAcme} --answer 'From Monday on' --reason 'ticket 4711'`,
    options: (approve) =>
      ofOrganization(approve)
        .option('--answer <text>', 'answer that the integrator reads')
        .option('--name <name>', 'name of a partner that is not registered yet'),
    input: (options: Answer, id) => ({ params: ofRequest(options, id), body: { answer: options.answer, name: options.name } }),
    text: describe,
  })

  addOperation(command, {
    usage: 'decline <access-request>',
    operation: 'accessRequests.decline',
    example: `access-request decline ${anId} ${ofAcme} --answer 'Not in this contract' --reason 'ticket 4711'`,
    options: (decline) => ofOrganization(decline).requiredOption('--answer <text>', 'answer that the integrator reads'),
    input: (options: OfOrganization & { answer: string }, id) => ({ params: ofRequest(options, id), body: { answer: options.answer } }),
    text: describe,
  })

  addOperation(command, {
    usage: 'withdraw <access-request>',
    operation: 'accessRequests.withdraw',
    example: `access-request withdraw ${anId} ${ofAcme}`,
    options: ofOrganization,
    input: (options: OfOrganization, id) => ({ params: ofRequest(options, id) }),
    text: describe,
  })

  addOperation(command, {
    usage: 'make-client <access-request>',
    description: 'Create the client of an approved access request. Its secret is printed once and cannot be shown again',
    operation: 'accessRequests.makeClient',
    example: `access-request make-client ${anId} ${ofAcme}`,
    options: ofOrganization,
    input: (options: OfOrganization, id) => ({ params: ofRequest(options, id) }),
    text: ({ clientId, name, realm, scopes, clientSecret }) =>
      `${formatFacts([
        ['client id', clientId],
        ['name', name],
        ['realm', realm],
        ['scopes', scopes.join(' ') || 'none'],
      ])}\n${describeSecret(clientSecret, `For a new secret, run: countersign secret rotate ${shellWord(clientId)} --realm ${realm}`)}`,
  })

  return command
}

function parseKind(text: string): AccessRequestKind {
  const kind = accessRequestKinds.find((one) => one === text)
  if (kind) return kind
  throw new CommandError(`"${text}" is not a kind of access request.`, { next: `Write one of ${accessRequestKinds.join(', ')}.` })
}

function describeWhat({ kind, what, client }: Pick<Described, 'kind' | 'what' | 'client'>): string {
  return kind === 'scope' ? `scope ${what} for ${client}` : `${kind} ${what}`
}

function describe(request: Described): string {
  const { id, state, note, askedBy, askedAt, answer, answeredAt } = request
  return formatFacts([
    ['access request', id],
    ['asks for', describeWhat(request)],
    ['state', state],
    ['asked', `${askedAt}, by ${askedBy}`],
    ...(note === null ? [] : [['note', note] as const]),
    ...(answeredAt === null ? [] : [['answered', answeredAt] as const]),
    ...(answer === null ? [] : [['answer', answer] as const]),
  ])
}

// countersign operator list, show and limit: who may do what where.
import type { Command } from 'commander'
import type { OperationOutput } from '@countersign/admin'
import { describeOperatorRights } from './client-operator.ts'
import { addList, addOperation } from './operator-command.ts'
import type { SessionOptions } from './operator-session.ts'
import { CommandError, formatFacts } from './output.ts'

const operators = 'operators'

export function addRights(parent: Command): void {
  addList(parent, {
    usage: 'list',
    operation: 'operators.list',
    example: 'operator list',
    options: (list) => list,
    input: (_options: SessionOptions) => ({ params: {} }),
    columns: {
      'CLIENT ID': ({ clientId }) => clientId,
      'LIVES IN': ({ realm }) => realm,
      'ACTS IN': ({ realms }) => realms?.join(' ') ?? 'all realms',
      ROLE: ({ owner }) => (owner ? 'owner' : '-'),
      ENABLED: ({ enabled }) => (enabled ? 'yes' : 'no'),
      SCOPES: ({ scopes }) => scopes.join(' ') || 'none',
    },
  })

  addOperation(parent, {
    usage: 'me',
    operation: 'me.get',
    description: 'Show the operator whose credentials are used: its scopes, and the realms that it may act in',
    example: 'operator me',
    options: (me) => me,
    input: (_options: SessionOptions) => ({ params: {} }),
    text: ({ clientId, name, realm, organization, scopes, realms, owner }) =>
      formatFacts([
        ['client id', clientId ?? ''],
        ['name', name],
        ['organization', organization.slug],
        ['lives in', realm],
        ['acts in', realms?.join(' ') ?? 'all realms'],
        ['role', owner ? 'owner' : 'operator'],
        ['scopes', scopes.join(' ') || 'none'],
      ]),
  })

  addOperation(parent, {
    usage: 'show <client-id>',
    operation: 'clients.get',
    description: 'Show an operator: its scopes, and the realms that it may act in',
    example: 'operator show deputy',
    options: (show) => show.option('--realm <name>', 'realm that the operator lives in', operators),
    input: ({ realm }: SessionOptions & { realm: string }, client) => ({ params: { realm, client } }),
    text: describe,
  })

  addOperation(parent, {
    usage: 'limit <client-id>',
    operation: 'clients.update',
    description:
      'Limit an operator to realms, or lift its limits. Only an owner can. A limited operator cannot change operators, and in its realms it can change neither clients with operator scopes nor their organizations',
    example: "operator limit deputy --realm nt24-idp --realm prod --reason 'ticket 4711'",
    options: (limit) =>
      limit
        .option('--realm <name...>', 'realms that the operator may act in; replaces the present ones')
        .option('--all-realms', 'lift the limits; an operator with every scope is then an owner'),
    input: ({ realm, allRealms = false }: SessionOptions & { realm?: string[]; allRealms?: boolean }, client) => {
      if ((realm !== undefined) === allRealms)
        throw new CommandError('Not exactly one of --realm and --all-realms is given.', {
          next: 'Write --realm for each realm that the operator may act in, or --all-realms to lift its limits.',
        })
      return { params: { realm: operators, client }, body: { operatorRealms: realm ?? null } }
    },
    text: describe,
  })
}

function describe(client: OperationOutput<'clients.get'>): string {
  return formatFacts([
    ['client id', client.clientId],
    ['name', client.name],
    ['lives in', client.realm],
    ['enabled', client.enabled && client.serviceAccountEnabled ? 'yes' : 'no'],
    ...describeOperatorRights(client, 'none: it is no operator'),
    ...(client.realm === operators ? [['scopes', client.scopes.join(' ') || 'none'] as [string, string]] : []),
    ['version', String(client.version)],
  ])
}

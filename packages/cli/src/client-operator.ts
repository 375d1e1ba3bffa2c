// countersign client operator: makes a client an operator of the realm that it lives in, or takes that away.
import type { Command } from 'commander'
import { adminScopes, type AdminScope, type OperationInput, type OperationOutput } from '@countersign/admin'
import { addOperation, inRealm, type RealmOptions } from './operator-command.ts'
import { CommandError, formatFacts } from './output.ts'
import { parseWords } from './values.ts'

type Options = RealmOptions & { readonly scope?: string; readonly none?: boolean }

export function addClientOperator(parent: Command): void {
  addOperation(parent, {
    usage: 'operator <client-id>',
    operation: 'clients.update',
    description:
      'Make a client an operator of its own realm, or end that. Only an owner can. Its tokens, which it requests where it always did, then open the admin API: for this realm only, with the scopes that are set here. What the tokens contain does not count. Use the client for nothing else: an API that gets its tokens could use them, too. Tokens from before are rejected; rotate its secret if others may know it',
    example: `client operator ci-rotation --realm nt24-idp --scope "clients:read secrets:write" --reason 'ticket 4711'`,
    options: (operator) =>
      inRealm(operator)
        .option('--scope <scopes>', `operator scopes, separated by spaces, of: ${adminScopes.join(' ')}`)
        .option('--none', 'take all operator scopes away'),
    input: ({ realm, ...options }: Options, client) => ({ params: { realm, client }, body: readScopes(options) }),
    text: (client) =>
      formatFacts([
        ['client id', client.clientId],
        ['realm', client.realm],
        ...describeOperatorRights(client, 'none: it is no operator'),
        ['version', String(client.version)],
      ]),
  })
}

function readScopes({ scope, none = false }: Pick<Options, 'scope' | 'none'>): OperationInput<'clients.update'>['body'] {
  if ((scope !== undefined) === none)
    throw new CommandError('Not exactly one of --scope and --none is given.', {
      next: `Write --scope with the operator scopes (${adminScopes.join(' ')}), or --none to take all away.`,
    })
  return { operatorScopes: parseWords(scope ?? '') as AdminScope[] }
}

/** @param ifNone what stands for no operator scopes; without it there is no line */
export function describeOperatorRights(
  { operatorRealms, operatorScopes }: OperationOutput<'clients.get'>,
  ifNone = '',
): [string, string][] {
  if (operatorRealms !== undefined) return [['may act in', operatorRealms?.join(' ') ?? 'all realms']]
  const scopes = operatorScopes?.join(' ') || ifNone
  return scopes === '' ? [] : [['operator scopes', scopes]]
}

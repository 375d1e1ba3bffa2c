// countersign client grant: what the tokens of one client say beside its claim set.
import type { Command } from 'commander'
import { shellWord, type OperationOutput } from '@countersign/admin'
import { describeGrant, editGrant, namesGrant, withRemovals, type GrantDocument, type GrantOptions } from './grant-options.ts'
import { addOperation, inRealm, type RealmOptions } from './operator-command.ts'
import { openAdminClient } from './operator-session.ts'
import { nothingToChange } from './organization.ts'
import { CommandError } from './output.ts'

type Options = RealmOptions & GrantOptions & { readonly onScope?: string; readonly shown?: boolean; readonly clear?: boolean }
type ScopeGrants = Readonly<Record<string, { readonly grant?: GrantDocument; readonly shown?: boolean }>>

export function addGrantCommand(command: Command, describe: (client: OperationOutput<'clients.get'>) => string): void {
  addOperation(command, {
    usage: 'grant <client-id>',
    description:
      'Add and remove audiences, roles and claims of a client, or of one of its scopes. The next token has the change. For what many clients have, use a claim set',
    operation: 'clients.update',
    example: "client grant api-client-acme --realm nt24-idp --role realm:partner --claim tenant=acme --reason 'ticket 4711'",
    options: (grant) =>
      withRemovals(inRealm(grant))
        .option('--on-scope <scope>', 'edit what this scope of the client adds, instead of what every token has')
        .option('--no-shown', 'with --on-scope: the scope acts without being named in tokens')
        .option('--clear', 'remove everything; without other changes'),
    input: async (options: Options, client) => {
      const { realm, clear, onScope, shown } = options
      const isHidden = shown === false
      if (!namesGrant(options) && !clear && !isHidden) throw nothingToChange('--role, --audience, --claim or another option')
      if (isHidden && onScope === undefined) throw new CommandError('"--no-shown" is about a scope.', { next: 'Name it by --on-scope.' })
      if (clear && (namesGrant(options) || isHidden))
        throw new CommandError('"--clear" removes everything, and other options say what to change.', {
          next: 'Run the command with --clear first, then again with the others.',
        })
      const params = { realm, client }
      const { grant, scopeGrants = {}, version } = await openAdminClient(options).call('clients.get', { params })
      const edit = (present: unknown) => (clear ? null : editGrant((present ?? null) as GrantDocument | null, options))
      if (onScope === undefined) return { params, body: { grant: edit(grant) }, ifMatch: version }
      const { [onScope]: before, ...others } = scopeGrants as ScopeGrants
      const edited = clear ? {} : { [onScope]: { ...before, ...(isHidden && { shown: false }), grant: edit(before?.grant) ?? undefined } }
      return { params, body: { scopeGrants: { ...others, ...edited } }, ifMatch: version }
    },
    text: (client) =>
      `${describe(client)}\n\nNext: look at its token:\n  countersign token preview ${shellWord(client.clientId)} --realm ${client.realm}`,
  })
}

/** The facts of a client about its tokens that are not as in its profile. */
export function describeTokenMembers(client: OperationOutput<'clients.get'>): (readonly [name: string, value: string])[] {
  const { claimSet, grant, scopeGrants = {}, defaultScopes, subject, headerType } = client
  const ofScopes = Object.entries(scopeGrants as ScopeGrants).flatMap(([scope, ofScope]) =>
    describeScope(ofScope).map((text) => [`scope ${scope}`, text] as const),
  )
  return [
    ...(defaultScopes ? [['default scopes', defaultScopes.join(' ') || 'none'] as const] : []),
    ...(subject !== undefined && subject !== client.id && subject !== client.clientId ? [['subject', subject] as const] : []),
    ...(claimSet ? [['claim set', claimSet] as const] : []),
    ...(grant ? describeGrant(grant as GrantDocument) : []),
    ...ofScopes,
    ...(headerType ? [['token type', headerType] as const] : []),
  ]
}

function describeScope({ grant, shown }: ScopeGrants[string]): string[] {
  const facts = grant ? describeGrant(grant).map(([name, value]) => `${name} ${value}`) : []
  return shown === undefined ? facts : [shown ? 'shown' : 'not shown', ...facts]
}

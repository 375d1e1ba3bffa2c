// countersign token preview: the token that a client would get, before it gets it.
import type { Command } from 'commander'
import { addOperation, inRealm, type RealmOptions } from './operator-command.ts'

type Options = RealmOptions & { readonly scope?: string; readonly resource?: string }

export function addPreviewCommand(command: Command): void {
  addOperation(command, {
    usage: 'preview <client-id>',
    operation: 'clients.previewToken',
    description: 'Show header, claims and response of the token that a client would get now. For operators; makes no token',
    example: 'token preview api-client-acme --realm nt24-idp --scope "profile orders:read"',
    options: (preview) =>
      inRealm(preview)
        .option('--scope <scopes>', 'scopes that the client would request, separated by spaces')
        .option('--resource <audience>', 'API that the client would name'),
    input: ({ realm, scope, resource }: Options, client) => ({ params: { realm, client }, query: { scope, resource } }),
    text: ({ header, claims, response, bytes }) =>
      [
        `header\n${JSON.stringify(header, null, 2)}`,
        `claims\n${JSON.stringify(claims, null, 2)}`,
        `response, besides access_token\n${JSON.stringify(response, null, 2)}`,
        `The token would have about ${bytes} characters.`,
      ].join('\n\n'),
  })
}

// How the backend gets its first token, without its secret in the command.
import type { VNode } from 'preact'
import { shellWord } from '@countersign/admin/shell-word'
import { Copyable } from '../shared/components/copyable.tsx'

export function FirstToken({ clientId, tokenUrl }: { readonly clientId: string; readonly tokenUrl: string }): VNode {
  const command = [
    'curl --user',
    `${shellWord(encodeURIComponent(clientId))}:"$CLIENT_SECRET"`,
    '--data grant_type=client_credentials',
    shellWord(tokenUrl),
  ].join(' ')
  return (
    <div>
      <h3>Its first token</h3>
      <div class="secret">
        <Copyable text={command} shown={command} name="command" />
      </div>
    </div>
  )
}

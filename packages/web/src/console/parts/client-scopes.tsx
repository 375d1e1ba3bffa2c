import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { Act } from '../../shared/act/act.tsx'
import { Card } from '../../shared/components/card.tsx'

interface ClientScopesProps {
  readonly client: OperationOutput<'clients.get'>
}

export function ClientScopes({ client }: ClientScopesProps): VNode {
  const { realm, clientId, scopes, version, operatorScopes } = client
  return (
    <Card
      title="Scopes"
      beside={
        <Act
          operation="clients.update"
          params={{ realm, client: clientId }}
          version={version}
          label="Change the scopes"
          title="Change what its tokens may say?"
          fields={['scopes', 'reason']}
          initial={{ scopes }}
          consequence={
            <p>
              A scope that is taken away stops counting at once, also in tokens that are out already. New ones come with the next token.
            </p>
          }
        />
      }
    >
      {scopes.length === 0 ? (
        <p class="soft">None: its tokens open only what needs no scope.</p>
      ) : (
        <ul class="row tags">
          {scopes.map((scope) => (
            <li key={scope}>
              <code>{scope}</code>
            </li>
          ))}
        </ul>
      )}
      {operatorScopes && operatorScopes.length > 0 && (
        <p class="small">
          It is also an operator of this realm: <code>{operatorScopes.join(' ')}</code>
        </p>
      )}
    </Card>
  )
}

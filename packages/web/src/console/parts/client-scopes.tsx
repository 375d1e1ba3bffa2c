import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { Act } from '../../shared/act/act.tsx'
import { scopeChoices } from '../../shared/act/fit-to-realm.ts'
import { Card } from '../../shared/components/card.tsx'

interface ClientScopesProps {
  readonly client: OperationOutput<'clients.get'>
  /** Those of the realm, if the reader may see them. */
  readonly declared: readonly string[] | undefined
}

export function ClientScopes({ client, declared }: ClientScopesProps): VNode {
  const { realm, clientId, scopes, version, operatorScopes } = client
  const choices = declared && scopeChoices(declared, scopes)
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
          {...(choices && { choices: { scopes: choices } })}
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

// A button that asks the provider for something.
import type { VNode } from 'preact'
import { Act } from '../../shared/act/act.tsx'
import { own } from '../own.ts'
import { kinds, type Kind } from '../requests.ts'

export interface AskForProps {
  readonly kind: Kind
  /** For a scope: the client, or those to choose from. */
  readonly clients?: readonly { readonly clientId: string; readonly name: string }[]
  readonly tone?: 'primary'
  /** What the field begins with. */
  readonly what?: string
}

export function AskFor({ kind, clients = [], tone, what = '' }: AskForProps): VNode {
  const { one, field, why } = kinds[kind]
  const [only, ...others] = kind === 'scope' ? clients : []
  const isChosen = only !== undefined && others.length > 0
  return (
    <Act
      operation="accessRequests.create"
      params={own()}
      label={`Ask for ${one}`}
      title={`Ask the provider for ${one}?`}
      {...(tone && { tone })}
      fields={[...(isChosen ? ['client'] : []), 'what', 'note']}
      names={{ what: field, note: 'What it is needed for', client: 'Client' }}
      needs={isChosen ? ['client'] : []}
      choices={{ client: clients.map(({ clientId, name }) => ({ value: clientId, label: name })) }}
      fixed={{ kind, ...(only && !isChosen && { client: only.clientId }) }}
      initial={{ what, ...(isChosen && { client: only.clientId }) }}
      consequence={`${why} The answer of the provider is shown under Requests.`}
      done="The provider was asked."
      unavailable={kind === 'scope' && !only ? 'There is no client that could have it.' : undefined}
    />
  )
}

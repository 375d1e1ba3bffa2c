// Which client a page is about, in its address. Nothing to choose where there is one.
import type { VNode } from 'preact'
import { Choice, Filters } from '../../shared/components/filters.tsx'
import type { OwnClient } from '../clients.ts'

export interface ClientChoiceProps {
  readonly clients: readonly OwnClient[]
  /** The one that is shown without a choice; undefined for all of them together. */
  readonly usual?: OwnClient | undefined
}

export function ClientChoice({ clients, usual }: ClientChoiceProps): VNode | null {
  if (clients.length < 2) return null
  const first: readonly (readonly [string, string])[] = usual ? [[usual.clientId, usual.name]] : [['', 'all clients']]
  const others = clients.filter(({ clientId }) => clientId !== usual?.clientId)
  return <Choice name="client" label="Client" choices={[...first, ...others.map(({ clientId, name }) => [clientId, name] as const)]} />
}

/** On a page without other filters. */
export function ClientFilter(props: ClientChoiceProps): VNode | null {
  if (props.clients.length < 2) return null
  return (
    <Filters>
      <ClientChoice {...props} />
    </Filters>
  )
}

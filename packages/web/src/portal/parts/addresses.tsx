// What a backend needs to get a token besides its secret, to copy.
import type { VNode } from 'preact'
import { Copyable } from '../../shared/components/copyable.tsx'
import { session } from '../../shared/session.ts'
import { meUrl } from '../own.ts'

export function Addresses({ clientId }: { readonly clientId: string }): VNode {
  const { tokenUrl, issuer } = session.value ?? {}
  const lines = [
    ['Client id', clientId],
    ['Token URL', tokenUrl],
    ['Issuer', issuer],
    ['Your rights', meUrl()],
  ] as const
  return (
    <dl>
      {lines.map(
        ([name, text]) =>
          text !== undefined && (
            <div key={name} class="pair">
              <dt>{name}</dt>
              <dd>
                <Copyable text={text} shown={text} name={name.toLowerCase()} />
              </dd>
            </div>
          ),
      )}
    </dl>
  )
}

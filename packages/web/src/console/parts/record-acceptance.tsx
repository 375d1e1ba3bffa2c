import type { VNode } from 'preact'
import { Act } from '../../shared/act/act.tsx'
import { Name } from '../../shared/components/name.tsx'

export interface RecordAcceptanceProps {
  readonly realm: string
  readonly organization: { readonly slug: string; readonly name: string }
  readonly version: string | null
  readonly isRefused: boolean
}

export function RecordAcceptance({ realm, organization: { slug, name }, version, isRefused }: RecordAcceptanceProps): VNode {
  return (
    <Act
      operation="dpa.accept"
      params={{ realm, organization: slug }}
      label="Record acceptance"
      title={`Record that ${name} accepted the agreement`}
      initial={version === null ? {} : { version }}
      fields={['version', 'acceptedBy']}
      consequence={
        <p>
          {isRefused ? (
            <>
              Calls of <Name>{name}</Name> are allowed from now on.
            </>
          ) : (
            <>
              <Name>{name}</Name> is not refused when the version becomes required.
            </>
          )}{' '}
          An acceptance cannot be removed.
        </p>
      }
    />
  )
}

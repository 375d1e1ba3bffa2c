// Sets and removes the identity provider of an organization.
import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { Act } from '../../shared/act/act.tsx'
import { Name } from '../../shared/components/name.tsx'

interface IdpChangesProps {
  readonly params: { readonly realm: string; readonly organization: string }
  /** Of the organization. */
  readonly name: string
  /** Null if it has none yet. */
  readonly provider: OperationOutput<'identityProviders.get'>['provider']
}

export function IdpChanges({ params, name, provider }: IdpChangesProps): VNode {
  return (
    <span class="row">
      <Act
        operation="identityProviders.set"
        params={params}
        label={provider ? 'Change' : 'Set up'}
        title={provider ? 'Change the identity provider' : `Let people of ${name} sign in at their company?`}
        fields={['name', 'issuer', 'clientId', 'clientSecret', 'roles', 'everyone']}
        initial={provider ?? {}}
        names={{
          clientId: 'Client id there',
          clientSecret: 'Secret of that client',
          roles: 'Roles of groups',
          everyone: 'Role of all who sign in there',
        }}
        consequence={
          <p>
            The administrators of that identity provider decide from then on which people of <Name>{name}</Name> come in, and with which of
            these roles.
          </p>
        }
        done="The identity provider was set."
      />
      {provider && (
        <Act
          operation="identityProviders.remove"
          params={params}
          label="Remove"
          title={`Remove the identity provider of ${name}?`}
          tone="danger"
          consequence={<p>The people who signed in there are signed out at their next click. The secret is deleted.</p>}
          done="The identity provider was removed."
        />
      )}
    </span>
  )
}

// The identity provider of an organization, at which its people sign in to the portal.
import type { VNode } from 'preact'
import type { OperationOutput } from '@countersign/admin'
import { Card, Empty } from '../../shared/components/card.tsx'
import { Copyable } from '../../shared/components/copyable.tsx'
import { Failure } from '../../shared/components/failure.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Skeleton } from '../../shared/components/skeleton.tsx'
import { Time } from '../../shared/components/time.tsx'
import { read, useReads } from '../../shared/reads.ts'
import { IdpChanges } from './organization-idp-changes.tsx'

type Found = OperationOutput<'identityProviders.get'>

interface OrganizationIdpProps {
  readonly organization: Pick<OperationOutput<'organizations.get'>, 'realm' | 'slug' | 'name'>
}

export function OrganizationIdp({ organization: { realm, slug, name } }: OrganizationIdpProps): VNode {
  const params = { realm, organization: slug }
  const { answers, error, refresh } = useReads({ found: read('identityProviders.get', { params }) })
  const found = answers?.found
  return (
    <Card id="idp" title="Sign-in at their company" beside={found && <IdpChanges params={params} name={name} provider={found.provider} />}>
      {found ? (
        <>
          {found.provider ? (
            <Provider provider={found.provider} />
          ) : (
            <Empty title="No identity provider">
              People of <Name>{name}</Name> sign in by a passkey, after an invitation. With an identity provider of theirs (OpenID Connect)
              they sign in there, and their groups give them a role.
            </Empty>
          )}
          {found.callbackUrl ? <Addresses found={found} /> : <p class="soft">The portal is off: its addresses are shown once it is on.</p>}
        </>
      ) : error ? (
        <Failure error={error} retry={refresh} />
      ) : (
        <Skeleton lines={3} />
      )}
    </Card>
  )
}

function Provider({ provider }: { readonly provider: NonNullable<Found['provider']> }): VNode {
  const { name, issuer, clientId, claim, roles, everyone, changedAt } = provider
  return (
    <dl>
      <dt>Name</dt>
      <dd>
        <Name>{name}</Name>
      </dd>
      <dt>Issuer</dt>
      <dd>
        <Copyable text={issuer} name="issuer" />
      </dd>
      <dt>Client id there</dt>
      <dd>
        <Copyable text={clientId} name="client id" />
      </dd>
      <dt>Roles</dt>
      <dd>
        {Object.entries(roles).map(([group, role]) => (
          <div key={group}>
            <Name>{group}</Name> <span class="soft">is {role}</span>
          </div>
        ))}
        {everyone && (
          <div>
            all who sign in there <span class="soft">are at least {everyone}</span>
          </div>
        )}
      </dd>
      <dt>Groups are in the claim</dt>
      <dd>
        <code>{claim}</code>
      </dd>
      <dt>Changed</dt>
      <dd>
        <Time at={changedAt} />
      </dd>
    </dl>
  )
}

function Addresses({ found: { provider, signInUrl, callbackUrl, logoutUrl } }: { readonly found: Found }): VNode {
  return (
    <dl>
      {provider && signInUrl && (
        <>
          <dt>Their people sign in at</dt>
          <dd>
            <Copyable text={signInUrl} shown={signInUrl} name="address of the sign-in" />
          </dd>
        </>
      )}
      <dt>Redirect URI</dt>
      <dd>
        <Copyable text={callbackUrl ?? ''} shown={callbackUrl ?? ''} name="redirect URI" />
      </dd>
      <dt>Back-channel logout URI</dt>
      <dd>
        <Copyable text={logoutUrl ?? ''} shown={logoutUrl ?? ''} name="logout URI" />
      </dd>
    </dl>
  )
}

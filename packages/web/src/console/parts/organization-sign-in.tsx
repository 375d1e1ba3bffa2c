// The identity provider of an organization is loaded when it is asked for: few have one.
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import type { OperationOutput } from '@countersign/admin'
import { Card } from '../../shared/components/card.tsx'
import { later } from '../../shared/later.tsx'

const OrganizationIdp = later(() => import('./organization-idp.tsx').then((module) => module.OrganizationIdp))

export function OrganizationSignIn({ organization }: { readonly organization: OperationOutput<'organizations.get'> }): VNode {
  const [isShown, setShown] = useState(false)
  if (isShown) return <OrganizationIdp organization={organization} />
  return (
    <Card
      id="idp"
      title="Sign-in at their company"
      beside={
        <button type="button" onClick={() => setShown(true)}>
          Show
        </button>
      }
    >
      <p class="soft">Shows whether their people sign in to the portal at an identity provider of their own.</p>
    </Card>
  )
}

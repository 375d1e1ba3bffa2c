// Taking access away: for a while, for the tokens issued so far, or for good. Each says who is affected before the button.
import type { ComponentChildren, VNode } from 'preact'
import { useLocation } from 'preact-iso'
import type { OperationOutput } from '@countersign/admin'
import { Act } from '../../shared/act/act.tsx'
import { Card } from '../../shared/components/card.tsx'
import { Name } from '../../shared/components/name.tsx'
import { hrefOf, pathTo } from '../../shared/links.tsx'
import { Impact } from './impact.tsx'

export function OrganizationAccess({ organization }: { readonly organization: OperationOutput<'organizations.get'> }): VNode {
  const { route } = useLocation()
  const { realm, slug, name, status, version } = organization
  const params = { realm, organization: slug }
  const impact = <Impact realm={realm} organization={slug} />
  return (
    <Card title="Take access away">
      <ul class="lines">
        {status === 'active' && (
          <Step title="For a while" words="Its clients get no tokens and every call is refused, until it is resumed.">
            <Act
              operation="organizations.suspend"
              params={params}
              version={version}
              label="Suspend"
              title={`Suspend ${name}?`}
              tone="danger"
              consequence={
                <>
                  <p>
                    <Name>{name}</Name> gets no tokens from now on, and the tokens that it has are refused. It can be resumed at any time.
                  </p>
                  {impact}
                </>
              }
            />
          </Step>
        )}
        <Step title="Tokens issued so far" words="They are all refused. Its clients get new ones with their secrets.">
          <Act
            operation="organizations.cutTokens"
            params={params}
            version={version}
            label="Refuse all tokens issued so far"
            title={`Refuse all tokens of ${name} issued so far?`}
            tone="danger"
            consequence={
              <>
                <p>
                  Calls with such a token are refused once; a client that requests a new token goes on. To stop a client that has lost its
                  secret, revoke that secret.
                </p>
                <Impact realm={realm} organization={slug} stops={false} />
              </>
            }
          />
        </Step>
        <Step title="For good" words="Its clients, requestors, partners and acceptances are deleted as well.">
          <Act
            operation="organizations.delete"
            params={params}
            version={version}
            label="Delete"
            title={`Delete ${name}?`}
            tone="danger"
            typedName={slug}
            consequence={
              <>
                <p>
                  <Name>{name}</Name> and all its clients get no tokens from now on, and their tokens are refused.
                </p>
                {impact}
              </>
            }
            onDone={() => route(hrefOf(pathTo(realm, 'organizations')))}
          />
        </Step>
      </ul>
    </Card>
  )
}

interface StepProps {
  readonly title: string
  readonly words: string
  readonly children: ComponentChildren
}

function Step({ title, words, children }: StepProps): VNode {
  return (
    <li class="row spread">
      <span>
        <h3>{title}</h3>
        <span class="soft">{words}</span>
      </span>
      {children}
    </li>
  )
}

import type { VNode } from 'preact'
import { useLocation } from 'preact-iso'
import type { OperationOutput } from '@countersign/admin'
import { Act } from '../../shared/act/act.tsx'
import { Callout, Card } from '../../shared/components/card.tsx'
import { Copyable } from '../../shared/components/copyable.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Time } from '../../shared/components/time.tsx'
import { countOf } from '../../shared/count.ts'
import { hrefOf, pathTo } from '../../shared/links.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { read } from '../../shared/reads.ts'

export const page = definePage({
  path: '/:realm/partners/:partner',
  title: 'Partner',
  needs: 'organizations:read',
  data: ({ realm, partner }) => ({ found: read('partners.get', { params: { realm, partner } }) }),
  view: ({ realm, found }) => <Partner realm={realm} partner={found} />,
})

function Partner({ realm, partner }: { readonly realm: string; readonly partner: OperationOutput<'partners.get'> }): VNode {
  const { route } = useLocation()
  const { id, name, organizations, createdAt } = partner
  const params = { realm, partner: id }
  return (
    <Page
      title={<Name>{name}</Name>}
      name={name}
      trail={[{ to: pathTo(realm, 'partners'), name: 'Partners' }]}
      actions={
        <>
          <Act
            operation="partners.register"
            params={params}
            label="Rename"
            title="Rename this partner"
            initial={{ name }}
            fields={['name', 'reason']}
          />
          <Act
            operation="partners.authorize"
            params={params}
            fields={['reason']}
            label="Allow an organization"
            title="Allow an organization to act for this partner"
            tone="primary"
            consequence={
              <p>
                Calls of that organization for <Name>{name}</Name> are allowed from now on.
              </p>
            }
          />
        </>
      }
    >
      <Card>
        <dl>
          <dt>Id</dt>
          <dd>
            <Copyable text={id} shown={id} name="partner id" />
          </dd>
          <dt>Organizations</dt>
          <dd>{organizations === 0 ? 'No organization may act for it.' : `${countOf(organizations, 'organization')} may act for it.`}</dd>
          <dt>Registered</dt>
          <dd>
            <Time at={createdAt} />
          </dd>
        </dl>
      </Card>
      {organizations === 0 && (
        <Callout tone="go">
          <p>Calls for this partner are refused until an organization is allowed to act for it.</p>
        </Callout>
      )}
      <Card title="Delete this partner">
        <div class="row spread">
          <p class="soft">Its id is unknown from then on: calls that name it are refused.</p>
          <Act
            operation="partners.delete"
            params={params}
            label="Delete"
            title="Delete this partner?"
            tone="danger"
            initial={{ force: organizations > 0 }}
            typedName={name}
            consequence={
              <p>
                {organizations === 0
                  ? 'No organization acts for it.'
                  : `${countOf(organizations, 'organization')} can no longer act for it.`}{' '}
                This cannot be undone.
              </p>
            }
            onDone={() => route(hrefOf(pathTo(realm, 'partners')))}
          />
        </div>
      </Card>
    </Page>
  )
}

import type { VNode } from 'preact'
import { useLocation } from 'preact-iso'
import type { OperationOutput } from '@countersign/admin'
import { Act } from '../../shared/act/act.tsx'
import { Card, Empty } from '../../shared/components/card.tsx'
import { Chip } from '../../shared/components/chip.tsx'
import { Copyable } from '../../shared/components/copyable.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { Time } from '../../shared/components/time.tsx'
import { countOf, number } from '../../shared/count.ts'
import { hrefOf, Link, pathTo } from '../../shared/links.tsx'
import { definePage, Page } from '../../shared/page.tsx'
import { read } from '../../shared/reads.ts'

export const page = definePage({
  path: '/:realm/partners/:partner',
  title: 'Partner',
  needs: 'organizations:read',
  query: { after: '' },
  data: ({ realm, partner, after }) => ({
    found: read('partners.get', { params: { realm, partner } }),
    holders: read('partners.organizations', { params: { realm, partner }, query: { limit: 50, ...(after && { after }) } }),
  }),
  view: ({ realm, found, holders }) => <Partner realm={realm} partner={found} holders={holders} />,
})

type Holder = OperationOutput<'partners.organizations'>['items'][number]

interface PartnerProps {
  readonly realm: string
  readonly partner: OperationOutput<'partners.get'>
  readonly holders: OperationOutput<'partners.organizations'>
}

function Partner({ realm, partner, holders }: PartnerProps): VNode {
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
            operation="partners.authorize"
            params={params}
            fields={['reason']}
            label="Allow an organization"
            title={`Allow an organization to act for ${name}`}
            tone="primary"
            consequence={
              <p>
                Calls of that organization for <Name>{name}</Name> are allowed from now on.
              </p>
            }
          />
          <Act
            operation="partners.register"
            params={params}
            label="Rename"
            title={`Rename ${name}?`}
            initial={{ name }}
            fields={['name', 'reason']}
            leaves={['onlyNew']}
            done="The partner has another name."
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
          <dt>Registered</dt>
          <dd>
            <Time at={createdAt} />
          </dd>
        </dl>
      </Card>
      <Card title={`Organizations that may act for it (${number(organizations)})`}>
        <Table
          of={holders}
          keyOf={({ id: holder }: Holder) => holder}
          label="Organizations that may act for this partner"
          empty={
            <Empty title="No organization may act for it">
              Calls for this partner are refused until an organization is allowed to act for it.
            </Empty>
          }
        >
          <Column
            title="Organization"
            main
            cell={({ slug, name: holder }: Holder) => (
              <>
                <Link to={pathTo(realm, 'organizations', slug)}>
                  <Name>{holder}</Name>
                </Link>{' '}
                <code class="soft">{slug}</code>
              </>
            )}
          />
          <Column
            title="State"
            cell={({ status }: Holder) => (status === 'suspended' ? <Chip tone="off">suspended</Chip> : <Chip tone="ok">active</Chip>)}
          />
          <Column title="Allowed" cell={({ authorizedAt }: Holder) => <Time at={authorizedAt} />} />
          <Column
            title="Change"
            number
            cell={({ slug, name: holder }: Holder) => (
              <Act
                operation="partners.withdraw"
                params={{ realm, organization: slug, partner: id }}
                label="Withdraw"
                title={`Withdraw ${name} from ${holder}?`}
                consequence={
                  <p>
                    Calls of <Name>{holder}</Name> for <Name>{name}</Name> are refused from the next one on. It can be allowed again at any
                    time.
                  </p>
                }
              />
            )}
          />
        </Table>
      </Card>
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

import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import type { OperationOutput } from '@countersign/admin'
import { Act } from '../../shared/act/act.tsx'
import { Card, Empty } from '../../shared/components/card.tsx'
import { Copyable } from '../../shared/components/copyable.tsx'
import { Name } from '../../shared/components/name.tsx'
import { Column, Table } from '../../shared/components/table.tsx'
import { countOf } from '../../shared/count.ts'
import { later } from '../../shared/later.tsx'
import { Link, pathTo } from '../../shared/links.tsx'
import { read, useReads } from '../../shared/reads.ts'

const AllowPartner = later(() => import('./allow-partner.tsx').then((module) => module.AllowPartner))
const PartnersFromFile = later(() => import('./partners-from-file.tsx').then((module) => module.PartnersFromFile))

type Partner = OperationOutput<'partners.ofOrganization'>['items'][number]

export function OrganizationPartners({ organization }: { readonly organization: OperationOutput<'organizations.get'> }): VNode {
  const { partners, name } = organization
  const [way, setWay] = useState<'one' | 'file'>()
  const toggle = (one: 'one' | 'file') => setWay(way === one ? undefined : one)
  return (
    <Card
      id="partners"
      title={`Partners (${partners.total.toLocaleString('en')})`}
      beside={
        <span class="row">
          <button type="button" aria-expanded={way === 'one'} onClick={() => toggle('one')}>
            Allow a partner
          </button>
          <button type="button" aria-expanded={way === 'file'} onClick={() => toggle('file')}>
            From a file
          </button>
        </span>
      }
    >
      {way === 'one' && <AllowPartner organization={organization} />}
      {way === 'file' && <PartnersFromFile organization={organization} />}
      {partners.total === 0 ? (
        <Empty title="No partner yet">
          A partner is a company that <Name>{name}</Name> may act for. Calls that name one are refused until it is allowed.
        </Empty>
      ) : partners.list ? (
        <SomePartners organization={organization} items={partners.list} />
      ) : (
        <ManyPartners organization={organization} />
      )}
    </Card>
  )
}

const maxAtFirst = 8

function SomePartners({ organization, items }: PartnersProps): VNode {
  const [isWhole, setWhole] = useState(false)
  const isLong = items.length > maxAtFirst + 2
  return (
    <>
      <Partners organization={organization} items={isLong && !isWhole ? items.slice(0, maxAtFirst) : items} />
      {isLong && (
        <p>
          <button type="button" aria-expanded={isWhole} onClick={() => setWhole(!isWhole)}>
            {isWhole ? `Show only ${maxAtFirst}` : `Show all ${items.length}`}
          </button>
        </p>
      )}
    </>
  )
}

/** Too many for the organization itself to have them: page by page. */
function ManyPartners({ organization }: { readonly organization: OperationOutput<'organizations.get'> }): VNode {
  const { realm, slug, partners } = organization
  const [after, setAfter] = useState<string>()
  const { answers } = useReads({
    found: read('partners.ofOrganization', {
      params: { realm, organization: slug },
      query: { limit: 50, ...(after !== undefined && { after }) },
    }),
  })
  const next = answers?.found.next
  return (
    <>
      <p class="soft small">{countOf(partners.total, 'partner')}, by id.</p>
      {answers && <Partners organization={organization} items={answers.found.items} />}
      <nav class="row pager" aria-label="Pages of partners">
        {after !== undefined && (
          <button type="button" onClick={() => setAfter(undefined)}>
            First page
          </button>
        )}
        {next && (
          <button type="button" onClick={() => setAfter(next)}>
            Next page
          </button>
        )}
      </nav>
    </>
  )
}

interface PartnersProps {
  readonly organization: OperationOutput<'organizations.get'>
  readonly items: readonly Partner[]
}

function Partners({ organization: { realm, slug, name: who, version }, items }: PartnersProps): VNode {
  return (
    <Table of={{ items }} keyOf={({ id }: Partner) => id} label="Partners that this organization may act for">
      <Column
        title="Partner"
        main
        cell={({ id, name }: Partner) => (
          <Link to={pathTo(realm, 'partners', id)}>
            <Name>{name}</Name>
          </Link>
        )}
      />
      <Column title="Id" cell={({ id }: Partner) => <Copyable text={id} name="partner id" />} />
      <Column
        title="Change"
        number
        cell={({ id, name }: Partner) => (
          <Act
            operation="partners.withdraw"
            params={{ realm, organization: slug, partner: id }}
            version={version}
            label="Withdraw"
            title={`Withdraw ${name}?`}
            consequence={
              <p>
                Calls of <Name>{who}</Name> for <Name>{name}</Name> are refused from the next one on. It can be allowed again at any time.
              </p>
            }
          />
        )}
      />
    </Table>
  )
}
